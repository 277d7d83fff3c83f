"""Makes a packet: one zip with paste sheets, workbook and originals."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_STORED, ZipFile

from xlsxwriter import Workbook

from accounting.bucket import Bucket
from accounting.errors import AccountingError, EmptyChoice
from accounting.ledger.cache import Cache, open_cache
from accounting.ledger.make import whole_file
from accounting.ledger.query import Choice, Ledger
from accounting.ledger.sync import synchronize
from accounting.ledger.table import Column, Formats, Kind, Table
from accounting.ledger.workbook import write_workbook
from accounting.packet.contents import Filed, Totals, filed_files, pictures
from accounting.packet.cover import cover_lines
from accounting.packet.names import Names
from accounting.packet.pictures import picture
from accounting.packet.sheets import PER_SHEET, Sheets, sheets_of
from accounting.progress import Notice
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.formats.memory import LARGEST_FILE

ORIGINALS = "originals/"
WORKBOOK = "ledger.xlsx"
PICTURES_OF_VOLUME = 50 * PER_SHEET
"""A PDF is held in memory until it is complete, so that a large packet has several."""
_COLUMNS = (
    Column("粘贴单 Sheet", Kind.NUMBER),
    Column("上传日期 Uploaded", Kind.DATE),
    Column("发票代码 Code", width=15),
    Column("发票号码 Number", width=11),
    Column("金额 Amount", Kind.MONEY),
    Column("原图 Original", width=48),
    Column("文件 File", width=48),
)


class MadePacket(NamedTuple):
    """A packet that was made.

    Attributes:
        totals: its counts and sums.
        unshown: the originals that the sheets cannot show, with the cause.
    """

    totals: Totals
    unshown: list[str]


def make_packet(
    bucket: Bucket, choice: Choice, out: Path, cache: Path, notice: Notice
) -> MadePacket:
    """Make a packet.

    Args:
        bucket: the bucket of originals and records.
        choice: the batch.
        out: the zip file.
        cache: the folder of the cache.
        notice: called with the progress.

    Raises:
        AccountingError: the batch is empty, or an original was changed meanwhile.
        StoreError: the bucket refused a request or cannot be reached.
    """
    if out.suffix != ".zip":
        raise AccountingError(f"{out.name}: a packet's name ends in .zip")
    with open_cache(cache, bucket.name) as opened:
        return write_packet(opened, bucket, choice, out, notice)


def write_packet(
    cache: Cache, bucket: Bucket, choice: Choice, out: Path, notice: Notice
) -> MadePacket:
    """Make a packet with an open cache, which nothing else changes meanwhile.

    The zip file is complete, or not there. See ``make_packet``; an error that ``notice`` raises
    stops the packet.
    """
    synchronize(cache, bucket, notice)
    ledger = Ledger(cache, choice)
    totals = Totals.of(ledger)
    if not totals.reconciliation.inputs:
        raise EmptyChoice(choice.prefix)
    with whole_file(out) as unfinished, ZipFile(unfinished, "w", ZIP_STORED) as zipped:
        unfinished.chmod(0o600)
        packet = _Packet(bucket, ledger, totals, zipped)
        packet.write(notice)
    return MadePacket(totals, packet.unshown)


class _Packet:
    """Writes the parts of a packet to its zip file, one original at a time."""

    def __init__(self, bucket: Bucket, ledger: Ledger, totals: Totals, zipped: ZipFile) -> None:
        self.unshown: list[str] = []
        self._bucket, self._ledger, self._totals, self._zip = bucket, ledger, totals, zipped
        self._files: list[str] = []
        self._names = Names()
        self._volumes = 0
        self._sheets = self._new_sheets(0)

    def write(self, notice: Notice) -> None:
        self._sheets.add_cover("发票粘贴单 封面", cover_lines(self._ledger, self._totals))
        for done, invoices in enumerate(filed_files(self._ledger)):
            notice("originals", done, self._totals.files)
            self._add_original(invoices)
        self._finish_volume()
        notice("workbook", 0, None)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / WORKBOOK
            write_workbook(self._ledger, path, notice, self._write_sheet)
            self._zip.write(path, WORKBOOK)

    def _new_sheets(self, before: int) -> Sheets:
        return Sheets(self._ledger.choice.prefix, sheets_of(self._totals.pictures), before)

    def _finish_volume(self) -> None:
        self._volumes += 1
        self._zip.writestr(f"paste-sheets-{self._volumes:03}.pdf", self._sheets.content())

    def _add_original(self, invoices: list[Filed]) -> None:
        content = self._fetch(invoices[0])
        name = self._names.name(invoices, content)
        self._files.append(name)
        self._zip.writestr(f"{ORIGINALS}{name}", content)
        for captions in pictures(invoices):
            if self._sheets.added == PICTURES_OF_VOLUME:
                self._finish_volume()
                self._sheets = self._new_sheets(self._sheets.pictures)
                gc.collect()  # the former PDF's objects refer to each other
            self._sheets.add_picture(self._picture(content, captions[0]), name, captions)

    def _picture(self, content: bytes, invoice: Filed) -> bytes | None:
        try:
            return picture(content, invoice.page)
        except AccountingError as error:
            self.unshown.append(f"{invoice.key}: {error}")
            return None

    def _fetch(self, invoice: Filed) -> bytes:
        """Return the content that the record was made of.

        Raises:
            AccountingError: the original is missing, too large, archived, or was changed meanwhile.
        """
        store, name = self._bucket.store, self._bucket.name
        asked = Source(name, invoice.key, invoice.etag, 0, None, None)
        try:
            content = store.fetch(asked, LARGEST_FILE)
        except ObjectUnavailable:
            raise AccountingError(f"{invoice.key} is in the archive: restore it first") from None
        # Asked afterwards: an upload between both requests is noticed as well.
        present = store.describe(name, invoice.key)
        if present is None or present.etag != invoice.etag:
            raise AccountingError(
                f"{invoice.key} was changed or removed meanwhile: run the same command again"
            )
        if content is None:
            raise AccountingError(
                f"{invoice.key} is larger than {LARGEST_FILE >> 20} MB, which no packet holds: "
                "upload a smaller copy under the same name"
            )
        return content

    def _write_sheet(self, book: Workbook, formats: Formats) -> None:
        """Write the filed invoices in their order, with their sheet of paper and their file."""
        table = Table(book.add_worksheet("Packet"), formats, _COLUMNS)
        place = 0
        for name, invoices in zip(self._files, filed_files(self._ledger), strict=True):
            for captions in pictures(invoices):
                sheet = place // PER_SHEET + 1
                place += 1
                for each in captions:
                    row = (sheet, each.uploaded_on, each.code, each.number, each.amount)
                    table.add((*row, name, each.key))
        table.finish()
