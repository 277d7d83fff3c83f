"""``python -m ops.standin``: install the stand-in, or serve it (Terraform starts it)."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

_SCHEMA = Path(__file__).with_name("provider-schema.json")


def main(command: str, *arguments: str) -> None:
    """Run ``install FOLDER`` or ``serve``."""
    if command == "install":
        from ops.errors import OpsError  # noqa: PLC0415 - each command its own packages
        from ops.standin.install import install  # noqa: PLC0415 - as above

        try:
            sys.stdout.write(f"{install(Path(arguments[0]))}\n")
        except (OpsError, OSError) as error:
            sys.exit(f"error: {error}")
        return
    import grpc  # noqa: PLC0415 - as above
    from tf import provider, runner  # noqa: PLC0415 - as above

    from ops.standin.servicer import Servicer  # noqa: PLC0415 - as above

    # The function's zip is larger than gRPC's default limit.
    limits = [(f"grpc.max_{way}_message_length", -1) for way in ("receive", "send")]
    grpc.server = partial(grpc.server, options=limits)
    # The framework's own servicer requires a class per resource; this one reads the schema.
    provider.ProviderServicer = Servicer
    runner.run_provider(json.loads(_SCHEMA.read_bytes()), sys.argv)


if __name__ == "__main__":
    main(*sys.argv[1:])
