"""Runs a plan with editors."""

from __future__ import annotations

import json
import random
from typing import Any

from quota_invoice.invoice.duplicates import Appearance, identities
from tests.simulation.bucket import instant
from tests.simulation.editors.editor import Editor, Told
from tests.simulation.editors.rules import problems_now
from tests.simulation.history import History
from tests.simulation.invocation import Invocation
from tests.simulation.plans import Action
from tests.simulation.world import LAYOUT


class ReviewedHistory(History):
    """A history with editors.

    Attributes:
        told: what the editors were shown and told.
    """

    told: Told

    def _act(self, action: Action) -> None:
        match action.kind:
            case "edit":
                self._edit(action)
            case "reread":
                self._read_again(action)
            case "look":
                self.world.violations += problems_now(self.world, self.told, action.key)
            case _:
                super()._act(action)

    def run(self) -> Any:
        self.told = Told()
        return super().run()

    def _edit(self, action: Action) -> None:
        invocation = Invocation(self.world, action.name, float("inf"))
        self.invocations[action.name] = invocation
        editor = Editor(invocation, action.text, action.key, self.told)
        invocation.run(lambda: editor.work(action.seconds))

    def _read_again(self, action: Action) -> None:
        """Let the record be one of a later reading of the same content.

        It is that of a record that a person removed: the OCR service may miss an invoice, find
        them in another order, or misread a digit.
        """
        record_key = LAYOUT.record_key(action.key)
        record = self.world.bucket.record(record_key)
        if record is None:
            return
        rng = random.Random(f"{self.world.seed} {action.name}")
        invoices = record["invoices"]
        rng.shuffle(invoices)
        if len(invoices) > 1 and rng.random() < 0.5:
            invoices.pop()
        if rng.random() < 0.5:
            number = invoices[0]["number"]
            invoices[0]["number"] = ("5" if number[0] == "0" else "0") + number[1:]
        record["processed_at"] = instant(self.world.now).isoformat()
        source = record["source"]
        marker = json.dumps({"key": action.key, "etag": source["etag"]}).encode()
        own = Appearance(action.key, source["uploaded_at"])
        for itself in identities(invoices):
            self.world.bucket.put(LAYOUT.appearance_key(*itself, own), marker)
        self.world.bucket.put(record_key, json.dumps(record).encode())
        self.world.trace("function", f"reads {action.key} again")
