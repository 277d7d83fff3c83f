"""Tables in a workbook, written row by row in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from accounting.errors import AccountingError

_ROWS = 1_048_576  # of a sheet; Excel's limit
_LINKS = 65_530  # of a sheet; likewise
_LONGEST_LINK = 2079  # characters; likewise


class Kind(Enum):
    """The kind of a column, and Excel's number format."""

    TEXT = "@"
    DATE = "yyyy-mm-dd"
    MONEY = "#,##0.00"
    NUMBER = "0"
    SHARE = "0.000"


class Colour(Enum):
    """The background of a row."""

    NONE = ""
    DOUBT = "#FFEB9C"
    DUPLICATE = "#FFC7CE"


class Column(NamedTuple):
    """A column: its heading in Chinese and English, its kind, and its width in characters."""

    heading: str
    kind: Kind = Kind.TEXT
    width: int = 12


class Link(NamedTuple):
    """A cell that opens a URL."""

    url: str
    text: str


class Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 12})
        self.heading = book.add_format({"bold": True, "bg_color": "#D9E1F2", "text_wrap": True})
        self._cells = {
            (kind, colour): book.add_format(
                {"num_format": kind.value} | ({"bg_color": colour.value} if colour.value else {})
            )
            for kind in Kind
            for colour in Colour
        }

    def cell(self, kind: Kind, colour: Colour = Colour.NONE) -> Format:
        """Return the format of a cell."""
        return self._cells[kind, colour]


class Table:
    """A table on a sheet; rows are added in their order.

    Args:
        sheet: the sheet.
        formats: the workbook's formats.
        columns: the columns.
        row: the row of the headings, from 0.
    """

    def __init__(
        self, sheet: Worksheet, formats: Formats, columns: Sequence[Column], row: int = 0
    ) -> None:
        self._sheet = sheet
        self._columns = columns
        self._links = 0
        self._formats = {
            colour: [formats.cell(column.kind, colour) for column in columns] for colour in Colour
        }
        for place, column in enumerate(columns):
            if row == 0:
                sheet.set_column(place, place, column.width)
            sheet.write_string(row, place, column.heading, formats.heading)
        self.row = row + 1

    def add(self, values: Iterable[Any], colour: Colour = Colour.NONE) -> None:
        """Write a row; None and empty texts become empty cells.

        Raises:
            AccountingError: the sheet is full.
        """
        if self.row >= _ROWS:
            raise AccountingError(
                f"a workbook has {_ROWS} rows at most: choose fewer invoices (SINCE, UNTIL, "
                "PREFIX), or write .csv or .parquet"
            )
        sheet, row = self._sheet, self.row
        formats = self._formats[colour]
        for place, value in enumerate(values):
            if value is None or value == "":
                if colour is not Colour.NONE:
                    sheet.write_blank(row, place, None, formats[place])
            elif isinstance(value, str):
                sheet.write_string(row, place, value, formats[place])
            elif isinstance(value, Link):
                self._link(place, value, formats[place])
            elif self._columns[place].kind is Kind.DATE:
                sheet.write_datetime(row, place, value, formats[place])
            else:
                sheet.write_number(row, place, value, formats[place])
        self.row += 1

    def _link(self, place: int, link: Link, style: Format) -> None:
        if not link.url or len(link.url) > _LONGEST_LINK or self._links >= _LINKS:
            self._sheet.write_string(self.row, place, link.text, style)
            return
        self._links += 1
        self._sheet.write_url(self.row, place, link.url, string=link.text)

    def finish(self) -> None:
        """Freeze the headings and add the filter."""
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, max(self.row - 1, 1), len(self._columns) - 1)
