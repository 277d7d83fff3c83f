"""Tests of the review page: a package, so that their browser ends with the last of them.

Without this file, a fixture of the scope "package" would live to the end of the run.
"""
