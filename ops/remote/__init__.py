"""Works with a deployed stage through the official SDKs: invoke, logs, smoke test.

``endpoints`` in ``stages/<stage>.yaml`` changes the endpoint of a service, by the same names as in
the template (``fgs``, ``lts``, ``obs``).
"""
