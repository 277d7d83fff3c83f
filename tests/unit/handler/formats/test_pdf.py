"""The number of pages of good, damaged, locked and hostile PDFs."""

from __future__ import annotations

import io
import tracemalloc
import zlib

import pytest
from pypdf import PdfReader, PdfWriter

from quota_invoice.errors import FileRefused
from quota_invoice.recognition.formats.pdf import PdfFile
from tests.support.fakes import pdf_of
from tests.support.files.pdfs import CATALOG, whole


def pages(content: bytes) -> int | None:
    return PdfFile(content).pages


def encrypted(user_password: str, algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_of(3))))
    writer.encrypt(user_password, "owner", algorithm=algorithm)
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()


@pytest.mark.parametrize("number", [1, 2, 80])
def test_the_pages_are_counted(number: int) -> None:
    assert pages(pdf_of(number)) == number


def test_bytes_before_a_pdf_do_not_matter() -> None:
    assert pages(b"\r\n\r\n" + pdf_of(2)) == 2


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_a_pdf_that_opens_without_a_password_is_counted_and_a_locked_one_is_refused(
    algorithm: str,
) -> None:
    assert pages(encrypted("", algorithm)) == 3
    with pytest.raises(FileRefused, match=r"File\.Locked"):
        pages(encrypted("secret", algorithm))


def test_a_page_of_an_encrypted_pdf_is_a_pdf_without_encryption() -> None:
    page = PdfFile(encrypted("", "AES-256")).page(2, 1_000_000)
    assert (pages(page), PdfReader(io.BytesIO(page)).is_encrypted) == (1, False)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 ?",
        pdf_of(2)[:300],
        whole(CATALOG, b"<</Type/Pages/Kids[]/Count 9>>"),
        whole(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000000>>"),
        whole(CATALOG, b"<</Type/Pages/Kids 7/Count -1>>"),
        whole(CATALOG, *(b"<</Kids[%d 0 R]/Count 1>>" % number for number in range(3, 3000))),
    ],
)
def test_a_damaged_pdf_has_no_known_number(content: bytes) -> None:
    assert pages(content) is None


@pytest.mark.parametrize("content", [b"%PDF-1.7 ?", pdf_of(1)])
def test_a_page_that_does_not_exist_is_damaged(content: bytes) -> None:
    with pytest.raises(FileRefused, match=r"^File\.Damaged: page 2 "):
        PdfFile(content).page(2, 1000)


@pytest.mark.parametrize("entries", [400_000, 2_000_000])
def test_a_small_file_with_a_huge_table_is_not_decoded(entries: int) -> None:
    table = zlib.compress(b"\x01\x00\x10" * entries, 9)
    head = whole(CATALOG, b"<</Type/Pages/Kids[]/Count 1>>")
    names = b"<</Type/XRef/Size %d/W[1 1 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>"
    stream = b"9 0 obj " + names % (entries, len(table)) + b"\nstream\n" + table + b"\nendstream"
    content = head + stream + b" endobj\nstartxref\n%d\n%%%%EOF" % len(head)
    assert len(content) < 10_000
    tracemalloc.start()
    assert pages(content) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
