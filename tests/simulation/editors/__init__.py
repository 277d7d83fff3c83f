"""Histories in which two people review records while the function and the sweep go on.

    plans    the actions of a history, from a seed
    editor   an editor with a browser and a server: sees an invoice, thinks, decides, tries again
    history  runs a plan, and notes what the editors were shown and told
    rules    the rules: no decision lost, none applied to another content or reading, each conflict
             shown until somebody decides, duplicates by the corrected values

The bucket, the function and its faults are those of ``tests.simulation``. A corrected number tells
for which paper of which content an editor wrote it.

``SIMULATION_HISTORIES`` and ``SIMULATION_SEED`` do as for ``tests.simulation``.
"""
