"""From lines of text to the fields of an invoice."""
