"""How a file is read: API, fallback, attempts."""

from __future__ import annotations

import contextlib
import io
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from quota_invoice.deadline import Deadline
from quota_invoice.errors import (
    AccessRefused,
    DownloadFailed,
    DownloadRefused,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    NotRecognized,
    ObjectChanging,
    OutOfTime,
    PagesRefused,
    RateLimited,
    UnusableAnswer,
)
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.formats import memory
from quota_invoice.recognition.formats.kinds import Kind
from quota_invoice.recognition.ocr_input import File, OcrInput
from quota_invoice.recognition.pages import Pages
from quota_invoice.recognition.reading import Api, Reading
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.recognition.tickets import NO_INVOICE
from quota_invoice.records.failure_texts import failure_text
from quota_invoice.records.record import recognized
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.bombs import black_png
from tests.support.fakes import RESULT, FakeOcr, FakeStore, pdf_of, ticket
from tests.support.files import formats, pdfs

pytestmark = pytest.mark.usefixtures("short_pauses")

TOO_LARGE = ImageTooLarge("AIS.0103", "The image size does not meet the requirements.", "r-1")
BLANK = ImageRefused("AIS.0104", "The image is not supported.", "r-2")


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", (width, height), "white").save(file, kind)
        return file.getvalue()


class Service:
    """A recognizer over fakes."""

    def __init__(self, *answers: Any, content: bytes = b"image", auto: bool = False) -> None:
        self.content = content
        self.ocr = FakeOcr(*answers)
        self.auto = auto
        self.seconds = 9.0
        self.is_last = False
        self.store = FakeStore()
        self.lines: list[str] = []
        self.forget: Callable[[], None] = lambda: None

    def read(self, key: str = "incoming/a.jpg") -> Reading:
        self.store.objects[key] = self.content
        seen = self.store.identify("invoices", key)
        assert seen
        self.store.requests.clear()
        log = Log("request-1", self.lines.append)
        recognizer = Recognizer(self.store, self.ocr, log, DEFAULT_LAYOUT, auto=self.auto)
        self.forget = lambda: recognizer.forget_pages(seen.source)
        self.record = None
        deadline = Deadline(0.0, 0.0, clock=lambda: -self.seconds)
        reading = recognizer.read(File.stored(seen, is_last_attempt=self.is_last), deadline)
        self.record = recognized(seen.source, reading, region="cn-north-4")
        return reading

    @property
    def sent(self) -> list[str]:
        return ["image" if given.image is not None else "url" for given in self.ocr.given]


@pytest.mark.parametrize("code", ["ModelArts.4203", "ModelArts.4204", "ModelArts.4508"])
def test_without_the_api_for_pages_single_images_are_read_all_the_same(code: str) -> None:
    refusal = AccessRefused(code, "not subscribed", "r-1")
    service = Service(refusal, RESULT, content=pdf_of(2))
    log = Log("request-1", service.lines.append)
    recognizer = Recognizer(service.store, service.ocr, log, DEFAULT_LAYOUT, auto=False)
    deadline = Deadline.after(60)
    with pytest.raises(PagesRefused) as caught:
        recognizer.read(File.sent(b64encode(pdf_of(2)).decode()), deadline)
    assert (caught.value.code, caught.value.request_id) == (code, "r-1")
    assert not caught.value.stops_round
    assert failure_text(caught.value).hint.en.startswith("Ask the operator to subscribe")
    image = File.sent(b64encode(picture(500, 300)).decode())
    assert recognizer.read(image, deadline).pages[1].result == RESULT


@pytest.mark.parametrize(
    ("code", "auto"), [("ModelArts.4204", True), ("APIG.0301", False), ("ModelArts.6201", False)]
)
def test_a_refusal_that_concerns_all_files_stops_them(code: str, *, auto: bool) -> None:
    service = Service(AccessRefused(code, "refused"))
    log = Log("request-1", service.lines.append)
    recognizer = Recognizer(service.store, service.ocr, log, DEFAULT_LAYOUT, auto=auto)
    for content in (pdf_of(2), picture(500, 300)):
        with pytest.raises(AccessRefused):
            recognizer.read(File.sent(b64encode(content).decode()), Deadline.after(60))
    assert len(service.ocr.given) == 1


