"""A deterministic simulation of the function's world.

The real code of the function runs on a simulated bucket, OCR service, platform and clock. Each
request to bucket or OCR is a step. The seed of a history decides how long each step takes, and so
who goes on: uploads, overwritings, deletions, events that are late, double or lost, sweeps, API
callers, crashes and time-outs meet in any order. After the end of each history, ``rules`` compares
the bucket with the rules that the function promises.

    scheduler   tasks on simulated time, one at a time
    contents    the contents of inputs, and the OCR result of each
    bucket      the bucket and the function's connection to it
    ocr         the OCR service
    invocation  an invocation of the function: its time limit, its steps, its faults, its end
    world       clock, bucket, outages, people, and the record of all that happened
    plans       the actions of a history, from a seed
    history     runs a plan
    rules/      the rules: causes, the causes that explain a further reading of one content;
                duplicates, those of the index; checks, all others
    editors/    histories in which people review records meanwhile
    shrinking   removes actions and faults from a failing history while it still fails

``SIMULATION_HISTORIES=100000`` sets the number of histories of ``test_histories``. A history that
breaks a rule is printed in its smallest form; ``SIMULATION_SEED=7`` runs that of one seed again,
and ``pytest -s`` shows all of its steps.

Why a scheduler of our own, and not hypothesis' stateful testing: the interleavings lie *inside*
the code under test, between two requests of one call. Stateful testing calls rules one after the
other and shrinks their list; the interleavings would have to be decisions drawn within a rule, in
threads or greenlets all the same, and each drawn decision costs more than a simulated request.
Here each action has a random stream of its own, so that a history from which an action is removed
goes on as before in its other parts, and shrinking is deletion.
"""
