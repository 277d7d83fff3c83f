"""Tools for operators: package, deploy, invoke, logs, smoke test and backfill."""