def test_an_object_is_read_by_url_without_fetching_its_bytes() -> None:
    service = Service()
    reading = service.read()
    assert (reading.api, reading.fallback, service.sent) == (Api.QUOTA_INVOICE, None, ["url"])
    assert service.store.requests == []


def test_an_image_that_is_too_large_is_sent_scaled_and_recorded_so() -> None:
    service = Service(TOO_LARGE, content=picture(8192, 400))
    service.read()
    assert service.sent == ["url", "image"]
    with Image.open(io.BytesIO(service.ocr.given[1].image or b"")) as sent:
        assert (sent.format, sent.size) == ("JPEG", (4096, 200))
    assert service.record
    assert service.record["ocr"]["fallback"] == {"code": "AIS.0103", "scale": 0.5}
    assert service.store.requests == [("fetch", "incoming/a.jpg")]


@pytest.mark.parametrize(
    "content",
    [b"no image", picture(10, 10), picture(800, 600)],
    ids=["no image", "too small", "of the right size"],
)
def test_a_file_that_scaling_does_not_help_keeps_its_refusal(content: bytes) -> None:
    service = Service(TOO_LARGE, content=content)
    with pytest.raises(ImageTooLarge, match="AIS.0103") as caught:
        service.read()
    assert (service.sent, caught.value.request_id) == (["url"], "r-1")


def on_glass(paper: int) -> bytes:
    """Return a scanner's glass of 4,800 x 800 pixels, with a paper so many pixels wide on it."""
    image = Image.new("L", (4800, 800), 200)
    image.paste(0, (1000, 8, 1000 + paper, 792))
    with io.BytesIO() as file:
        image.save(file, "PNG")
        return file.getvalue()


def test_a_small_paper_on_a_large_glass_is_sent_again_without_the_margin() -> None:
    service = Service(TOO_LARGE, BLANK, RESULT, content=on_glass(2000))
    reading = service.read()
    assert service.sent == ["url", "image", "image"]
    assert reading.attempts == 3  # the refused ones may be billed as well
    assert (reading.pages[1].view.scale, reading.pages[1].view.left) == (1, 1000 - 104)


def test_a_paper_without_a_margin_is_not_sent_again() -> None:
    service = Service(TOO_LARGE, BLANK, RESULT, content=on_glass(3700))
    with pytest.raises(ImageRefused, match=r"AIS\.0104"):
        service.read()
    assert service.sent == ["url", "image"]
    small = Service(BLANK, RESULT, content=picture(800, 600, "WEBP"))
    with pytest.raises(ImageRefused, match=r"AIS\.0104"):
        small.read()
    assert small.sent == ["image"]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (picture(14, 300), "AIS.0103", "too small"),
        (black_png(60_000), "AIS.0103", "too large"),
        (picture(40, 40)[:50], "AIS.0102", "cut off"),
        (picture(40, 40).replace(b"IHDR", b"IDHR"), "AIS.0102", "damaged and"),
    ],
)
def test_the_code_is_the_service_s_and_the_words_name_what_the_function_found(
    content: bytes, code: str, words: str
) -> None:
    refused = FormatRefused if code == "AIS.0102" else ImageTooLarge
    service = Service(*[refused(code, "refused", "r-1")] * 2, content=content)
    with pytest.raises(ImageRefused) as caught:
        service.read()
    assert (caught.value.code, caught.value.message) == (code, "refused")
    assert words in failure_text(caught.value).message.en


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.rstrip("="),
        lambda text: f" {text}\n",
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: f"{' ' * 5}{text}",
        lambda text: "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        lambda text: "\n".join(text[at : at + 80] for at in range(0, len(text), 80)),
    ],
)
def test_base64_is_read_as_encoders_write_it(encode: Any) -> None:
    content = formats.encoded(formats.sample(), "WEBP")
    service = Service(RESULT)
    sent = File.sent(encode(b64encode(content).decode()))
    log = Log("request-1", service.lines.append)
    recognizer = Recognizer(service.store, service.ocr, log, DEFAULT_LAYOUT, auto=False)
    assert recognizer.read(sent, Deadline.after(60)).pages[1].result == RESULT
    assert service.sent == ["image"]
    for longer in (content + bytes(more) for more in range(20)):
        assert OcrInput(encoded=encode(b64encode(longer).decode())).content() == longer


