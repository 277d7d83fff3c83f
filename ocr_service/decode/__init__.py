"""From a file's bytes to pixels, in resource-limited subprocesses."""
