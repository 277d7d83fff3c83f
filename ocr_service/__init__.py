"""A stand-in for the Quota Invoice OCR service, over a real OCR engine."""