@pytest.mark.parametrize(("letters", "kind"), [(4095, Kind.NOT_AN_IMAGE), (4094, Kind.UNKNOWN)])
def test_the_kind_of_a_file_that_is_sent_is_the_one_of_its_first_4_kilobytes(
    letters: int, kind: Kind
) -> None:
    assert File.sent(b64encode(b"a" * letters + b"\0" * 99).decode()).kind is kind


def test_a_request_has_the_file_or_its_url() -> None:
    url = "https://files.test/a.jpg"
    assert OcrInput(url=url).members() == {"url": url}
    assert OcrInput(image=b"image").members() == {"image": "aW1hZ2U="}
    assert OcrInput(encoded="aW1hZ2U").members() == {"image": "aW1hZ2U"}


def test_a_file_that_is_not_valid_base64_is_refused_as_the_service_does() -> None:
    webp = b64encode(formats.encoded(formats.sample(), "WEBP")).decode()
    service = Service(FormatRefused("AIS.0102", "no such format"))
    log = Log("request-1", service.lines.append)
    recognizer = Recognizer(service.store, service.ocr, log, DEFAULT_LAYOUT, auto=False)
    for text in ("?", f"{webp}?"):
        with pytest.raises(FormatRefused, match=r"^AIS.0102: "):
            recognizer.read(File.sent(text), Deadline.after(60))
    assert service.sent == ["url"]


def test_an_image_of_an_api_caller_is_not_sent_unchanged_again() -> None:
    service = Service(FormatRefused("AIS.0102", "no such format"), RESULT)
    log = Log("request-1", service.lines.append)
    recognizer = Recognizer(service.store, service.ocr, log, DEFAULT_LAYOUT, auto=False)
    sent = File.sent(b64encode(picture(800, 600)).decode())
    recognizer.read(sent, Deadline.after(60))
    with Image.open(io.BytesIO(service.ocr.given[1].image or b"")) as made:
        assert made.format == "JPEG"


def test_an_object_that_is_gone_before_it_is_converted_is_too_large_or_gone() -> None:
    service = Service(content=picture(500, 301, "WEBP"))
    service.store.fetch = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(ImageTooLarge):
        service.read()
    assert service.sent == []


@pytest.mark.parametrize("code", ["AIS.0102", "AIS.0103"])
def test_a_page_of_a_tiff_that_is_refused_costs_no_other_page(code: str) -> None:
    refusal = FormatRefused(code, "no") if code == "AIS.0102" else ImageTooLarge(code, "no")
    service = Service([ticket()], refusal, content=formats.tiff(formats.SAMPLE, formats.SECOND))
    reading = service.read()
    assert service.sent == ["image", "image"]
    assert list(reading.pages) == [1]
    assert service.record
    assert service.record["ocr"]["fallback"]["code"] == "Image.Converted"


def test_the_pages_of_a_tiff_are_sent_in_their_order() -> None:
    sizes = [(800, 600), (600, 400), (400, 500)]
    content = formats.of_pages(*(Image.new("L", size, 255) for size in sizes))
    service = Service(content=content)
    service.read()
    sent = [Image.open(io.BytesIO(given.image or b"")).size for given in service.ocr.given]
    assert sent == sizes


def test_a_tiff_of_one_page_is_read_by_url() -> None:
    service = Service(content=formats.tiff(formats.SAMPLE))
    service.read()
    assert service.sent == ["url"]


def test_a_file_that_is_no_image_and_cannot_be_fetched_is_refused_once_it_is_sent() -> None:
    answers = (DownloadRefused("ModelArts.4601", "no"), FormatRefused("AIS.0102", "no"))
    service = Service(*answers, content=b"no image")
    with pytest.raises(FormatRefused):
        service.read()
    assert service.sent == ["url", "image"]


