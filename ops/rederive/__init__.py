"""The present rules, applied to the records of a bucket from an operator's machine."""
