"""Runs the ledger's query in Spark: ``python on_spark.py TABLES QUERY OUT``; all are paths."""

from __future__ import annotations

import sys
from pathlib import Path


def main(tables: Path, query: Path, out: Path) -> None:
    from pyspark.sql import SparkSession  # noqa: PLC0415 - collecting doctests does without it

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    for table in tables.glob("*.parquet"):
        spark.read.parquet(str(table)).createOrReplaceTempView(table.stem)
    spark.sql(query.read_text(encoding="utf-8")).write.parquet(str(out))
    spark.stop()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
