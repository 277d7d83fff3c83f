"""An upload's event imports the modules that it needs, and none of the API."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import HANDLER

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
