"""Measures the function's own time in API requests, with an OCR service that responds at once."""
