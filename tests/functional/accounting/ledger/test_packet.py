"""The packet: PDF, workbook and zip, each read back by another library."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from accounting.errors import AccountingError
from accounting.ledger.query import Choice
from accounting.packet import make as packet
from accounting.packet.make import MadePacket, make_packet
from accounting.progress import Notice, ignore_progress
from quota_invoice.reviews.entry import Verdict
from tests.support.files import formats
from tests.support.ledger.record_store import ALL, HOSTILE, RecordStore, invoice
from tests.support.ledger.review import ALL_FIELDS, review
from tests.support.paths import HEIC, SAMPLES

Make = Callable[..., MadePacket]
BEIJING = {"code": "011001900212", "location": "北京市"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "made" / "packet.zip"


@pytest.fixture
def pack(store: RecordStore, tmp_path: Path, out: Path) -> Make:
    def pack(choice: Choice = ALL, notice: Notice = ignore_progress) -> MadePacket:
        return make_packet(store.bucket, choice, out, tmp_path / "cache", notice)

    return pack


def add(store: RecordStore, path: str, content: bytes, *invoices: dict[str, Any], **at: int) -> str:
    """Put an original with these bytes and its record into the bucket."""
    key = store.add(path, *invoices, **at)
    store.objects[key] = content
    store.records[store.bucket.layout.record_key(key)]["source"] = store.source(key)
    return key


def numbered(number: int, amount: str = "￥2.00", **fields: Any) -> dict[str, Any]:
    """An invoice that needs no review; its number has no near neighbour."""
    made = invoice(number=f"{number:08}", amount=amount, **fields)
    return {**made, "needs_review": False}


def doubtful(made: dict[str, Any]) -> dict[str, Any]:
    """The same invoice, with a finding for which a person should look at it."""
    text = {"zh": "请与图片核对。", "en": "Compare it with the image."}
    finding = {"code": "low_confidence.code", "severity": "doubt", "message": text}
    return {**made, "findings": [finding], "needs_review": True}


def packet_of(store: RecordStore, folder: Path, choice: Choice = ALL) -> tuple[MadePacket, Path]:
    """Make a packet, which several tests read; return its numbers and its file."""
    out = folder / "packet.zip"
    return make_packet(store.bucket, choice, out, folder / "cache", ignore_progress), out


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packet of invoices in several formats, and of each kind of input that is not filed."""
    store = RecordStore()
    add(store, "2026/a.jpg", formats.jpeg(), numbered(11111111))
    add(store, "2026/b.png", formats.encoded(formats.sample(), "PNG"), numbered(22222222))
    name = formats.SAMPLE
    pages = [{**numbered(33333333), "page": 1}, {**numbered(44444444, "￥50.00"), "page": 2}]
    add(store, "2026/c.pdf", formats.pdf(name, name), *pages)
    several = [numbered(number * 1010101) for number in (50, 60, 70, 80, 90)]
    add(store, "2026/d.tif", formats.tiff(name), *several)
    add(store, "2026/e.jpg", formats.jpeg(), numbered(11111111), second=60)
    add(store, "2026/f.jpg", formats.jpeg(), doubtful(numbered(12345670)))
    add(store, "2026/g.jpg", formats.jpeg(), numbered(76543210, ""))
    store.add_failure("2026/h.jpg")
    store.upload("2026/i.jpg")
    store.upload("2026/Thumbs.db")
    add(store, "2026/j.jpg", formats.jpeg())
    add(store, "2025/k.jpg", formats.jpeg(), numbered(98765432))
    return packet_of(store, tmp_path_factory.mktemp("batch"), BATCH)[1]


def pdf_text(zipped: ZipFile) -> list[str]:
    """The text of each page of all PDFs, in their order."""
    files = sorted(name for name in zipped.namelist() if name.startswith("paste-sheets"))
    pages = []
    for name in files:
        with pypdfium2.PdfDocument(zipped.read(name)) as file:
            pages += [file[number].get_textpage().get_text_range() for number in range(len(file))]
    return pages


def sheet(zipped: ZipFile, name: str) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(zipped.read("ledger.xlsx")))
    return book.get_sheet_by_name(name).to_python()


