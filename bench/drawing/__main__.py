"""Entry point of ``python -m bench.drawing``."""

import sys

from bench.drawing.cli import app
from bench.drawing.fonts import FontsMissingError

try:
    app(prog_name="python -m bench.drawing")
except FontsMissingError as error:
    sys.exit(str(error))
