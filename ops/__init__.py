"""Tools for operators: package, deploy, invoke, logs, smoke test and backfill."""

from local import end_interrupts_with_a_line

end_interrupts_with_a_line()
