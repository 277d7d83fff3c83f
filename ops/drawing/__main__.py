"""Entry point of `python -m ops.drawing`."""

from .cli import app

app(prog_name="python -m ops.drawing")
