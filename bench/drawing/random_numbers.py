"""Chance that a seed repeats, on every machine and every version of Python."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Rng = np.random.Generator
T = TypeVar("T")


def rng_for(name: str, seed: int) -> Rng:
    """The generator of one drawing; other names and other seeds are unrelated to it."""
    # Python's own hash() of a string differs from run to run.
    return np.random.default_rng([zlib.crc32(name.encode()), seed])


def pick(rng: Rng, choices: Sequence[T]) -> T:
    """One of the choices, each as likely as the others."""
    return choices[int(rng.integers(len(choices)))]


def happens(rng: Rng, share: float) -> bool:
    """True in that share of all calls."""
    return bool(rng.random() < share)


def between(rng: Rng, low: float, high: float) -> float:
    """A number from an interval."""
    return float(rng.uniform(low, high))


def either_sign(rng: Rng, low: float, high: float) -> float:
    """A number whose size lies in the interval, positive or negative."""
    return between(rng, low, high) * (1 if happens(rng, 0.5) else -1)


def digits(rng: Rng, count: int) -> str:
    """So many decimal digits, leading zeros included."""
    return "".join(str(digit) for digit in rng.integers(0, 10, count))
