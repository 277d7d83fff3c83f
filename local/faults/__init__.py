"""Faults on purpose: proxies between the function and its services, and what happens in them."""

from .exchange import Exchange
from .faults import FAULTS, Faults
from .proxy import Proxy
from .services import BUCKET, OCR, OPERATIONS

__all__ = ["BUCKET", "FAULTS", "OCR", "OPERATIONS", "Exchange", "Faults", "Proxy"]