def test_a_refused_pdf_without_its_end_is_said_to_be_cut_off() -> None:
    for content, code in ((pdf_of(1)[:-200], "File.CutOff"), (pdf_of(1), "")):
        refusals = [FormatRefused("AIS.0102", "no such format") for _ in range(2)]
        with pytest.raises(FormatRefused) as caught:
            Service(*refusals, content=content).read(PDF)
        assert caught.value.file_code == code


def test_a_pdf_without_an_invoice_is_not_said_to_be_cut_off() -> None:
    with pytest.raises(ImageRefused) as caught:
        Service([], content=pdf_of(1)[:-200]).read(PDF)
    assert (caught.value.code, caught.value.file_code) == (NO_INVOICE, "")


def test_white_print_on_a_transparent_ground_is_sent_again_on_black() -> None:
    service = Service(BLANK, RESULT, content=formats.white_on_transparent())
    service.read()
    assert service.sent == ["url", "image"]
    service = Service(BLANK, content=formats.on_transparent("PNG"))
    with pytest.raises(ImageRefused, match="AIS.0104"):
        service.read()
    assert service.sent == ["url"]


def test_only_an_object_of_the_bucket_has_a_size_there() -> None:
    assert (File.sent("aW1hZ2U=").size, File.at("https://a.test/b", is_pdf=False).size) == (0, 0)
    store = FakeStore(objects={"incoming/a.jpg": b"image"})
    seen = store.identify("invoices", "incoming/a.jpg")
    assert seen
    assert File.stored(seen, is_last_attempt=False).size == 5


def test_an_object_without_room_beside_others_is_left_to_another_invocation() -> None:
    service = Service(TOO_LARGE, RESULT, content=picture(5000, 500))
    service.seconds = 0.05
    with (
        memory.room_for(200 << 20, Deadline.never()),
        pytest.raises(OutOfTime),
    ):
        service.read()


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (DownloadFailed("ModelArts.4603", "download failed"), 2),
        (DownloadRefused("ModelArts.4601", "not allowed"), 1),
    ],
)
def test_an_object_that_the_service_cannot_fetch_is_sent_unchanged(error: Any, tries: int) -> None:
    service = Service(*[error] * tries, content=b"an image")
    service.read()
    assert service.sent == ["url"] * tries + ["image"]
    assert service.ocr.given[-1].image == b"an image"
    assert service.record
    assert service.record["ocr"]["fallback"] == {"code": error.code, "scale": 1.0}


def test_an_object_that_is_not_fetched_and_too_large_is_sent_scaled() -> None:
    error = DownloadRefused("ModelArts.4601", "not allowed")
    service = Service(error, TOO_LARGE, content=picture(5000, 1000))
    service.read()
    assert service.sent == ["url", "image", "image"]
    assert service.record
    assert service.record["ocr"]["fallback"] == {"code": "ModelArts.4601", "scale": 0.8192}


def test_a_scaled_image_that_is_refused_again_is_refused() -> None:
    service = Service(TOO_LARGE, TOO_LARGE, content=picture(5000, 1000))
    with pytest.raises(ImageTooLarge):
        service.read()
    assert service.sent == ["url", "image"]


def test_an_image_is_sent_if_the_service_fetched_something_else() -> None:
    content = picture(800, 600)
    service = Service(FormatRefused("AIS.0102", "no such format"), content=content)
    service.read()
    assert service.sent == ["url", "image"]
    assert service.ocr.given[1].image == content


def test_a_file_that_is_no_image_is_not_sent() -> None:
    service = Service(FormatRefused("AIS.0102", "no such format"), content=b"<html>")
    with pytest.raises(FormatRefused):
        service.read()
    assert service.sent == ["url"]


def test_an_object_that_is_gone_keeps_the_refusal() -> None:
    service = Service(DownloadRefused("ModelArts.4601", "not allowed"))
    service.store.fetch = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(DownloadRefused):
        service.read()


