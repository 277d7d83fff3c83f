"""The function's runtime: instances that call the entry points as the platform does."""

from .errors import FunctionError, FunctionTimeout
from .runtime import Function, Runtime

__all__ = ["Function", "FunctionError", "FunctionTimeout", "Runtime"]
