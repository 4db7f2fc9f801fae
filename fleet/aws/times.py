"""Timestamps of AWS's answers, in UTC.

Botocore makes each of them local time by dateutil, which takes 60 microseconds: seconds, where CloudWatch gives a point
a day of every metric of a fleet.
"""

from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_timestamp


def read(value: Any) -> datetime:
    """As botocore reads it, for its parsers (botocore/parsers.py, 1.44), but for the time zone of a number."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    text: datetime = parse_timestamp(value)
    return text
