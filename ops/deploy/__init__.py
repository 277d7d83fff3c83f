"""Deploys a stage into an account and destroys it: render, engine, plan, apply.

``template.yaml`` declares the resources, and ``stages/<stage>.yaml`` sets their variables. Neither
holds credentials: ``ops.credentials`` finds them, and the engine gets them in its environment.
"""
