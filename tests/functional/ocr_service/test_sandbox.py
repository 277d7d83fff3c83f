"""The decoding processes: files that exceed the limits, and recovery."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bench.attacks.nested_forms import nested_forms
from ocr_service.decode import sandbox
from ocr_service.decode.decoder import LIMIT_EXCEEDED
from ocr_service.decode.sandbox import Sandbox
from ocr_service.errors import BAD_FORMAT, BAD_SIZE, INTERNAL, ApiError, Code
from ocr_service.http.limits import WeightedSemaphore
from tests.support import bombs


def png(width: int = 40, height: int = 30) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "white").save(file, "PNG")
    return file.getvalue()


def refusal(of: Sandbox, data: bytes, page: int | None = None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        of.decode(data, page)
    return caught.value


def processes(of: Sandbox) -> list[int]:
    return sorted(one._process.pid for one in of._all)  # noqa: SLF001 - no public access


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_decoded() -> None:
    box = Sandbox(1, seconds=0.5)
    assert box.decode(png()).shape == (30, 40, 3)
    before = processes(box)
    started = time.monotonic()
    refused = refusal(box, nested_forms(6), 1)
    assert (refused.code, refused.detail) == (BAD_FORMAT, LIMIT_EXCEEDED)
    assert 0.4 < time.monotonic() - started < 10
    assert processes(box) == []  # ended
    assert box.decode(png()).shape == (30, 40, 3)
    assert processes(box) != before
    box.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit memory")
def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_decoded() -> None:
    box = Sandbox(1, seconds=20, memory=60 << 20)
    refused = refusal(box, png(4096, 4096))  # 64 MB as Pillow keeps it
    assert (refused.code, refused.detail) == (BAD_FORMAT, LIMIT_EXCEEDED)
    assert box.decode(png()).shape == (30, 40, 3)
    box.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_killed_or_hung_process_is_not_the_file_s_fault(number: int) -> None:
    box = Sandbox(1, seconds=0.5)
    box.decode(png())
    (pid,) = processes(box)
    with pytest.raises(ApiError) as caught:
        box.decode(png(), before_decode=lambda _area: os.kill(pid, number))
    assert caught.value.code is INTERNAL
    assert box.interrupted == 1
    assert box.decode(png()).shape == (30, 40, 3)
    box.close()


def test_a_crash_of_the_decoder_is_the_file_s_fault() -> None:
    box = Sandbox(1, seconds=20)
    box.decode(png())
    (pid,) = processes(box)
    with pytest.raises(ApiError) as caught:
        box.decode(png(), before_decode=lambda _area: os.kill(pid, signal.SIGSEGV))
    assert (caught.value.code, box.interrupted) == (BAD_FORMAT, 0)
    box.close()


@pytest.mark.parametrize(("side", "code"), [(4096, None), (4112, BAD_SIZE), (20_000, BAD_SIZE)])
def test_tiles_up_to_the_largest_image_are_decoded(side: int, code: Code | None) -> None:
    box = Sandbox(1, seconds=20)
    data = bombs.tiff_tile(side)
    if code is None:
        assert box.decode(data).shape == (100, 100, 3)
    else:
        assert refusal(box, data).code is code
    box.close()


@pytest.mark.parametrize("library", ["numpy", "pypdfium2"])
def test_a_decoding_process_starts_without_libraries_that_images_do_not_need(library: str) -> None:
    code = f"import sys, ocr_service.decode.sandbox_worker; sys.exit('{library}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - this Python


def test_a_process_decodes_one_file_after_another() -> None:
    box = Sandbox(2, seconds=20)
    box.warm_up()
    before = processes(box)
    with ThreadPoolExecutor(2) as pool:
        assert {one.shape for one in pool.map(box.decode, [png()] * 20)} == {(30, 40, 3)}
    refusal(box, b"no image")
    assert processes(box) == before
    box.close()
    assert not [one for one in before if Path(f"/proc/{one}").exists()]


def test_a_process_is_replaced_after_its_maximum_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_FILES", 2)
    box = Sandbox(1, seconds=20)
    box.decode(png())
    before = processes(box)
    box.decode(png())
    assert before != processes(box)
    assert box.decode(png()).shape == (30, 40, 3)
    box.close()


def test_closing_ends_current_decoding() -> None:
    box = Sandbox(1, seconds=60)
    box.warm_up()
    started = time.monotonic()
    timer = threading.Timer(0.5, box.close)
    timer.start()
    refusal(box, nested_forms(6), 1)
    assert time.monotonic() - started < 20
    timer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_inherits_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTA_OCR_SK", "S3CRET")
    box = Sandbox(1, seconds=20)
    box.decode(png())
    (pid,) = processes(box)
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"PATH=" in environ
    assert b"S3CRET" not in environ
    box.close()


def test_the_number_of_pixels_is_reported_before_decoding() -> None:
    box = Sandbox(1, seconds=20)
    areas: list[int] = []
    box.decode(png(50, 60), before_decode=areas.append)
    box.decode(nested_forms(1), 1, before_decode=areas.append)
    refusal(box, png(10, 10))
    assert areas == [3000, 1_851_852]
    box.close()


def test_weights_stay_within_the_limit_and_heavier_holders_run_alone() -> None:
    room, now, most = WeightedSemaphore(10), [0], [0]
    lock = threading.Lock()

    def use(much: int) -> None:
        with room.hold(much):
            with lock:
                now[0] += much
                most[0] = max(most[0], now[0])
            time.sleep(0.01)
            with lock:
                assert much <= 10 or now[0] == much
                now[0] -= much

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, [3, 4, 5, 25, 1, 10, 2, 2] * 4))
    assert 10 <= most[0] <= 25
    assert now == [0]
