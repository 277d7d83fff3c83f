"""The content and the print of a quota invoice."""
