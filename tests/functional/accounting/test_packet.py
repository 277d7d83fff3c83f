"""The command that makes a packet, on the local cloud."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pypdfium2
from typer.testing import CliRunner

from accounting.__main__ import app
from local.cloud import Cloud
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce

FILED, COPY, FAILED = "incoming/2026/a.png", "incoming/2026/b.png", "incoming/2026/李 a+b%.png"


def test_a_packet_has_the_invoices_that_the_function_has_read(
    cloud: Cloud, run: Run, objects: Objects, image: bytes, tmp_path: Path
) -> None:
    for key, content in ((FILED, image), (COPY, image), (FAILED, image[:2000])):
        run.invoke(announce(key, objects.put(key, content)))
    env, out = tmp_path / "up.env", tmp_path / "packet.zip"
    env.write_text("".join(f"{name}={value}\n" for name, value in cloud.environment().items()))
    arguments = ["packet", "--batch", "2026/", "--out", str(out), "--env", str(env)]
    done = CliRunner().invoke(app, [*arguments, "--cache", str(tmp_path / "cache")])
    assert done.exit_code == 0, done.output
    [found] = objects.record("results/2026/a.png.json")["invoices"]
    assert "filed: 1 invoices" in done.output
    with ZipFile(out) as zipped:
        [original] = [name for name in zipped.namelist() if name.startswith("originals/")]
        assert zipped.read(original) == image
        with pypdfium2.PdfDocument(zipped.read("paste-sheets-001.pdf")) as file:
            cover, sheet = (page.get_textpage().get_text_range() for page in file)
    amount = found["amount"]
    assert f"_{found['code']}_{found['number']}_{amount['value']}.png" in original
    assert f"大写 In words：人民币{amount['words']}" in cover
    assert "重复 Duplicate：1" in cover
    assert "识别失败 Failed：1" in cover
    assert FAILED in cover
    assert found["number"] in sheet
    assert cloud.environment()["HW_SECRET_KEY"] not in done.output
