"""Entry point of `python -m ops.drawing`."""

import sys

from .cli import app
from .fonts import FontsMissingError

try:
    app(prog_name="python -m ops.drawing")
except FontsMissingError as error:
    sys.exit(str(error))
