"""Folders of the repository that tests read."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
HANDLER = ROOT / "handler"
SAMPLES = ROOT / "samples"
HEIC = ROOT / "ops" / "package" / "sample.heic"  # the sample shanghai-10-yuan-clean
EVENTS = ROOT / "events"
# Photographs that are not part of the repository; tests of them are skipped where they are absent.
PHOTOS = ROOT.parent / "shared" / "invoices"
# Field cases: likewise.
CASES = ROOT.parent / "shared" / "cases"
