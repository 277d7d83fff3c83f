"""Random numbers that depend only on the seed, not on the machine or the Python version."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Rng = np.random.Generator
T = TypeVar("T")


def rng_for(name: str, seed: int) -> Rng:
    """Return the random generator of one drawing, independent of other names and seeds."""
    # hash() of a string differs between Python processes.
    return np.random.default_rng([zlib.crc32(name.encode()), seed])


def pick(rng: Rng, choices: Sequence[T]) -> T:
    """Return one of the choices, all equally likely."""
    return choices[int(rng.integers(len(choices)))]


def happens(rng: Rng, probability: float) -> bool:
    """Return True with the given probability."""
    return bool(rng.random() < probability)


def between(rng: Rng, low: float, high: float) -> float:
    """Return a number from the interval."""
    return float(rng.uniform(low, high))


def either_sign(rng: Rng, low: float, high: float) -> float:
    """Return a number whose absolute value lies in the interval, with a random sign."""
    return between(rng, low, high) * (1 if happens(rng, 0.5) else -1)


def digits(rng: Rng, count: int) -> str:
    """Return ``count`` random decimal digits."""
    return "".join(str(digit) for digit in rng.integers(0, 10, count))
