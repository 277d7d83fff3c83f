"""Configuration: settings, the bucket's layout, credentials."""
