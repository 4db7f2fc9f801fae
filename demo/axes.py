"""Where an axis of a graph ends, and how its values and times are written."""

import math
from datetime import UTC, datetime


def nice(largest: float) -> float:
    """Where an axis ends: one digit and zeros, a tenth above the largest value or more."""
    if largest <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(largest * 1.1))
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= largest * 1.1)


def short(value: float) -> str:
    """1500000 is 1.5M."""
    size, letter = next(((size, letter) for size, letter in ((1e6, "M"), (1e3, "k")) if value >= size), (1, ""))
    return f"{value / size:g}{letter}"


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")