def test_auto_classification_puts_all_invoices_into_one_record_and_lists_what_failed() -> None:
    poor = ticket("AIS.0104", "The image quality is poor.")
    answer = [ticket(), poor, ticket(code="AIS.0000", number="00000002")]
    service = Service(answer, auto=True)
    reading = service.read()
    assert (reading.api, service.ocr.pages) == (Api.AUTO_CLASSIFICATION, [None])
    assert service.record
    assert service.record["result"] == answer
    assert [each["number"] for each in service.record["invoices"]] == [
        RESULT["number"],
        "00000002",
    ]
    assert service.record["invoices"][0]["polygon"] == [[10, 20], [110, 20], [110, 80], [10, 80]]
    assert service.record["failed_tickets"] == [
        {
            "type": "quota_invoice",
            "page": 1,
            "polygon": [[10, 20], [110, 20], [110, 80], [10, 80]],
            "code": "AIS.0104",
            "message": "The image quality is poor.",
        }
    ]


def test_polygons_are_in_pixels_of_the_original() -> None:
    service = Service(TOO_LARGE, content=picture(8192, 400), auto=True)
    service.read()
    assert service.record
    [found] = service.record["invoices"]
    assert found["polygon"] == [[20, 40], [220, 40], [220, 160], [20, 160]]


@pytest.mark.parametrize(
    "location", [None, "10,20", [10, 20], [[10]], [["left", 20]], [[float("inf"), 20]]]
)
def test_a_location_of_another_shape_is_no_polygon(location: object) -> None:
    service = Service([{**ticket(), "location": location}], auto=True)
    service.read()
    assert service.record
    assert [each["polygon"] for each in service.record["invoices"]] == [None]


@pytest.mark.parametrize(
    ("answer", "code"),
    [([], "AIS.0104"), ([ticket("AIS.0103", "too small")], "AIS.0103"), ([{"odd": 1}], "")],
)
def test_no_invoice_at_all_is_a_refusal(answer: Any, code: str) -> None:
    with pytest.raises(ImageRefused) as caught:
        Service(answer, auto=True).read()
    assert caught.value.code == (code or "AIS.0104")


PDF = "incoming/scan.jpg"  # the content tells that it is a PDF
PAGES = "progress/scan.jpg.json"


def test_every_page_of_a_pdf_is_read_once_and_none_beyond_its_end() -> None:
    first, third = [ticket(number="00000001")], [ticket(number="00000003")]
    service = Service(first, BLANK, third, [], content=pdf_of(4))
    service.read(PDF)
    assert service.ocr.pages == [1, 2, 3, 4]
    assert service.record
    assert [(each["page"], each["number"]) for each in service.record["invoices"]] == [
        (1, "00000001"),
        (3, "00000003"),
    ]
    assert service.record["result"] == first + third
    assert service.record["ocr"]["attempts"] == 4
    pages = service.record["pages"]
    assert (pages["read"], pages["asked"], pages["total"]) == ([1, 3], 4, 4)


def test_at_most_300_pages_of_a_pdf_are_read() -> None:
    service = Service(content=pdf_of(301))
    service.read(PDF)
    assert service.ocr.pages == list(range(1, 301))
    assert service.record
    assert (service.record["pages"]["asked"], service.record["pages"]["total"]) == (300, 301)


def test_two_equal_pages_are_two_invoices() -> None:
    service = Service([ticket()], [ticket()], content=pdf_of(2))
    service.read(PDF)
    assert service.record
    assert len(service.record["invoices"]) == 2


def test_an_invoice_behind_pages_of_other_papers_is_found() -> None:
    service = Service(BLANK, [], BLANK, [], [ticket(number="00000009")], content=pdf_of(5))
    service.read(PDF)
    assert service.record
    assert [each["page"] for each in service.record["invoices"]] == [5]


def test_a_pdf_of_one_page_costs_one_bucket_request() -> None:
    service = Service(content=pdf_of(1))
    service.read(PDF)
    assert service.store.requests == [("fetch", PDF)]


def test_a_pdf_whose_pages_cannot_be_counted_ends_where_a_page_brings_nothing_new() -> None:
    for last in ([], [ticket(number="2")], BLANK):
        service = Service([ticket(number="1")], [ticket(number="2")], last, content=b"%PDF-1.7 ?")
        service.read(PDF)
        assert service.ocr.pages == [1, 2, 3]
        assert service.record
        assert [each["number"] for each in service.record["invoices"]] == ["1", "2"]


