"""The function's requests for each kind of upload, counted where bucket and OCR service get them.

Each request is paid for, and each is another chance to fail.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest
from PIL import Image

from local.cloud import Cloud
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce
from tests.support.faulty import Faulty
from tests.support.files import formats
from tests.support.paths import SAMPLES

PAGES = ("shanghai-10-yuan-clean.png", "hunan-1000-yuan-password.png")
BAD = b"\0This is no picture at all."
CHECKED = ("identify incoming", "get results", "get failures")
INDEXED = ("put index", "list ")  # for each invoice; a listing has no key
CONFIRMED = (*INDEXED, "head incoming", "put results")


@pytest.fixture(scope="module")
def cloud(faulty: Faulty) -> Cloud:
    return faulty.cloud


@dataclass(frozen=True)
class RequestCounter:
    """Counts the requests of one invocation.

    Attributes:
        faulty: the cloud behind its proxies.
        run: the function.
        objects: the bucket.
    """

    faulty: Faulty
    run: Run
    objects: Objects

    def upload(self, name: str, content: bytes) -> tuple[dict[str, int], list[str], int]:
        """Upload an object and deliver its event.

        Returns:
            The outcome; the function's requests to the bucket, each as operation and prefix; the
            number of OCR requests.
        """
        key = f"incoming/{name}"
        return self.deliver(key, self.objects.put(key, content))

    def deliver(self, key: str, content: bytes) -> tuple[dict[str, int], list[str], int]:
        self.faulty.clear()
        outcome = self.run.invoke(announce(key, content))
        seen = [(one.operation, one.key) for one in self.faulty.exchanges]
        calls = [operation for operation, _ in seen if operation in {"recognize", "classify"}]
        # "fetch" is the OCR service's own download by the signed URL.
        requests = [
            f"{operation} {key.partition('/')[0]}"
            for operation, key in seen
            if operation not in {"recognize", "classify", "fetch"}
        ]
        return outcome, requests, len(calls)


@pytest.fixture
def counter(faulty: Faulty, run: Run, objects: Objects) -> RequestCounter:
    return RequestCounter(faulty, run, objects)


def pdf(pages: int) -> bytes:
    first, *others = [
        Image.open(SAMPLES / PAGES[number % 2]).convert("RGB") for number in range(pages)
    ]
    with io.BytesIO() as file:
        first.save(file, "PDF", save_all=True, append_images=others)
        return file.getvalue()


def test_a_new_invoice_takes_seven_requests_and_one_call(
    counter: RequestCounter, image: bytes
) -> None:
    found = counter.upload("a.png", image)
    assert found == ({"recognized": 1}, [*CHECKED, *CONFIRMED], 1)
    assert len(found[1]) == 7


def test_an_invoice_that_another_file_shows_takes_four_requests_more(
    counter: RequestCounter, image: bytes
) -> None:
    counter.upload("a.png", image)
    found = counter.upload("b.png", image)
    # The earlier entry, its file, its record; its record again, once the own one is written.
    earlier = ["get index", "head incoming", "get results"]
    requests = [*CHECKED, *INDEXED, *earlier, "head incoming", "put results", "get results"]
    assert found == ({"recognized": 1}, requests, 1)


def test_a_tiff_of_one_page_takes_one_request_more(counter: RequestCounter) -> None:
    content = (SAMPLES / "nanning-10-yuan-grey-copy.tif").read_bytes()
    found = counter.upload("a.tif", content)
    # The file, for its number of pages.
    assert found == ({"recognized": 1}, [*CHECKED, "get incoming", *CONFIRMED], 1)


def test_a_tiff_of_two_pages_takes_two_requests_more(counter: RequestCounter) -> None:
    found = counter.upload("two.tif", formats.tiff(formats.SAMPLE, formats.SECOND))
    # The file, and the pages that an earlier invocation kept.
    indexed = ["put index"] * 2 + ["list "] * 2
    requests = [*CHECKED, "get incoming", "get progress", *indexed, *CONFIRMED[2:]]
    assert found == ({"recognized": 1}, requests, 2)


def test_a_converted_image_takes_one_request_more(counter: RequestCounter) -> None:
    found = counter.upload("a.webp", formats.encoded(formats.sample(), "WEBP"))
    assert found == ({"recognized": 1}, [*CHECKED, "get incoming", *CONFIRMED], 1)


def test_a_file_that_is_no_image_takes_no_call(counter: RequestCounter) -> None:
    checked = [*CHECKED, "head incoming", "get results", "put failures"]
    assert counter.upload("a.zip", formats.archive("a.jpg")) == ({"failed": 1}, checked, 0)


def test_a_duplicate_of_a_record_takes_two_requests(counter: RequestCounter, image: bytes) -> None:
    counter.upload("a.png", image)
    found = counter.deliver("incoming/a.png", image)
    assert found == ({"duplicate": 1}, ["identify incoming", "get results"], 0)


def test_a_duplicate_of_a_failure_takes_three_requests(counter: RequestCounter) -> None:
    counter.upload("a.png", BAD)
    assert counter.deliver("incoming/a.png", BAD) == ({"duplicate": 1}, list(CHECKED), 0)


def test_an_unreadable_object_takes_two_requests_more(counter: RequestCounter) -> None:
    # The object itself, to see that it is no image; another invocation's record.
    checked = [*CHECKED, "get incoming", "head incoming", "get results", "put failures"]
    assert counter.upload("a.png", BAD) == ({"failed": 1}, checked, 1)


def test_a_pdf_of_one_page_takes_one_request_more(counter: RequestCounter) -> None:
    found = counter.upload("a.pdf", pdf(1))
    # The file, for its number of pages.
    assert found == ({"recognized": 1}, [*CHECKED, "get incoming", *CONFIRMED], 1)
    assert len(found[1]) == 8


@pytest.mark.parametrize("pages", [2, 8])
def test_a_pdf_of_several_pages_takes_two_requests_more(
    counter: RequestCounter, pages: int
) -> None:
    found = counter.upload("a.pdf", pdf(pages))
    # The file, and the pages that a former invocation kept.
    indexed = ["put index"] * 2 + ["list "] * 2  # two different invoices on its pages
    confirmed = ["head incoming", "put results"]
    requests = [*CHECKED, "get incoming", "get progress", *indexed, *confirmed]
    assert found == ({"recognized": 1}, requests, pages)
    assert len(found[1]) == 11


def test_a_pdf_keeps_its_pages_after_eight_of_them(counter: RequestCounter) -> None:
    found = counter.upload("a.pdf", pdf(9))
    kept = ["head incoming", "put progress"]
    indexed = ["put index"] * 2 + ["list "] * 2
    requests = [*CHECKED, "get incoming", "get progress", *kept, *indexed]
    requests += [*CONFIRMED[2:], "delete progress"]
    assert found == ({"recognized": 1}, requests, 9)


def test_a_replaced_record_takes_one_request_more(counter: RequestCounter, image: bytes) -> None:
    counter.upload("a.png", image)
    found = counter.upload("a.png", image + b"another")
    requests = [*CHECKED, *INDEXED, "head incoming", "put history", "put results"]
    assert found == ({"recognized": 1}, requests, 1)
    assert len(found[1]) == 8


def test_a_replaced_failure_takes_one_request_more(counter: RequestCounter, image: bytes) -> None:
    counter.upload("a.png", BAD)
    found = counter.upload("a.png", image)
    requests = [*CHECKED, *INDEXED, "head incoming", "delete failures", "put results"]
    assert found == ({"recognized": 1}, requests, 1)


def test_an_object_that_is_gone_takes_one_request(counter: RequestCounter, image: bytes) -> None:
    found = counter.deliver("incoming/gone.png", image)
    assert found == ({"gone": 1}, ["identify incoming"], 0)


def test_an_object_that_is_no_input_takes_none(counter: RequestCounter, image: bytes) -> None:
    assert counter.deliver("elsewhere/a.png", image) == ({"ignored": 1}, [], 0)
