"""The rules that hold after each history."""
