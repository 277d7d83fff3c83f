"""Files that tests upload."""