def test_an_image_with_the_name_of_a_pdf_is_asked_once() -> None:
    service = Service(content=picture(800, 600))
    service.read("incoming/scan.pdf")
    assert (service.ocr.pages, len(service.ocr.given)) == ([], 1)


def test_a_pdf_without_an_invoice_is_refused_with_its_first_pages_code() -> None:
    service = Service(BLANK, [], content=pdf_of(2))
    with pytest.raises(ImageRefused, match=r"AIS\.0104: The image is not supported") as caught:
        service.read(PDF)
    assert "1" not in failure_text(caught.value).message.en


def test_pages_that_were_read_and_hold_no_invoice_are_not_those_that_were_refused() -> None:
    damaged = ImageRefused("AIS.0102", "The image format is not supported.")
    service = Service([ticket()], BLANK, damaged, [], content=pdf_of(4))
    reading = service.read(PDF)
    assert (reading.pages_refused, reading.pages_without_invoice) == ((3,), (2, 4))


def test_the_last_page_of_a_pdf_that_cannot_be_counted_may_be_beyond_its_end() -> None:
    answers: list[Any] = [[], BLANK]
    for last in answers:
        reading = Service([ticket()], last, content=b"%PDF-1.7 ?").read(PDF)
        assert (reading.pages_refused, reading.pages_without_invoice) == ((), ())


def test_a_pdf_without_an_invoice_is_refused_for_the_page_that_was_not_read() -> None:
    damaged = ImageRefused("AIS.0102", "The image format is not supported.")
    service = Service(BLANK, damaged, content=pdf_of(2))
    with pytest.raises(ImageRefused, match=r"AIS\.0102") as caught:
        service.read(PDF)
    message = failure_text(caught.value).message
    assert message.zh.startswith("第 2 页：")
    assert message.en.startswith("Page 2: ")


def test_a_tiff_beyond_the_function_s_limit_is_named_without_a_request() -> None:
    service = Service(content=b"II*\0" + bytes(64 << 20))
    with pytest.raises(ImageTooLarge) as caught:
        service.read("incoming/scan.tif")
    assert (caught.value.code, service.sent) == ("File.TooLargeTiff", [])
    message, hint = failure_text(caught.value)
    assert ("TIFF" in message.zh, "TIFF" in message.en) == (True, True)
    assert ("拆分" in hint.zh, "Split" in hint.en) == (True, True)


