"""Tests talk to loopback, and end what they start, whoever runs them in whatever environment."""

from __future__ import annotations

import os
import signal

# Proxies and password files of whoever runs them are left out.
for name in list(os.environ):
    if name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ["NETRC"] = os.devnull
# A shell that runs them in the background has them, and so what they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
