"""The ledger: one row per invoice, as a workbook, CSV, JSON lines or Parquet."""
