"""Checks, in a real account, the assumptions that could not be tested without one.

Each check is a small function with its assumption and the reason for it. ``checks.py`` lists them;
``docs/operations.md`` shows the same list.
"""
