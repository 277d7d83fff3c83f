"""Pure rules: the meaning of code, number, place and amount."""
