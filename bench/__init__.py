"""Benchmarks, the soak test, and the drawing of invoices for them and for the samples."""

from local import end_interrupts_with_a_line

end_interrupts_with_a_line()