BATCH = Choice("incoming/2026/", None, None, ALL.made_on)


def test_counts_and_totals_of_pdf_workbook_and_zip_agree(batch: Path) -> None:
    with ZipFile(batch) as zipped:
        cover, *sheets = pdf_text(zipped)
        originals = [name for name in zipped.namelist() if name.startswith("originals/")]
        rows = sheet(zipped, "Packet")[1:]
        reconciliation = sheet(zipped, "Reconciliation")
    # Nine invoices: 8 x 2.00 and 50.00; the picture of five invoices is shown twice.
    assert "发票 Invoices：9 张" in cover
    assert "合计 Total：￥66.00" in cover
    assert "人民币陆拾陆元整" in cover
    assert "原图 Originals：4 个" in cover
    assert "粘贴单 Paste sheets：3 张" in cover
    assert len(originals) == 4
    assert len(sheets) == 3
    assert [f"第 {place} 张 / 共 3 张" in page for place, page in enumerate(sheets, 1)] == [
        True
    ] * 3
    printed = [re.findall(r"(\d{12}) +(\d{8}) +￥([\d.]+)", page) for page in sheets]
    on_paper = [
        (place, code, number, float(amount))
        for place, found in enumerate(printed, 1)
        for code, number, amount in found
    ]
    assert on_paper == [(row[0], row[2], row[3], row[4]) for row in rows]
    assert round(sum(row[4] for row in rows), 2) == 66.00
    assert sorted({f"originals/{row[5]}" for row in rows}) == sorted(originals)
    names = [name.removesuffix(".tif").split("_") for name in originals]
    assert round(sum(float(re.sub(r"\.[a-z]+$", "", name[3])) for name in names), 2) == 66.00
    counts = {row[0].split(" ")[0]: row[1] for row in reconciliation if row[0]}
    for line, count, row in [
        ("重复 Duplicate：1，￥2.00", 1, "重复"),
        ("待核对 To review：2，￥2.00", 2, "其中待核对"),  # one of them has no amount
        ("没有金额 Without amount：0，￥0.00", 1, "其中未读出金额"),  # it is to be reviewed
        ("识别失败 Failed：1", 1, "识别失败"),
        ("等待识别 No record yet：1", 1, "等待识别"),
        ("已忽略 Ignored：1", 1, "已忽略"),
    ]:
        assert line in cover
        assert counts[row] == count
    assert counts["全部发票"] == 9 + 1 + 2
    assert "没有发票 No invoice：1" in cover
    assert "差异 Unexplained：0，￥0.00" in cover


def test_the_cover_names_each_file_that_is_not_filed(batch: Path) -> None:
    with ZipFile(batch) as zipped:
        cover = pdf_text(zipped)[0]
    for name in ("e.jpg", "f.jpg", "g.jpg", "h.jpg", "i.jpg", "Thumbs.db", "j.jpg"):
        assert f"incoming/2026/{name}" in cover
    assert "文件是空的" in cover
    assert "incoming/2025/k.jpg" not in cover


def test_only_the_owner_can_read_a_packet(batch: Path) -> None:
    assert batch.stat().st_mode & 0o777 == 0o600


def test_the_cover_tells_who_corrected_and_who_entered_by_hand(
    pack: Make, store: RecordStore, out: Path
) -> None:
    keys = [
        add(store, f"{place}.jpg", formats.jpeg(), doubtful(numbered(place * 11111111)))
        for place in (1, 2, 3, 4)
    ]
    review(store, keys[0], fields={"number": "12345670"}, by="王会计")
    review(store, keys[1], fields={"amount": "￥5.00"})
    review(store, keys[2], Verdict.NOT_AN_INVOICE, by="王会计", reason="收据")
    failed = store.add_failure("failed.jpg")
    review(store, failed, fields=ALL_FIELDS, is_by_hand=True)
    totals = pack().totals
    assert (totals.invoices, totals.amount) == (3, Decimal("57.00"))
    with ZipFile(out) as zipped:
        cover = "".join(pdf_text(zipped)[0].split())
        filed = [(row[3], row[4]) for row in sheet(zipped, "Packet")[1:]]
    assert filed == [("12345670", 2.0), ("22222222", 5.0), ("91234561", 50.0)]
    assert "Correctedbypeople：2张（李会计1，王会计1）" in cover
    assert "Enteredbyhand：1张（李会计1）" in cover
    assert "不是发票Notaninvoice：1" in cover
    assert "incoming/3.jpg1440319091103333333" in cover
    assert "王会计收据" in cover
    assert "差异Unexplained：0，￥0.00" in cover