def heavy(megabytes: int) -> bytes:
    """Return a PDF of one page, with an image of so many megabytes."""
    sides = (1000, megabytes * 1000)
    pixels = bytes(range(250)) * (sides[0] * sides[1] // 250)
    return pdfs.of_images(pdfs.image(sides, pixels, b"[]", b"/DeviceGray"))


def test_a_page_that_is_too_large_is_sent_with_a_smaller_image() -> None:
    service = Service(content=heavy(14))
    service.read(PDF)
    assert (service.sent, service.ocr.pages) == (["image"], [1])
    assert len(service.ocr.given[0].image or b"") < 7_500_000
    assert service.record
    assert service.record["pages"] == {"read": [1], "asked": 1, "total": 1}


@pytest.mark.parametrize(("length", "sent"), [(10_000_000, "url"), (10_000_001, "image")])
def test_a_pdf_of_at_most_ten_megabytes_is_read_by_url(length: int, sent: str) -> None:
    service = Service(content=pdf_of(1).ljust(length, b"\n"))
    service.read(PDF)
    assert service.sent == [sent]


def test_a_pdf_that_the_service_does_not_read_by_url_is_sent_with_a_smaller_image() -> None:
    service = Service(TOO_LARGE, content=heavy(9))
    service.read(PDF)
    assert service.sent == ["url", "image"]


UNKNOWN = NotRecognized("AIS.0105", "Recognition failed.")


def test_only_the_page_that_was_not_recognized_is_asked_for_again() -> None:
    service = Service([ticket(number="1")], UNKNOWN, UNKNOWN, content=pdf_of(3))
    with pytest.raises(NotRecognized):
        service.read(PDF)
    assert service.ocr.pages == [1, 2, 2, 3]
    reading = service.read(PDF)
    assert service.ocr.pages == [1, 2, 2, 3, 2]
    assert (list(reading.pages), reading.pages_refused) == ([1, 2, 3], ())


def test_the_last_attempt_gives_up_the_page_that_is_not_recognized() -> None:
    service = Service([ticket(number="1")], UNKNOWN, UNKNOWN, content=pdf_of(3))
    service.is_last = True
    reading = service.read(PDF)
    assert (list(reading.pages), reading.pages_refused) == ([1, 3], (2,))


def test_a_pdf_of_an_api_caller_has_one_attempt() -> None:
    service = Service([ticket(number="1")], UNKNOWN, UNKNOWN)
    log = Log("request-1", service.lines.append)
    recognizer = Recognizer(service.store, service.ocr, log, DEFAULT_LAYOUT, auto=False)
    sent = File.sent(b64encode(pdf_of(3)).decode())
    reading = recognizer.read(sent, Deadline(0.0, 0.0, clock=lambda: -9.0))
    assert (list(reading.pages), reading.pages_refused) == ([1, 3], (2,))


def test_a_pdf_without_any_page_that_is_recognized_raises() -> None:
    for is_last in (False, True):
        service = Service(UNKNOWN, UNKNOWN, content=pdf_of(1))
        service.is_last = is_last
        with pytest.raises(NotRecognized):
            service.read(PDF)


def test_a_page_whose_tickets_were_not_recognized_is_asked_for_again() -> None:
    unread = [ticket("AIS.0105", "Recognition failed.")]
    service = Service([ticket(number="1")], unread, content=pdf_of(10))
    with pytest.raises(NotRecognized):
        service.read(PDF)
    reading = service.read(PDF)
    assert service.ocr.pages == [*range(1, 11), 2]
    assert list(reading.pages) == list(range(1, 11))


def test_a_page_with_an_unusable_answer_costs_no_other_page() -> None:
    unusable = UnusableAnswer("Service.BadAnswer", "the response has no result")
    service = Service([ticket(number="1")], unusable, content=pdf_of(4))
    with pytest.raises(UnusableAnswer):
        service.read(PDF)
    assert service.ocr.pages == [1, 2, 3, 4]
    service.ocr.answers, service.is_last = [unusable], True
    reading = service.read(PDF)
    assert service.ocr.pages == [1, 2, 3, 4, 2]
    assert (list(reading.pages), reading.pages_refused) == ([1, 3, 4], (2,))


def test_pages_are_not_kept_for_a_content_that_was_replaced() -> None:
    service = Service(content=pdf_of(20))

    def replace() -> None:
        service.store.times[PDF] = 1  # the ETag may be the same again

    service.ocr.meanwhile = replace
    with pytest.raises(ObjectChanging):
        service.read(PDF)
    assert service.ocr.pages == list(range(1, 9))
    assert service.store.records == {}


def test_the_pages_before_an_error_are_kept_and_not_asked_for_again() -> None:
    busy = RateLimited("APIG.0308", "The throttling threshold has been reached.")
    busy.retry_after = 60
    service = Service([ticket(number="1")], BLANK, busy, content=pdf_of(4))
    with pytest.raises(RateLimited):
        service.read(PDF)
    assert service.ocr.pages == [1, 2, 3]
    assert service.store.records.keys() == {PAGES}
    reading = service.read(PDF)
    assert service.ocr.pages == [1, 2, 3, 3, 4]
    assert (list(reading.pages), reading.attempts) == ([1, 3, 4], 4)
    assert (reading.pages_refused, reading.pages_without_invoice) == ((), (2,))


def test_kept_pages_are_removed_by_one_request_and_others_by_none() -> None:
    busy = RateLimited("APIG.0308", "The throttling threshold has been reached.")
    busy.retry_after = 60
    service = Service([ticket(number="1")], busy, content=pdf_of(4))
    with pytest.raises(RateLimited):
        service.read(PDF)
    service.read(PDF)
    for _ in range(2):
        service.forget()
    assert (service.store.writes, service.store.records) == ([PAGES], {})
    service = Service(content=pdf_of(4))
    service.read(PDF)
    service.forget()
    assert service.store.writes == []


@pytest.mark.parametrize(("pages", "writes"), [(8, 0), (9, 1), (16, 1), (17, 2)])
def test_every_eight_pages_of_a_long_pdf_are_kept_and_removed_after_its_end(
    pages: int, writes: int
) -> None:
    service = Service(content=pdf_of(pages))
    service.read(PDF)
    assert service.store.writes == [PAGES] * writes
    service.forget()
    assert service.store.records == {}


def test_no_pages_are_kept_where_there_are_none() -> None:
    source = Source("invoices", PDF, "e", 1, None, None)
    assert not Pages(FakeStore(), source, PAGES).keep()
    assert not Pages(FakeStore(), None, PAGES).keep()


def test_the_pages_before_the_end_of_the_time_are_kept() -> None:
    service = Service(content=pdf_of(3))
    service.ocr.meanwhile = lambda: setattr(service, "seconds", 0.1)
    with pytest.raises(OutOfTime) as caught:
        service.read(PDF)
    assert caught.value.has_progress
    with pytest.raises(OutOfTime) as caught:
        service.read(PDF)  # without time for a single page
    assert not caught.value.has_progress
    service.seconds, service.ocr.meanwhile = 9.0, lambda: None
    service.read(PDF)
    assert service.ocr.pages == [1, 2, 3]


def test_no_page_is_begun_that_would_be_cut_off() -> None:
    service = Service(content=pdf_of(12))

    def slow_page() -> None:
        service.seconds -= 1.0

    service.ocr.elapsed_ms, service.ocr.meanwhile = 1000, slow_page
    with pytest.raises(OutOfTime) as caught:
        service.read(PDF)
    assert caught.value.has_progress
    # Of 9 seconds, the eighth page leaves 1, too few for a page that takes half as long again.
    assert service.ocr.pages == list(range(1, 9))
    service.seconds = 9.0
    service.read(PDF)
    assert service.ocr.pages == list(range(1, 13))


@pytest.mark.parametrize(("left", "pages"), [(1.5, [1, 2]), (1.499, [1])])
def test_a_page_needs_half_as_long_again_as_the_slowest_one(left: float, pages: list[int]) -> None:
    service = Service(content=pdf_of(2))
    service.ocr.elapsed_ms = 1000
    service.ocr.meanwhile = lambda: setattr(service, "seconds", left)
    with contextlib.suppress(OutOfTime):
        service.read(PDF)
    assert service.ocr.pages == pages


def test_the_pages_of_another_content_are_not_taken() -> None:
    service = Service(content=pdf_of(2, "old"))
    service.ocr.meanwhile = lambda: setattr(service, "seconds", 0.1)
    with pytest.raises(OutOfTime):
        service.read(PDF)
    service.seconds, service.ocr.meanwhile = 9.0, lambda: None
    service.content = pdf_of(2, "new")
    service.read(PDF)
    assert service.ocr.pages == [1, 1, 2]


@pytest.mark.parametrize("pages", [None, 7, {"x": {}}, {"1": 7}, {"1": {"result": []}}])
def test_kept_pages_of_another_shape_are_read_again(pages: object) -> None:
    service = Service(content=pdf_of(2))
    kept = {"etag": etag(service.content), "attempts": 2, "pages": pages}
    service.store.write("invoices", PAGES, kept)
    service.read(PDF)
    assert service.ocr.pages == [1, 2]


def test_a_long_pdf_keeps_its_pages_now_and_then() -> None:
    service = Service(content=pdf_of(20))
    service.ocr.meanwhile = lambda: seen.append(PAGES in service.store.records)
    seen: list[bool] = []
    service.read(PDF)
    assert seen == [False] * 8 + [True] * 12


def test_the_ocr_input_shows_neither_url_nor_image() -> None:
    service = Service()
    service.read()
    assert "Signature" not in repr(service.ocr.given[0])
    assert "Signature" not in "".join(service.lines)
