"""The soak test: thousands of uploads under faults, and the fate of each upload."""
