"""The soak: thousands of uploads under faults, and an count_ocr_calls of what became of each."""
