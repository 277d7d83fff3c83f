"""The bucket: the only package that knows the OBS SDK; listings and metadata of objects."""
