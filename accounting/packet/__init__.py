"""The packet that is filed: paste sheets, the workbook, and the originals under readable names."""
