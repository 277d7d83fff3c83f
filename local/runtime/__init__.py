"""The function runtime: instances that call the entry points as the platform does."""

from local.runtime.delivery_faults import DeliveryFaults
from local.runtime.errors import Discarded, FunctionError, FunctionTimeout
from local.runtime.function import AsyncConfig, Function
from local.runtime.runtime import Runtime, Watch

__all__ = [
    "AsyncConfig",
    "DeliveryFaults",
    "Discarded",
    "Function",
    "FunctionError",
    "FunctionTimeout",
    "Runtime",
    "Watch",
]
