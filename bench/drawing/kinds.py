"""Every kind of invoice picture by name, with its print, paper, surface, light and camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bench.drawing.damage import bent_paper, ink, photo
from bench.drawing.damage.camera_view import View, flat
from bench.drawing.damage.ink import InkStep
from bench.drawing.damage.photo import PhotoStep
from bench.drawing.invoice.content import MERGED, MERGED_PREFIX_1, Fixed, Invoice
from bench.drawing.invoice.layouts import LAYOUTS
from bench.drawing.invoice.print_style import BLACK, ORANGE, RED, PrintStyle
from bench.drawing.paper import Net, Pixels
from bench.drawing.pen import Ink, TextStyle
from bench.drawing.random_numbers import Rng

PaperStep = Callable[[Pixels, Rng], Pixels]
Shot = Callable[[Pixels, Rng, int], Pixels]

TABLE = View().shoot


@dataclass(frozen=True)
class Kind:
    """The steps from a blank sheet to a picture."""

    fixed: Fixed = field(default_factory=Fixed)
    edit: Callable[[Invoice, Rng], Invoice] = lambda invoice, _: invoice
    """Changes the printed texts of the invoice."""
    layouts: tuple[str, ...] = tuple(LAYOUTS)
    net: Net | None = None
    style: Callable[[PrintStyle], PrintStyle] = lambda style: style
    ink: tuple[InkStep, ...] = (ink.usual,)
    """Stamps, handwriting and other ink on the printed sheet."""
    paper: tuple[PaperStep, ...] = ()
    """Damage to the sheet."""
    shot: Shot = flat
    photo: tuple[PhotoStep, ...] = ()
    """Effects of light and camera, in order."""
    by_exif: bool = False
    """Whether the stored pixels are turned, with the orientation in the EXIF data."""


def _digits(colour: Ink) -> Callable[[PrintStyle], PrintStyle]:
    return lambda style: replace(style, digits=replace(style.digits, ink=colour))


def _numbered(style: PrintStyle) -> PrintStyle:
    """Displace the digits, as a numbering machine does, and move them below their labels."""
    return replace(style, drop=7, digits=replace(style.digits, uneven=0.07, spread=0.12))


def _faint(style: PrintStyle) -> PrintStyle:
    """Make the print pale."""
    texts = style.title, style.label, style.digits, style.amount
    title, label, digits, amount = map(_pale, texts)
    return replace(style, title=title, label=label, digits=digits, amount=amount)


def _pale(style: TextStyle) -> TextStyle:
    red, green, blue = (round(each + (255 - each) * 0.4) for each in style.ink)
    return replace(style, ink=(red, green, blue))


_BLUISH = (0.82, 0.95, 1.08)
_WARM = (1.08, 0.92, 0.70)

KINDS: Mapping[str, Kind] = {
    "clean": Kind(ink=(ink.covered_password,)),
    # Print
    "layout-plain": Kind(layouts=("plain",)),
    "layout-bilingual": Kind(layouts=("bilingual",), net="fans"),
    "layout-framed": Kind(layouts=("framed",)),
    "layout-stub": Kind(layouts=("stub",)),
    "layout-tall": Kind(layouts=("tall",)),
    "layout-strip": Kind(layouts=("strip",)),
    "layout-prize": Kind(layouts=("prize",)),
    "company-title": Kind(Fixed(by_company=True)),
    "merged-bureau": Kind(Fixed(MERGED, by_company=False)),
    "merged-bureau-prefix-1": Kind(Fixed(MERGED_PREFIX_1, by_company=False)),
    "letters-in-code": Kind(Fixed(letters=True)),
    "orange-digits": Kind(style=_digits(ORANGE), net="mesh"),
    "amount-in-figures": Kind(
        layouts=("plain", "strip", "prize"),
        style=lambda style: replace(style, is_amount_in_words=False),
    ),
    "ten-thousand-yuan": Kind(Fixed(yuan=10_000)),
    # 壹元伍角, as for parking and buses
    "amount-with-jiao": Kind(Fixed(yuan=1, jiao=5), layouts=("plain", "strip", "tall", "prize")),
    "numbering-machine": Kind(style=_numbered),
    "faint-print": Kind(style=_faint),
    "dense-net": Kind(net="mesh", style=_digits(RED)),
    "password-scratched": Kind(
        layouts=("bilingual", "tall", "prize"), ink=(ink.scratched_password,), shot=TABLE
    ),
    # On the paper
    "stamp-over-code": Kind(ink=(ink.covered_password, ink.seal_over("code"))),
    "stamp-over-number": Kind(ink=(ink.covered_password, ink.seal_over("number"))),
    "stamp-over-amount": Kind(ink=(ink.covered_password, ink.seal_over("amount"))),
    "stamp-over-title": Kind(ink=(ink.covered_password, ink.seal_over("title"))),
    "stamp-over-black-digits": Kind(
        style=_digits(BLACK), ink=(ink.seal_over("number", (0.5, 0.8)),)
    ),
    "two-stamps": Kind(ink=(ink.seal_over("amount"), ink.second_seal)),
    "handwriting": Kind(ink=(ink.usual, ink.handwriting)),
    "highlighter": Kind(ink=(ink.usual, ink.highlighter)),
    "see-through": Kind(ink=(ink.see_through, ink.usual)),
    # Damage to the paper
    "wavy": Kind(paper=(bent_paper.wavy,), shot=TABLE),
    "creased": Kind(paper=(bent_paper.creased,), shot=TABLE),
    "crumpled": Kind(paper=(bent_paper.crumpled,), shot=TABLE),
    "curled": Kind(paper=(bent_paper.curled,), shot=TABLE),
    "stained": Kind(paper=(bent_paper.stained,), shot=TABLE),
    # Position and angle
    "quarter-left": Kind(photo=(photo.turned(1),)),
    "half-turn": Kind(photo=(photo.turned(2),)),
    "quarter-right": Kind(photo=(photo.turned(3),)),
    "exif-turned": Kind(shot=TABLE, by_exif=True),
    "skewed-slightly": Kind(shot=View(roll=(2, 7)).shoot),
    "skewed": Kind(shot=View(roll=(7, 15)).shoot),
    "perspective-side": Kind(shot=View(pitch=(0, 5), yaw=(18, 30)).shoot),
    "perspective-above": Kind(shot=View(pitch=(20, 35), yaw=(0, 5)).shoot),
    "perspective-corner": Kind(shot=View(roll=(3, 10), pitch=(15, 25), yaw=(12, 20)).shoot),
    "on-table": Kind(shot=TABLE),
    "cropped-close": Kind(shot=View(share=(1.02, 1.05), roll=(0, 1.5)).shoot),
    "small-in-frame": Kind(shot=View(share=(0.5, 0.6), roll=(0, 8)).shoot),
    # Light
    "low-light": Kind(shot=TABLE, photo=(photo.exposed((0.22, 0.35)), photo.grainy((4, 7)))),
    "overexposed": Kind(shot=TABLE, photo=(photo.exposed((1.15, 1.3), (10, 30)),)),
    "low-contrast": Kind(photo=(photo.exposed((0.3, 0.45), (90, 130)),)),
    "glare": Kind(shot=TABLE, photo=(photo.glaring,)),
    "shadow": Kind(shot=TABLE, photo=(photo.shadowed,)),
    "side-lit": Kind(shot=TABLE, photo=(photo.side_lit,)),
    "banded-light": Kind(shot=TABLE, photo=(photo.banded,)),
    "tinted-blue": Kind(shot=TABLE, photo=(photo.tinted((_BLUISH,)),)),
    "tinted-orange": Kind(shot=TABLE, photo=(photo.tinted((_WARM,)),)),
    # Camera and file
    "out-of-focus": Kind(photo=(photo.out_of_focus((1.3, 2.0)),)),
    "shaken": Kind(shot=TABLE, photo=(photo.shaken((5, 8)),)),
    "grainy": Kind(photo=(photo.grainy((18, 30)),)),
    "speckled": Kind(photo=(photo.speckled((0.01, 0.03)),)),
    "jpeg": Kind(photo=(photo.compressed((14, 28)),)),
    "low-resolution": Kind(photo=(photo.shrunk((500, 580)),)),
    "enlarged": Kind(photo=(photo.shrunk((480, 560), back=True),)),
    "grey-copy": Kind(photo=(photo.grey, photo.exposed((1.1, 1.3), (-30, -10)))),
    "off-screen": Kind(photo=(photo.off_screen,)),
    "thumb": Kind(shot=TABLE, photo=(photo.fingers,)),
    # Combinations
    "telephone": Kind(
        shot=View(roll=(2, 8), pitch=(5, 15), yaw=(5, 12)).shoot,
        photo=(photo.side_lit, photo.grainy((3, 6)), photo.compressed((40, 60))),
    ),
    "telephone-at-night": Kind(
        shot=View(roll=(2, 8), pitch=(5, 12)).shoot,
        photo=(photo.exposed((0.35, 0.5)), photo.shaken((3, 5)), photo.grainy((5, 9))),
    ),
    "stamped-and-turned": Kind(
        ink=(ink.seal_over("number"),), shot=View(roll=(3, 10)).shoot, photo=(photo.turned(1),)
    ),
    "stamped-and-soft": Kind(ink=(ink.seal_over("code"),), photo=(photo.out_of_focus((0.9, 1.4)),)),
    "crumpled-and-orange": Kind(
        paper=(bent_paper.crumpled,), shot=TABLE, photo=(photo.tinted((_WARM,)), photo.shadowed)
    ),
    "wavy-stamped-compressed": Kind(
        ink=(ink.seal_over("amount"),),
        paper=(bent_paper.wavy,),
        shot=TABLE,
        photo=(photo.compressed((25, 40)),),
    ),
    "messenger": Kind(
        shot=TABLE, photo=(photo.shrunk((700, 800), back=True), photo.compressed((30, 45)))
    ),
}
"""Kind by name; "clean" is a scan without damage."""
