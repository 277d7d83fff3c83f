"""Deploys a stage into an account and destroys it: render, engine, plan, apply.

``template.yaml`` declares the resources, and ``stages/<stage>.yaml`` sets their variables. Only the
environment holds credentials (``HW_ACCESS_KEY``, ``HW_SECRET_KEY``, ``HW_SECURITY_TOKEN``).
"""
