"""Injected faults: proxies between the function and its services."""

from local.faults.exchange import Exchange
from local.faults.faults import FAULTS, LATE, Fault, Faults
from local.faults.proxy import Proxy
from local.faults.services import BUCKET, OCR, OPERATIONS

__all__ = ["BUCKET", "FAULTS", "LATE", "OCR", "OPERATIONS", "Exchange", "Fault", "Faults", "Proxy"]
