"""Compares the deployed code with the zip, and uploads the zip again if they differ.

The provider notes the new code in the state even if its upload fails. The next plan then finds no
changes, while the former code runs.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from huaweicloudsdkfunctiongraph.v2 import (
    FuncCode,
    FunctionGraphClient,
    ShowFunctionConfigRequest,
    UpdateFunctionCodeRequest,
    UpdateFunctionCodeRequestBody,
)

from ops.errors import OpsError
from ops.sdk.clients import stage_client
from ops.sdk.errors import readable_errors
from ops.stage import Stage

_SERVICE = "FunctionGraph"


def code_differs(stage: Stage, urn: str, code: Path) -> bool:
    """Whether the deployed code is another than the zip's.

    Raises:
        OpsError: FunctionGraph refused the request, was not reached, or gave no digest.
    """
    with readable_errors(_SERVICE):
        found = _client(stage, urn).show_function_config(ShowFunctionConfigRequest(urn))
    if not found.digest:
        raise OpsError(f"{_SERVICE} gives no digest of the deployed code: is it {code}?")
    # The digest is the SHA-512 of the zip.
    return str(found.digest).lower() != hashlib.sha512(code.read_bytes()).hexdigest()


def upload_code(stage: Stage, urn: str, code: Path) -> None:
    """Replace the deployed code by the zip, and check that it was replaced.

    Raises:
        OpsError: FunctionGraph refused the code, was not reached, or still has another code.
    """
    body = UpdateFunctionCodeRequestBody(
        code_type="zip",
        code_filename="function.zip",
        func_code=FuncCode(file=base64.b64encode(code.read_bytes()).decode()),
    )
    with readable_errors(_SERVICE):
        _client(stage, urn).update_function_code(UpdateFunctionCodeRequest(urn, body=body))
    if code_differs(stage, urn, code):
        raise OpsError(f"the deployed code is not that of {code}, although it was uploaded again")


def _client(stage: Stage, urn: str) -> Any:  # noqa: ANN401 - the SDKs have no types
    return stage_client(FunctionGraphClient, stage, "fgs", "functiongraph", urn)
