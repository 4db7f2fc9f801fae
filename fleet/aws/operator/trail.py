"""What CloudTrail recorded of a Region's calls, by their names: 90 days of it. Changes nothing."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from botocore.config import Config

from fleet.access import Access
from fleet.aws import session

PAUSE = 0.5  # seconds between two calls: LookupEvents takes two a second (API reference, LookupEvents, 2026-11)
MOST_PAGES = 120  # of 50 events, for each name: a minute


def client(access: Access) -> Any:
    """A CloudTrail client; its stubs are not among the pinned ones."""
    return session.client(access, "cloudtrail", Config(connect_timeout=10, read_timeout=30))


def events(
    cloudtrail: Any, names: Sequence[str], start: datetime, pause: Callable[[float], None] = time.sleep
) -> tuple[list[Mapping[str, Any]], str]:
    """The events of these names since then, as LookupEvents gives them, and what of them was left out.

    Raises botocore's ClientError.
    """
    found: list[Mapping[str, Any]] = []
    left_out = ""
    for name in names:
        page: Mapping[str, Any] = {}
        for page in islice(_pages(cloudtrail, name, start, pause), MOST_PAGES):
            found += page["Events"]
        if page.get("NextToken"):
            left_out = f"CloudTrail has more than {len(found)} events of {name}: the oldest of them were not read"
    return found, left_out


def _pages(cloudtrail: Any, name: str, start: datetime, pause: Callable[[float], None]) -> Iterator[Mapping[str, Any]]:
    wanted = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
        "StartTime": start,
        "MaxResults": 50,
    }
    token: str | None = ""
    while token is not None:
        pause(PAUSE)
        page = session.patiently(partial(cloudtrail.lookup_events, **wanted, **({"NextToken": token} if token else {})))
        yield page
        token = page.get("NextToken") or None
