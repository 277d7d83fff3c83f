"""What is deployed: the function and its pinned packages as one zip, the same from the same inputs.

``python -m ops.package build`` makes it, ``python -m ops.package check`` runs it with nothing else
on the path; ``left-out.yaml`` says what is not in it, and why.
"""
