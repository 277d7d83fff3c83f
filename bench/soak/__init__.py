"""The soak: thousands of uploads under faults, and an account of what became of each."""
