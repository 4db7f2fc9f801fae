"""CloudTrail is asked page by page, no faster than it answers, and what was left out is said."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.aws.operator import trail

START = datetime(2027, 1, 1, tzinfo=UTC)


class CloudTrail:
    """So many pages of one event each, for every name."""

    def __init__(self, pages: int) -> None:
        self.pages, self.asked = pages, 0

    def lookup_events(self, **request: Any) -> dict[str, Any]:
        self.asked += 1
        at = int(request.get("NextToken", "1"))
        name = request["LookupAttributes"][0]["AttributeValue"]
        assert request["StartTime"] == START
        return {"Events": [{"EventName": f"{name} {at}"}], **({"NextToken": str(at + 1)} if at < self.pages else {})}


def test_every_page_of_every_name_is_read() -> None:
    found, left_out = trail.events(CloudTrail(2), ("Create", "Update"), START, lambda _: None)
    assert [event["EventName"] for event in found] == ["Create 1", "Create 2", "Update 1", "Update 2"]
    assert left_out == ""


def test_there_is_half_a_second_before_each_call() -> None:
    pauses: list[float] = []
    cloudtrail = CloudTrail(3)
    trail.events(cloudtrail, ("Update",), START, pauses.append)
    assert pauses == [0.5] * cloudtrail.asked == [0.5] * 3


def test_what_is_too_much_to_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "MOST_PAGES", 2)
    cloudtrail = CloudTrail(9)
    found, left_out = trail.events(cloudtrail, ("Update",), START, lambda _: None)
    assert (len(found), cloudtrail.asked) == (2, 2)
    assert left_out == "CloudTrail has more than 2 events of Update: the oldest of them were not read"
