"""`python -m ops.standin`: install the stand-in, or serve it, which Terraform does by itself."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path


def main(command: str, *arguments: str) -> None:
    """Run one of the two commands."""
    if command == "install":
        from ops.standin.install import install  # noqa: PLC0415 - each command its own packages

        folder, facts = map(Path, arguments)
        sys.stdout.write(f"{install(folder, facts)}\n")
        return
    import grpc  # noqa: PLC0415 - as above
    from tf import provider, runner  # noqa: PLC0415 - as above

    from ops.standin.servicer import Servicer  # noqa: PLC0415 - as above

    # A function's code is larger than what gRPC takes unless told otherwise.
    limits = [(f"grpc.max_{way}_message_length", -1) for way in ("receive", "send")]
    grpc.server = partial(grpc.server, options=limits)
    # The framework's servicer wants a class per resource; this one has a schema for all of them.
    provider.ProviderServicer = Servicer
    runner.run_provider(json.loads(Path(arguments[0]).read_bytes()), sys.argv)


if __name__ == "__main__":
    main(*sys.argv[1:])
