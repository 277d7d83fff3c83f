"""The actions of a history with editors: few inputs, few contents, many decisions."""

from __future__ import annotations

import random

from tests.simulation.contents import IMAGES, PDFS, Content
from tests.simulation.plans import LONG_NAME, Action, Plan
from tests.simulation.world import LAYOUT, Rates

# One is the beginning of another, and the entries of one do not lie below its path.
_NAMES = ("a.jpg", "a.jpg-b", "b.pdf", f"{LONG_NAME}.jpg")
_READING = 15.0  # seconds after an upload, in which its event usually writes a record
_HOUR = 3600.0


def make_plan(seed: int) -> Plan:
    """Return the plan of a seed."""
    rng = random.Random(seed)
    rates = Rates(
        crash=rng.choice((0.0, 0.0, 0.02)),
        store=rng.choice((0.0, 0.0, 0.05)),
        write=rng.choice((0.0, 0.2, 0.6)),
        ocr=0.0,
    )
    actions = tuple(sorted(_actions(rng), key=lambda action: action.at))
    auto = rng.random() < 0.25
    return Plan(seed, rates, rng.uniform(-2, 2), versioned=False, auto=auto, actions=actions)


def _actions(rng: random.Random) -> list[Action]:
    planner = _Planner(rng)
    keys = [f"{LAYOUT.input_prefix}{name}" for name in rng.sample(_NAMES, rng.choice((1, 1, 2)))]
    for key in keys:
        planner.upload(key, 10.0 + rng.uniform(0, 5))
    start = 10.0 + _READING
    for _ in range(rng.choice((1, 1, 2))):
        length = rng.choice((2.0, 20.0, 200.0))
        for _ in range(rng.choice((1, 2, 3))):
            planner.edit(rng.choice(keys), start + rng.uniform(0, length))
        for kind, share in (("reread", 0.25), ("look", 0.7), ("post", 0.1), ("get", 0.2)):
            if rng.random() < share:
                planner.add(kind, start + rng.uniform(0, length), rng.choice(keys))
        if rng.random() < 0.3:
            planner.upload(rng.choice(keys), start + rng.uniform(0, length))
        if rng.random() < 0.5:
            planner.add("sweep", start + rng.uniform(0, 2 * length))
        start += length + rng.choice((60.0, _HOUR))
    return planner.actions


class _Planner:
    """Draws the details of actions."""

    def __init__(self, rng: random.Random) -> None:
        self.actions: list[Action] = []
        self._rng = rng
        self._contents: dict[str, list[Content]] = {}

    def upload(self, key: str, at: float) -> None:
        """Add an upload with its event, which may be lost; contents come back."""
        choices = PDFS[:1] if key.endswith(".pdf") else IMAGES
        contents = self._contents.setdefault(key, self._rng.choices(choices, k=2))
        upload = self.add("upload", at, key, self._rng.choice(contents))
        if self._rng.random() < 0.9:
            self.add("event", at + self._rng.uniform(0.1, 1), key, text=upload.name, seconds=60.0)

    def edit(self, key: str, at: float) -> None:
        """Add an editor who thinks for a while; often the other one does the same meanwhile."""
        editors = self._rng.sample(("Li", "Wang"), self._rng.choice((1, 2, 2)))
        seconds = self._rng.choice((0.5, 5.0, 60.0))
        for editor in editors:
            self.add("edit", at, key, text=editor, seconds=seconds)

    def add(
        self,
        kind: str,
        at: float,
        key: str = "",
        content: Content | None = None,
        *,
        text: str = "",
        seconds: float = 120.0,
    ) -> Action:
        name = f"{kind}{len(self.actions)}"
        action = Action(name, at, kind, key, content, seconds, text)
        self.actions.append(action)
        return action
