"""The keys of inputs and records, from the function's own bucket layout."""

from quota_invoice.settings.layout import Keys

LAYOUT = Keys("incoming/", "results/", "failures/")
record_key, failure_key, input_key = LAYOUT.result, LAYOUT.failure, LAYOUT.source
