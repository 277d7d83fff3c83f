"""Many callers of the API at once, with an OCR service that answers instantly: our own share."""
