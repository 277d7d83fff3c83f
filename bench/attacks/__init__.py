"""Measures honest callers of the OCR service while others attack it."""
