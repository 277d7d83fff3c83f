"""Putting a stage into an account, and taking it away: rendering, engine, plan, apply.

``template.yaml`` says what there is; ``stages/<stage>.yaml`` what is chosen; the environment
(``HW_ACCESS_KEY``, ``HW_SECRET_KEY``, ``HW_SECURITY_TOKEN``) holds the keys, and nothing else does.
"""
