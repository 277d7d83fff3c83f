"""The OCR service: the only package that knows the OCR SDK."""
