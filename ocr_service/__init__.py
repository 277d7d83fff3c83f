"""A server with the API of Quota Invoice OCR, using a local OCR engine."""
