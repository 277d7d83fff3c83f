"""Kinds of invoice pictures that readers still misread, each with one difficulty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from bench.drawing.damage import bent_paper, copies, ink, photo
from bench.drawing.damage.camera_view import View
from bench.drawing.invoice.content import Invoice
from bench.drawing.invoice.print_style import BLACK, ORANGE, RED, PrintStyle
from bench.drawing.kinds import TABLE, Kind
from bench.drawing.paper import Pixels
from bench.drawing.pen import Ink
from bench.drawing.random_numbers import Rng, between, pick

_SPACIOUS = ("plain", "framed", "bilingual", "prize", "tall")
"""Layouts with room for wide digits."""
_FIGURES = ("plain", "strip", "prize")
"""Layouts that can print figures in place of words."""
_GREY: tuple[Ink, ...] = ((110, 110, 116), (84, 84, 90))
_BLUE: tuple[Ink, ...] = ((60, 84, 170), (40, 60, 140))
_ORANGE: tuple[Ink, ...] = ((226, 120, 44), (236, 140, 60))
_HELD = View(roll=(1, 8), pitch=(3, 14), yaw=(3, 12)).shoot
"""A photograph from the hand: neither level nor from straight above."""
_VERSIONS = ("拾元版", "百元版", "千元版", "万元版")


def _wide_words(gap: float) -> Kind:
    return Kind(
        layouts=("plain", "framed", "strip", "prize", "stub", "tall"),
        style=lambda style: replace(style, words_gap=gap),
        shot=_HELD,
        photo=(photo.out_of_focus((0.5, 1.2)),),
    )


def _figures(form: str) -> Kind:
    """Return a kind with the amount in figures only, in this form."""

    def edit(invoice: Invoice, _: Rng) -> Invoice:
        return replace(invoice, figures=form.format(invoice.yuan))

    return Kind(
        edit=edit,
        layouts=_FIGURES,
        style=lambda style: replace(style, is_amount_in_words=False),
        shot=_HELD,
    )


def _digits(low: float, high: float, size: float) -> Callable[[PrintStyle], PrintStyle]:
    """Space the digits of code and number; the spacing depends on their other random styles."""

    def style(old: PrintStyle) -> PrintStyle:
        share = (sum(old.digits.ink) + round(old.amount.spread * 10)) % 7 / 6
        digits = replace(old.digits, spread=low + (high - low) * share, size=size, stretch=1)
        return replace(old, digits=digits)

    return style


def _full_width(style: PrintStyle) -> PrintStyle:
    digits = replace(style.digits, face="sans", size=30, stretch=1)
    return replace(style, is_full_width=True, digits=digits)


def _version_in_title(invoice: Invoice, rng: Rng) -> Invoice:
    form = pick(rng, ("（{}）", "({})"))
    return replace(invoice, title=invoice.title + form.format(pick(rng, _VERSIONS)))


def _inked(colour: Ink) -> Callable[[PrintStyle], PrintStyle]:
    return lambda style: replace(style, digits=replace(style.digits, ink=colour))


def _in_large_photo(sheet: Pixels, rng: Rng, long_side: int) -> Pixels:
    view = View(share=(0.14, 0.22), roll=(0, 8))
    return view.shoot(sheet, rng, round(long_side * between(rng, 2.2, 2.8)))


_ALONG, _ACROSS = (-0.1, 0.1), (np.pi / 2 - 0.1, np.pi / 2 + 0.1)

HARD_KINDS: Mapping[str, Kind] = {
    # Print
    "words-0.8-em-apart": _wide_words(0.8),
    "words-1.2-em-apart": _wide_words(1.2),
    "words-2-em-apart": _wide_words(2.0),
    "figures-renminbi": _figures("人民币 {}.00 元"),
    "figures-renminbi-colon": _figures("人民币：{}元"),
    "figures-without-decimals": _figures("￥{}元"),
    "digits-spaced": Kind(layouts=_SPACIOUS, style=_digits(0.2, 0.5, 28), shot=_HELD),
    "digits-set-wide": Kind(layouts=_SPACIOUS, style=_digits(0.5, 0.8, 23), shot=_HELD),
    "digits-full-width": Kind(layouts=_SPACIOUS, style=_full_width, shot=_HELD),
    "version-in-title": Kind(edit=_version_in_title, shot=_HELD),
    "prize-scratched": Kind(layouts=("prize",), ink=(ink.covered_password, ink.prize)),
    # On the paper
    "tax-number-at-number": Kind(
        ink=(ink.covered_password, ink.seal_over("number", (0.6, 0.9), away=(16, 34))),
        shot=_HELD,
    ),
    "seal-words-beside-number": Kind(
        ink=(ink.covered_password, ink.seal_beside_number), shot=_HELD
    ),
    "orange-stamp-over-number": Kind(
        style=_inked(RED), ink=(ink.seal_over("number", (0.6, 0.9), inks=_ORANGE),), shot=_HELD
    ),
    "grey-stamp-over-number": Kind(
        style=_inked(ORANGE), ink=(ink.seal_over("number", (0.4, 0.7), inks=_GREY),), shot=_HELD
    ),
    "blue-stamp-over-number": Kind(
        style=_inked(BLACK), ink=(ink.seal_over("number", (0.4, 0.7), inks=_BLUE),), shot=_HELD
    ),
    "struck-out": Kind(ink=(ink.covered_password, ink.struck_out), shot=_HELD),
    # Damage to the paper
    "folded": Kind(paper=(bent_paper.folded,), shot=TABLE),
    # Camera and file
    "moved-along": Kind(shot=TABLE, photo=(photo.shaken((8, 12), _ALONG),)),
    "moved-across": Kind(shot=TABLE, photo=(photo.shaken((7, 11), _ACROSS),)),
    "in-large-photo": Kind(shot=_in_large_photo),
    "thermal": Kind(photo=(copies.thermal, photo.out_of_focus((0.4, 0.9)))),
    "dithered": Kind(photo=(photo.shrunk((760, 900)), copies.dithered)),
    "moire": Kind(shot=TABLE, photo=(copies.moire,)),
}
"""Kind by name; a person can read all four fields of each."""
