"""The JSON that is written beside an input: record and failure record."""