def test_hostile_texts_name_no_other_folder_and_no_file_twice(
    pack: Make, store: RecordStore, out: Path
) -> None:
    texts = [*HOSTILE, "../../etc/passwd", "C:\\a", "CON", "a/b", ""]
    for place, text in enumerate(texts):
        made = {**numbered(place), "code": text, "number": text}
        add(store, f"{place} {text[:50]}.jpg", formats.jpeg(), made)
        other = doubtful({**made, "code": f"{text}0"})
        add(store, f"doubtful {place} {text[:50]}.jpg", formats.jpeg(), other)
    assert pack().totals.invoices == len(texts)
    with ZipFile(out) as zipped:
        names = [name for name in zipped.namelist() if name.startswith("originals/")]
        cover = "".join(pdf_text(zipped))
        rows = sheet(zipped, "Packet")
    assert len({name.lower() for name in names}) == len(texts)
    assert [
        each for each in names if not re.fullmatch(r"originals/[\w.-]{1,99}", each, re.ASCII)
    ] == []
    assert f"发票 Invoices：{len(texts)} 张" in cover
    assert "\u202e" not in cover
    assert "□" in cover
    assert len(rows) == len(texts) + 1


def resized(kind: str) -> bytes:
    return formats.encoded(formats.sample().resize((600, 300)), kind)


KINDS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PDF")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packet of a picture of each kind, of a telephone's, and of one with a hostile path."""
    store = RecordStore()
    for place, kind in enumerate(KINDS, 1):
        add(store, kind, resized(kind), numbered(11111111 * place))
    add(store, "IMG_1.HEIC", HEIC.read_bytes(), numbered(77777777))
    add(store, "../李 a+b%.exe", formats.jpeg(), numbered(88888888, "￥50.00"))
    made, path = packet_of(store, tmp_path_factory.mktemp("pictures"))
    assert made.unshown == []
    return path


def test_an_original_is_unchanged_and_named_by_date_code_number_and_amount(pictures: Path) -> None:
    with ZipFile(pictures) as zipped:
        [name] = [name for name in zipped.namelist() if "_88888888_" in name]
        assert zipped.read(name) == formats.jpeg()
    assert re.fullmatch(r"originals/\d{4}-\d\d-\d\d_\d{12}_88888888_50\.00\.jpg", name)


def test_a_picture_keeps_its_proportion(pictures: Path) -> None:
    with ZipFile(pictures) as zipped:
        content = zipped.read("paste-sheets-001.pdf")
    with pypdfium2.PdfDocument(content) as file:
        drawn = [
            each.get_bounds() for page in file for each in page.get_objects() if each.type == 3
        ]
    wide = [
        (left, bottom, right, top)
        for left, bottom, right, top in drawn
        if (right - left) / (top - bottom) == pytest.approx(2, rel=0.01)
    ]
    assert (len(wide), len(drawn)) == (len(KINDS), len(KINDS) + 2)
    for left, _, right, _ in wide:
        assert (right - left) / 72 * 25.4 == pytest.approx(180, abs=0.5)


def test_a_telephones_heic_is_shown_and_filed(pictures: Path) -> None:
    with ZipFile(pictures) as zipped:
        assert any(name.endswith(".heic") for name in zipped.namelist())


def test_a_total_that_cannot_be_written_in_words_is_named(
    pack: Make, store: RecordStore, out: Path
) -> None:
    for number in (11111111, 22222222):
        made = numbered(number)
        made["amount"]["value"] = "900000000000.00"
        add(store, f"{number}.jpg", formats.jpeg(), made)
    with pytest.raises(AccountingError, match="choose a smaller batch"):
        pack()
    assert list(out.parent.iterdir()) == []


