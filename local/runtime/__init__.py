"""The function's runtime: instances that call the entry points as the platform does."""

from .errors import Discarded, FunctionError, FunctionTimeout
from .function import AsyncConfig, Function
from .runtime import Runtime, Watch
from .weather import Weather

__all__ = [
    "AsyncConfig",
    "Discarded",
    "Function",
    "FunctionError",
    "FunctionTimeout",
    "Runtime",
    "Watch",
    "Weather",
]
