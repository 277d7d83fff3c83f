"""The committed sample images."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from bench.drawing.invoice.content import LOCAL, MERGED, STATE, Fixed
from bench.drawing.invoices import draw, encode

_FORMATS = {".jpg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".tif": "TIFF"}
TRUTH = "truth.json"
SEED = 3
"""Seed of the committed images."""


@dataclass(frozen=True)
class Sample:
    """One committed image."""

    name: str
    kind: str
    fixed: Fixed
    long_side: int = 860


SAMPLES = (
    Sample("beijing-10-yuan-stamped.jpg", "stamp-over-number", Fixed(STATE, "1100", 10)),
    Sample("shanghai-10-yuan-clean.png", "clean", Fixed(STATE, "3100", 10), 640),
    Sample("shenzhen-50-yuan-telephone.jpg", "telephone", Fixed(LOCAL, "4403", 50)),
    Sample(
        "mianyang-5-yuan-letter-in-code.jpg",
        "letters-in-code",
        Fixed(STATE, "5107", 5, letters=True, by_company=False),
    ),
    Sample(
        "mianyang-20-yuan-company.jpg",
        "company-title",
        Fixed(STATE, "5107", 20, letters=True, by_company=True),
    ),
    Sample("zhejiang-100-yuan-skewed.jpg", "skewed", Fixed(LOCAL, "3300", 100)),
    Sample("dalian-2-yuan-low-light.jpg", "low-light", Fixed(STATE, "2102", 2)),
    Sample("chengdu-10-yuan-quarter-turn.jpg", "quarter-left", Fixed(LOCAL, "5101", 10)),
    Sample("guangzhou-20-yuan-half-turn.png", "half-turn", Fixed(STATE, "4401", 20), 700),
    Sample("hangzhou-50-yuan-exif.jpg", "exif-turned", Fixed(MERGED, "3301", 50)),
    Sample("wuhan-5-yuan-perspective.jpg", "perspective-corner", Fixed(STATE, "4201", 5)),
    Sample("xian-1-yuan-small-in-frame.jpg", "small-in-frame", Fixed(LOCAL, "6101", 1)),
    Sample("chongqing-100-yuan-wavy.jpg", "wavy", Fixed(MERGED, "5000", 100)),
    Sample("tianjin-10-yuan-out-of-focus.jpg", "out-of-focus", Fixed(STATE, "1200", 10)),
    Sample("jiangsu-20-yuan-shaken.jpg", "shaken", Fixed(MERGED, "3200", 20)),
    Sample("harbin-2-yuan-grainy.jpg", "grainy", Fixed(LOCAL, "2301", 2)),
    Sample("kunming-50-yuan-stamp-over-code.jpg", "stamp-over-code", Fixed(STATE, "5301", 50)),
    Sample(
        "qingdao-100-yuan-stamp-over-amount.jpg",
        "stamp-over-amount",
        # A code of a local bureau after 2016: it must be read, and doubted.
        Fixed(LOCAL, "3702", 100, year=2018),
    ),
    Sample("nanning-10-yuan-grey-copy.tif", "grey-copy", Fixed(STATE, "4501", 10), 640),
    Sample("hebei-5-yuan-low-resolution.bmp", "low-resolution", Fixed(STATE, "1300", 5), 700),
    Sample("fuzhou-500-yuan-crumpled.jpg", "crumpled", Fixed(MERGED, "3501", 500)),
    Sample("urumqi-20-yuan-orange-light.jpg", "tinted-orange", Fixed(LOCAL, "6501", 20)),
    Sample("hunan-1000-yuan-password.png", "password-scratched", Fixed(STATE, "4300", 1000), 700),
    Sample("shenyang-10-yuan-glare.jpg", "glare", Fixed(STATE, "2101", 10, letters=True)),
)


def _file(image: Image.Image, name: str) -> bytes:
    suffix = name[name.rindex(".") :]
    # A palette reduces files in lossless formats to a third.
    small = image.quantize(96) if suffix in {".png", ".bmp"} else image
    return encode(small, _FORMATS[suffix], quality=82)


def write(folder: Path, seed: int) -> None:
    """Write all samples and ``truth.json``, which holds the four fields by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = {}
    for sample in SAMPLES:
        drawing = draw(sample.kind, seed, long_side=sample.long_side, fixed=sample.fixed)
        (folder / sample.name).write_bytes(_file(drawing.image, sample.name))
        if drawing.truth:
            truths[sample.name] = asdict(drawing.truth)
    text = json.dumps(truths, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")
