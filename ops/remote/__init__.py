"""Working with a deployed stage by the official SDKs: invoke, logs, smoke.

The address of every service can be another: ``endpoints`` in ``stages/<stage>.yaml``, by the same
names that the template has (``fgs``, ``lts``, ``obs``).
"""
