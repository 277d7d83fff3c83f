"""An HTML page with the images that were not read correctly, and their fields."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from io import BytesIO

from PIL import Image

from bench.ocr.accuracy import Result
from bench.ocr.cases import FIELDS

_WIDTH = 560
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem;color:#222;background:#fafafa}
article{display:flex;gap:1.5rem;margin:1.5rem 0;padding:1rem;background:#fff;border:1px solid #ddd}
img{max-width:560px;height:auto}td,th{text-align:left;padding:.15rem .8rem .15rem 0}
.wrong{color:#b00020;font-weight:600}h2{font-size:1rem;margin:0 0 .5rem}
"""


def failures_page(title: str, results: Sequence[Result]) -> str:
    """Return the page.

    Args:
        title: title of the page.
        results: all results; the page shows only those with a wrong field.
    """
    wrong = [result for result in results if not result.all_right]
    articles = "\n".join(_article(result) for result in wrong) or "<p>None.</p>"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f"<p>{len(wrong)} of {len(results)} images have a wrong field.</p>{articles}"
    )


def _article(result: Result) -> str:
    rows = "".join(_row(result, field) for field in FIELDS)
    return (
        f'<article><img src="data:image/jpeg;base64,{_image_data(result)}" alt="">'
        f"<div><h2>{escape(result.case.name)}</h2><table>"
        f"<tr><th>field</th><th>true</th><th>read</th><th>confidence</th></tr>{rows}</table>"
        f"<p>{result.reading.seconds:.2f} s</p></div></article>"
    )


def _row(result: Result, field: str) -> str:
    true = "must be refused" if result.case.truth is None else result.case.truth.get(field, "")
    confidence = result.reading.fields[field][1] if result.reading.fields else 0.0
    kind = "" if result.is_right(field) else ' class="wrong"'
    read = escape(result.text(field)) or "–"
    return f"<tr><td>{field}</td><td>{escape(true)}</td><td{kind}>{read}</td><td>{confidence:.3f}"


def _image_data(result: Result) -> str:
    image = Image.fromarray(result.case.image)
    image.thumbnail((_WIDTH, _WIDTH))
    with BytesIO() as file:
        image.save(file, "JPEG", quality=80)
        return base64.b64encode(file.getvalue()).decode()
