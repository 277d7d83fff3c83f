"""Packages the function and its pinned packages as one zip, reproducibly.

``python -m ops.package build`` makes the zip, ``python -m ops.package check`` runs it in isolation;
``left-out.yaml`` lists the files that are left out, with reasons.
"""
