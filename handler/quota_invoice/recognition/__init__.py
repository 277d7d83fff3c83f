"""From an object to the OCR service's result: API, fallback, further attempts."""
