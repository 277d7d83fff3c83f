"""One invoice: its image beside its fields, and the decisions on it."""
