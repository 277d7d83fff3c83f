"""The requests about one input, as lines of text, to find out the reason of a figure."""

from __future__ import annotations

from itertools import count

from bench.soak.observations import Observations


def timeline(observed: Observations, key: str) -> list[str]:
    """Return the uploads, requests and sweeps that concern an input, in order of their time.

    Invocations have numbers, and contents the number of their upload. No line holds a signature.
    """
    numbers = count(1)
    callers: dict[str, int] = {}
    contents = {etag: number for number, etag in enumerate(observed.log.contents[key], 1)}
    uploads = observed.uploaded.get(key, [])
    start = uploads[0][0] if uploads else 0.0
    changes = {id(change.exchange): change for change in observed.log.changes[key]}
    lines = [(when, f"upload of content {contents[etag]}") for when, etag in uploads]
    lines += [
        (sweep.began, f"sweep, retry_failed {sweep.retry_failed}") for sweep in observed.sweeps
    ]
    for one in observed.log.exchanges[key]:
        if one.caller and one.caller not in callers:
            callers[one.caller] = next(numbers)
        change = changes.get(id(one))
        etag = change.etag if change else one.etag
        parts = (
            f"{one.operation} {one.key}",
            f"content {contents[etag]}" if etag in contents else "",
            f"invocation {callers[one.caller]}" if one.caller else "",
            f"status {one.status} after {one.served - one.began:.2f} s" if one.served else "",
            f"fault {one.fault}" if one.fault else "",
        )
        lines.append((one.began, ", ".join(part for part in parts if part)))
    return [f"{when - start:8.2f} s  {text}" for when, text in sorted(lines)]
