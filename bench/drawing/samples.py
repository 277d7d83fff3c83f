"""The committed samples: few, and of every sort."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from bench.drawing.invoice.content import Wish
from bench.drawing.invoices import Drawing, draw, encode

FORMATS = {".jpg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".tif": "TIFF"}
TRUTH = "truth.json"
SEED = 3
"""Of the committed ones."""


@dataclass(frozen=True)
class Sample:
    """One committed image."""

    name: str
    kind: str
    wish: Wish
    long_side: int = 860

    def drawn(self, seed: int) -> Drawing:
        """The sample's picture; other seeds give other codes, numbers and damage."""
        return draw(self.kind, seed, long_side=self.long_side, wish=self.wish)


SAMPLES = (
    Sample("beijing-10-yuan-stamped.jpg", "stamp-over-number", Wish("1", division="1100", yuan=10)),
    Sample("shanghai-10-yuan-clean.png", "clean", Wish("1", division="3100", yuan=10), 640),
    Sample("shenzhen-50-yuan-telephone.jpg", "telephone", Wish("2", division="4403", yuan=50)),
    Sample(
        "mianyang-5-yuan-letter-in-code.jpg",
        "letters-in-code",
        Wish("1", letters=True, by_company=False, division="5107", yuan=5),
    ),
    Sample(
        "mianyang-20-yuan-company.jpg",
        "company-title",
        Wish("1", letters=True, by_company=True, division="5107", yuan=20),
    ),
    Sample("zhejiang-100-yuan-skewed.jpg", "skewed", Wish("2", division="3300", yuan=100)),
    Sample("dalian-2-yuan-low-light.jpg", "low-light", Wish("1", division="2102", yuan=2)),
    Sample("chengdu-10-yuan-quarter-turn.jpg", "quarter-left", Wish("2", division="5101", yuan=10)),
    Sample(
        "guangzhou-20-yuan-half-turn.png", "half-turn", Wish("1", division="4401", yuan=20), 700
    ),
    Sample("hangzhou-50-yuan-exif.jpg", "exif-turned", Wish("0", division="3301", yuan=50)),
    Sample(
        "wuhan-5-yuan-perspective.jpg", "perspective-corner", Wish("1", division="4201", yuan=5)
    ),
    Sample("xian-1-yuan-small-in-frame.jpg", "small-in-frame", Wish("2", division="6101", yuan=1)),
    Sample("chongqing-100-yuan-wavy.jpg", "wavy", Wish("0", division="5000", yuan=100)),
    Sample("tianjin-10-yuan-out-of-focus.jpg", "out-of-focus", Wish("1", division="1200", yuan=10)),
    Sample("jiangsu-20-yuan-shaken.jpg", "shaken", Wish("0", division="3200", yuan=20)),
    Sample("harbin-2-yuan-grainy.jpg", "grainy", Wish("2", division="2301", yuan=2)),
    Sample(
        "kunming-50-yuan-stamp-over-code.jpg",
        "stamp-over-code",
        Wish("1", division="5301", yuan=50),
    ),
    Sample(
        "qingdao-100-yuan-stamp-over-amount.jpg",
        "stamp-over-amount",
        Wish("2", division="3702", yuan=100),
    ),
    Sample("nanning-10-yuan-grey-copy.tif", "grey-copy", Wish("1", division="4501", yuan=10), 640),
    Sample(
        "hebei-5-yuan-low-resolution.bmp", "low-resolution", Wish("1", division="1300", yuan=5), 700
    ),
    Sample("fuzhou-500-yuan-crumpled.jpg", "crumpled", Wish("0", division="3501", yuan=500)),
    Sample("urumqi-20-yuan-orange-light.jpg", "tinted-orange", Wish("2", division="6501", yuan=20)),
    Sample(
        "hunan-1000-yuan-password.png",
        "password-scratched",
        Wish("1", division="4300", yuan=1000),
        700,
    ),
    Sample(
        "shenyang-10-yuan-glare.jpg", "glare", Wish("1", letters=True, division="2101", yuan=10)
    ),
)


def _file(image: Image.Image, name: str) -> bytes:
    suffix = name[name.rindex(".") :]
    # A palette makes a third of what the formats without loss would need.
    small = image.quantize(96) if suffix in {".png", ".bmp"} else image
    return encode(small, FORMATS[suffix], quality=82)


def write(folder: Path, seed: int) -> None:
    """Draw all samples into a folder, with `truth.json`: file name → the four fields."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = {}
    for sample in SAMPLES:
        drawing = sample.drawn(seed)
        (folder / sample.name).write_bytes(_file(drawing.image, sample.name))
        if drawing.truth:
            truths[sample.name] = asdict(drawing.truth)
    text = json.dumps(truths, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")
