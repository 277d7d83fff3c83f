"""The formats of files: telling, counting pages, splitting, converting; without any request."""
