"""An upload's event imports the modules that it needs, and none of the API."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.paths import HANDLER, ROOT

PROGRAM = """
import sys, index
from quota_invoice.events.parse import parse
parse({"httpMethod": "GET"})
print(sorted(name for name in sys.modules if f"{name}.".startswith(("quota_invoice.api.", "PIL."))))
"""


def test_an_upload_imports_no_part_of_the_api() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, check=True, cwd=HANDLER, capture_output=True, text=True)  # noqa: S603 - the program above
    assert done.stdout.strip() == "[]"


DATA_CLASSES = """
import sys, index
names = [name for name in sys.modules if name.startswith("quota_invoice")]
print(len(names) > 50, [name for name in names if hasattr(sys.modules[name], "dataclass")])
"""


def test_no_module_of_a_cold_start_has_a_data_class() -> None:
    """A data class needs the module ``inspect``. Its import takes longer than any own module."""
    command = [sys.executable, "-c", DATA_CLASSES]
    done = subprocess.run(command, check=True, cwd=HANDLER, capture_output=True, text=True)  # noqa: S603 - the program above
    assert done.stdout.strip() == "True []"


UPLOAD = """
from tests.support.announce import announce
from tests.support.context import Context
import index
print(index.handler(announce("other/a.jpg"), Context({"OBS_BUCKET": "invoices"})))
"""


def test_an_instance_that_was_not_initialized_starts_with_its_first_event() -> None:
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(ROOT)!r})\n{UPLOAD}"]
    done = subprocess.run(command, check=True, cwd=HANDLER, capture_output=True, text=True)  # noqa: S603 - the program above
    assert done.stdout.splitlines()[-1] == "{'ignored': 1}"


START = """
from tests.support.context import Context
import index
index.initializer(Context({}))
"""


@pytest.mark.parametrize("place", ["package", "runtime"])
def test_the_first_line_of_the_log_tells_which_requests_is_used(tmp_path: Path, place: str) -> None:
    """The runtime has one of its own, and no document says which of them comes first."""
    for path in HANDLER.iterdir():
        (tmp_path / path.name).symlink_to(path)
    if place == "package":
        (tmp_path / "requests").symlink_to(Path(requests.__file__).parent)
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(ROOT)!r})\n{START}"]
    done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)  # noqa: S603 - as above
    line = json.loads(done.stdout)
    assert line["step"] == "start"
    assert line["libraries"] == {"requests": f"{requests.__version__} of the {place}"}
