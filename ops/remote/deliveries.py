"""The invocations that an upload caused, counted in the function's log.

If EventGrid ignored the filter of the subscription, every record that the function writes would be
announced to the function too. It ignores such events, and its log names their keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from quota_invoice.settings.layout import BucketLayout


@dataclass(frozen=True)
class Deliveries:
    """Invocations by uploads, from one piece of the log.

    Attributes:
        of_key: invocations that one input's uploads caused.
        of_outputs: invocations that the function's own output caused: records and the like.
    """

    of_key: int
    of_outputs: int

    @property
    def conclusion(self) -> str:
        """A sentence on the filter of upload events."""
        if not self.of_key:
            return "the log does not show the upload yet: nothing is known of the event filter"
        if self.of_outputs:
            return (
                f"the event filter is ignored: the function's own output caused "
                f"{self.of_outputs} more invocations (see docs/operations.md)"
            )
        return "the event filter works: no output of the function caused an invocation"


def count_deliveries(lines: Iterable[str], key: str, layout: BucketLayout) -> Deliveries:
    """Count the invocations that an input and the function's own output caused.

    >>> line = '{"request_id": "%s", "step": "upload", "key": "%s"}'
    >>> lines = [line % ("1", "incoming/a.jpg"), line % ("2", "results/a.jpg.json")]
    >>> from quota_invoice.settings.layout import DEFAULT_LAYOUT
    >>> count_deliveries(lines, "incoming/a.jpg", DEFAULT_LAYOUT)
    Deliveries(of_key=1, of_outputs=1)
    """
    of_key, of_outputs, sweeps = set(), set(), set()
    for text in lines:
        try:
            fields = json.loads(text[text.index("{") :])
        except ValueError:
            continue
        if not isinstance(fields, dict):
            continue
        found, request = str(fields.get("key", "")), str(fields.get("request_id", ""))
        # A retry logs the same step; each invocation counts once, and those of sweeps do not.
        if fields.get("step") == "sweep":
            sweeps.add(request)
        elif fields.get("step") != "upload":
            continue
        elif found == key:
            of_key.add(request)
        elif found.startswith(layout.output_prefixes):
            of_outputs.add(request)
    return Deliveries(len(of_key - sweeps), len(of_outputs))
