"""The layers of the function; ``docs/design.md`` describes them."""

from __future__ import annotations

# The folders and modules of handler/quota_invoice from the top: each imports from lower layers.
# All modules that are not named here form the layer SINGLE.
SINGLE = "the other single modules"
LAYERS = (
    "api",
    "sweep",
    "uploads",
    "pipeline",
    "records",
    "reviews",
    "ocr",
    "recognition",
    "obs",
    "events",
    "settings",
    "retry",
    "sockets",
    "deadline",
    "logs",
    "errors",
    SINGLE,
    "invoice",
)