def test_an_original_or_a_page_that_cannot_be_shown_is_named_and_filed(
    pack: Make, store: RecordStore, out: Path
) -> None:
    key = add(store, "a.jpg", b"\xff\xd8\xff\xe0 damaged", numbered(11111111))
    add(store, "b.pdf", resized("PDF"), {**numbered(22222222), "page": 9})
    damaged, without_page = pack().unshown
    assert damaged.startswith(f"{key}: ")
    assert "page 9 of the PDF" in without_page
    with ZipFile(out) as zipped:
        assert pdf_text(zipped)[1].count("无法显示该文件") == 2
        assert len(zipped.namelist()) == 4


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packet of three PDFs, of which the last one has a single picture."""
    store = RecordStore()
    for place in range(5):
        add(store, f"{place}.jpg", formats.jpeg(), numbered(11111111 * (place + 1)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packet, "PICTURES_OF_VOLUME", 2)
        return packet_of(store, tmp_path_factory.mktemp("volumes"))[1]


@pytest.mark.exhaustive
def test_a_large_packet_has_several_pdfs_with_sheets_numbered_through(volumes: Path) -> None:
    with ZipFile(volumes) as zipped:
        assert sum(name.endswith(".pdf") for name in zipped.namelist()) == 3
        sheets = pdf_text(zipped)[1:]
    assert [f"第 {place} 张 / 共 3 张" in page for place, page in enumerate(sheets, 1)] == [
        True
    ] * 3


def test_the_pdf_holds_only_the_used_characters_of_its_font(volumes: Path) -> None:
    with ZipFile(volumes) as zipped:
        content = zipped.read("paste-sheets-003.pdf")
    assert b"+NotoSansCJK" in content
    assert len(content) < 100_000


def test_an_original_that_was_changed_meanwhile_stops_the_packet(
    pack: Make, store: RecordStore, out: Path
) -> None:
    key = add(store, "a.jpg", formats.jpeg(), numbered(11111111))

    def notice(step: str, done: int, total: int | None) -> None:
        del done, total
        if step == "originals":
            store.objects[key] = b"another"

    with pytest.raises(AccountingError, match="changed or removed meanwhile"):
        pack(notice=notice)
    assert list(out.parent.iterdir()) == []


def test_an_original_that_is_too_large_is_named_with_the_way_out(
    pack: Make, store: RecordStore, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "a.jpg", formats.jpeg(), numbered(11111111))
    monkeypatch.setattr(packet, "LARGEST_FILE", 100)
    with pytest.raises(AccountingError, match="no packet holds: upload a smaller copy"):
        pack()
    assert list(out.parent.iterdir()) == []


def test_an_interrupted_run_leaves_the_former_packet_and_no_half_one(
    pack: Make, store: RecordStore, out: Path
) -> None:
    add(store, "a.jpg", formats.jpeg(), numbered(11111111))
    out.parent.mkdir()
    out.write_bytes(b"former")

    def interrupt(step: str, done: int, total: int | None) -> None:
        del done, total
        if step == "workbook":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(notice=interrupt)
    assert list(out.parent.iterdir()) == [out]
    assert out.read_bytes() == b"former"


def test_a_batch_without_inputs_is_named(pack: Make, out: Path) -> None:
    with pytest.raises(AccountingError, match="no input below incoming/2026/"):
        pack(BATCH)
    assert not out.exists()


def test_an_invoice_entered_by_hand_is_shown_with_the_first_page_and_the_cover_names_the_month(
    store: RecordStore, pack: Make, out: Path
) -> None:
    photo = (SAMPLES / "urumqi-20-yuan-orange-light.jpg").read_bytes()
    add(store, "a.jpg", photo, {**numbered(1), "page": 1}, numbered(2))
    made = pack(Choice("incoming/", date(2000, 1, 1), date(2099, 12, 31), ALL.made_on))
    with ZipFile(out) as zipped:
        cover, *sheets = pdf_text(zipped)
    assert made.unshown == []
    assert "上传日期 Uploaded：2000-01-01 – 2099-12-31" in cover
    assert "粘贴单 Paste sheets：1 张" in cover
    [sheet_text] = sheets
    assert sheet_text.count("2-invoices.jpg 第1页") == 1
    assert ("00000001" in sheet_text, "00000002" in sheet_text) == (True, True)
