"""The paste sheets as PDF: a cover, then two pictures per sheet of A4.

Nothing in an image tells the size of its paper. So all pictures get the same width, 180 mm, which
is about that of a large quota invoice (190 x 105 mm), and keep their proportions. A picture that
would be higher than half a sheet allows is smaller.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos
from fpdf.fonts import TTFFont
from PIL import Image

from accounting.ledger.summary import yuan
from accounting.packet.contents import Filed
from accounting.packet.font import font_file

PER_SHEET = 2
_FAMILY = "chinese"
_MARGIN, _WIDTH, _HEIGHT = 15.0, 180.0, 100.0  # mm, of the sheet and of a picture at most
_TOP, _SLOT, _LINE = 26.0, 130.0, 5.0  # mm
_FOOT = 12.0  # mm above the lower edge
_TEXT, _TITLE = 9, 16  # points
_LONGEST = 200  # characters; no line of a sheet has room for more
_UNKNOWN = "□"


def sheets_of(pictures: int) -> int:
    """Return the number of sheets for so many pictures.

    >>> sheets_of(0), sheets_of(1), sheets_of(4)
    (0, 1, 2)
    """
    return -(-pictures // PER_SHEET)


class Sheets:
    """A PDF with paste sheets; it is held in memory until it is taken.

    Args:
        batch: the batch, for the head of each sheet.
        sheets: the number of sheets of the packet.
        before: the pictures of former PDFs of the packet.

    Attributes:
        pictures: the pictures so far, those of former PDFs included.
        added: the pictures of this PDF.
    """

    def __init__(self, batch: str, sheets: int, before: int = 0) -> None:
        self.pictures, self.added = before, 0
        self._batch, self._sheets = batch, sheets
        self._pdf = FPDF(format="A4")
        self._pdf.set_margins(_MARGIN, _MARGIN)
        self._pdf.set_auto_page_break(auto=True, margin=_FOOT)
        self._pdf.set_title(f"发票粘贴单 {batch}")
        self._pdf.add_font(_FAMILY, "", font_file())
        font = self._pdf.fonts[_FAMILY]
        self._known = font.cmap if isinstance(font, TTFFont) else {}
        self._pdf.set_font(_FAMILY, size=_TEXT)

    def add_cover(self, title: str, lines: Iterable[str]) -> None:
        """Add the cover: a title and lines."""
        self._pdf.add_page()
        self._pdf.set_font_size(_TITLE)
        self._pdf.cell(0, 2 * _LINE, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._pdf.set_font_size(_TEXT)
        for line in lines:
            shown = self._shown(line)
            self._pdf.multi_cell(0, _LINE, shown, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def add_picture(self, picture: bytes | None, name: str, invoices: list[Filed]) -> None:
        """Add a picture with its invoices.

        Args:
            picture: a JPEG; None if the file cannot be shown.
            name: the original's name in the packet.
            invoices: its invoices.
        """
        place = self.pictures % PER_SHEET
        if place == 0:
            self._begin_sheet()
        top = _TOP + place * _SLOT
        below = top + self._draw(picture, top)
        for invoice in invoices:
            self._write(below, f"{invoice.code}  {invoice.number}  {yuan(invoice.amount)}")
            below += _LINE
        page = f" 第{invoices[0].page}页" if invoices[0].page else ""
        self._write(below, f"{name}{page}")
        self.pictures += 1
        self.added += 1

    def content(self) -> bytearray:
        """Return the PDF."""
        made: bytearray = self._pdf.output()
        return made

    def _begin_sheet(self) -> None:
        self._pdf.add_page()
        sheet = self.pictures // PER_SHEET + 1
        self._write(_MARGIN, f"发票粘贴单 {self._batch}")
        self._pdf.set_y(_MARGIN)
        self._pdf.cell(0, _LINE, f"第 {sheet} 张 / 共 {self._sheets} 张", align=Align.R)

    def _draw(self, picture: bytes | None, top: float) -> float:
        """Draw a picture at a height, and return the height that it takes."""
        if picture is None:
            self._pdf.rect(_MARGIN, top, _WIDTH, _HEIGHT / 2)
            self._write(top + _LINE, "  无法显示该文件，请粘贴原件 This file cannot be shown")
            return _HEIGHT / 2 + 1
        with Image.open(io.BytesIO(picture)) as image:
            width, height = image.size
        scale = min(_WIDTH / width, _HEIGHT / height)
        drawn = io.BytesIO(picture)
        self._pdf.image(drawn, _MARGIN, top, width * scale, height * scale)
        taken: float = height * scale + 1
        return taken

    def _write(self, y: float, text: str) -> None:
        """Write a line at a height; it is cut at the margin."""
        self._pdf.set_xy(_MARGIN, y)
        shown = self._shown(text[:_LONGEST])
        while self._pdf.get_string_width(shown) > _WIDTH:
            shown = shown[:-1]
        self._pdf.cell(_WIDTH, _LINE, shown)

    def _shown(self, text: str) -> str:
        """Return a text with a box for each character that the font lacks."""
        known = self._known
        return "".join(each if ord(each) in known else _UNKNOWN for each in text)
