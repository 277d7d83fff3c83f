"""Tests of the accounting commands; the one that needs Java runs when it is asked for."""

from __future__ import annotations

import os

# `make test-spark` sets it, and installs 450 MB of packages.
collect_ignore = [] if os.environ.get("TEST_SPARK") else ["test_spark.py"]
