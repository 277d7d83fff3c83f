"""The actions of a history: uploads and their events, deletions, sweeps, API calls, outages."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.simulation.contents import IMAGES, PDFS, Content
from tests.simulation.world import LAYOUT, Rates

# Names and how often they are drawn: one is the beginning of another, one cannot be read, and the
# records of one do not have its path.
LONG_NAME = "x" * 990
_NAMES = {"a.jpg": 6, "b.pdf": 3, "a.jpg-b": 2, "c/../d.jpg": 1, f"{LONG_NAME}.jpg": 1, "e.jpg": 1}
KEYS = tuple(f"{LAYOUT.input_prefix}{name}" for name in _NAMES)
_OUTAGES = ("OCR refuses", "OCR is down", "bucket refuses")
_MINUTE, _HOUR = 60.0, 3600.0
_SHARED_EVENTS = 0.1  # the share of events that announce two uploads


@dataclass(frozen=True)
class Action:
    """Something that begins at a time.

    Attributes:
        name: identifies it within its history.
        at: seconds since the beginning.
        kind: such as ``upload``.
        key: the input; empty where there is none.
        content: of an upload.
        seconds: length of an outage, or an invocation's time limit.
        text: the outage's name, a sweep's kind, the uploads that an event announces.
    """

    name: str
    at: float
    kind: str
    key: str = ""
    content: Content | None = None
    seconds: float = 0.0
    text: str = ""

    @property
    def data(self) -> bytes:
        """The bytes of an upload."""
        return self.content.data if self.content else b""

    def __str__(self) -> str:
        content = self.content.name if self.content else ""
        details = " ".join(filter(None, (self.key, content, self.text)))
        return f"{self.at:10.2f}  {self.name}: {self.kind} {details}"


@dataclass(frozen=True)
class Plan:
    """A history before it runs.

    Attributes:
        seed: the seed of all chance.
        rates: how often steps meet faults.
        skew: seconds by which the bucket's clock differs.
        versioned: whether the bucket keeps versions.
        auto: whether images go to Auto Classification.
        actions: all actions.
    """

    seed: int
    rates: Rates
    skew: float
    versioned: bool
    auto: bool
    actions: tuple[Action, ...]


def make_plan(seed: int) -> Plan:
    """Return the plan of a seed."""
    rng = random.Random(seed)
    rates = Rates(
        crash=rng.choice((0.0, 0.0, 0.01, 0.03)),
        store=rng.choice((0.0, 0.0, 0.03, 0.1)),
        write=rng.choice((0.0, 0.0, 0.2, 0.6)),
        ocr=rng.choice((0.0, 0.0, 0.05, 0.2)),
    )
    planner = _Planner(rng)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        planner.add_episode()
    actions = tuple(sorted(planner.actions, key=lambda action: action.at))
    versioned, auto = rng.random() < 0.25, rng.random() < 0.25
    return Plan(seed, rates, rng.uniform(-2, 2), versioned, auto, actions)


class _Planner:
    """Draws actions, episode by episode; hours may pass between two episodes."""

    def __init__(self, rng: random.Random) -> None:
        self.actions: list[Action] = []
        self._rng = rng
        self._now = 10.0
        self._length = 0.0
        # In half of the histories, everything happens to one input within seconds.
        self._is_narrow = rng.random() < 0.5
        count = 1 if self._is_narrow else rng.choice((2, 3, 6))
        drawn = rng.choices(KEYS, tuple(_NAMES.values()), k=count)
        self._keys = sorted(set(drawn))
        self._contents = {
            key: rng.choices(PDFS if key.endswith(".pdf") else IMAGES, k=2) for key in self._keys
        }
        self._busy = 0.0  # the time of the last upload to any key
        self._last_upload = ""

    def add_episode(self) -> None:
        rng = self._rng
        self._length = rng.choice((3.0, 10.0, 40.0))
        for _ in range(rng.choice((2, 3, 4) if self._is_narrow else (1, 2, 3))):
            self._add_upload(rng.choice(self._keys))
        for kind, share in (("delete", 0.15), ("outage", 0.2), ("get", 0.3), ("list", 0.2)):
            if rng.random() < share:
                self._add(kind, key=rng.choice(self._keys))
        for kind in ("post", "sweep"):
            for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
                self._add(kind, key=rng.choice(self._keys))
        if rng.random() < 0.1:
            self._add("signed upload", content=rng.choice(IMAGES))
        if rng.random() < 0.04:
            self._add_sweeps_of_days()
        gap = rng.choice((30.0, 20 * _MINUTE, 2 * _HOUR, 26 * _HOUR))
        self._now += self._length + gap

    def _add_sweeps_of_days(self) -> None:
        """Let an input be out of reach for days, while sweeps try it until they give up."""
        archived = f"archived {self._rng.choice(self._keys)}"
        self._add("outage", text=archived, seconds=self._rng.choice((1, 30)) * 24 * _HOUR)
        for wait in (0.0, 0.3, 2.0, 8.0, 40.0, 80.0):
            self._now += self._length + wait * _HOUR
            self._add("sweep")

    def _add_upload(self, key: str) -> None:
        rng = self._rng
        # Uploads to one key lie more than a second apart, the resolution of last-modified.
        at = max(self._busy + 1.01, self._now)
        at = self._busy = at + rng.choice((0.0, rng.uniform(0, 1), rng.uniform(0, 5)))
        content = rng.choice(self._contents[key])
        upload = self._add("upload", key=key, content=content, at=at)
        names = upload.name
        if self._last_upload and rng.random() < _SHARED_EVENTS:
            names = f"{self._last_upload} {names}"
        self._last_upload = upload.name
        for _ in range(rng.choice((0, 1, 1, 1, 1, 2))):
            late = rng.choice((0.1, 0.5, rng.uniform(0, 5), rng.uniform(0, 60)))
            self._add("event", key=key, text=names, at=at + late)

    def _add(
        self,
        kind: str,
        *,
        key: str = "",
        content: Content | None = None,
        text: str = "",
        at: float | None = None,
        seconds: float = 0.0,
    ) -> Action:
        rng = self._rng
        if at is None:
            at = self._now + rng.uniform(0, self._length)
        seconds = seconds or rng.choice((20.0, 60.0))
        if kind == "outage" and not text:
            text, seconds = rng.choice(_OUTAGES), rng.choice((5.0, 60.0, _HOUR))
        if kind == "sweep":
            text, seconds = rng.choice(("", "", "", "retry_failed", "verify")), 2 * seconds
        name = f"{kind}{len(self.actions)}"
        action = Action(name, at, kind, key, content, seconds, text)
        self.actions.append(action)
        return action
