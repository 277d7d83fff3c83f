"""Support of the tests of ledgers."""
