"""A timestamp is the moment that botocore would read, in UTC."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from botocore.utils import parse_timestamp

from fleet.access import Access
from fleet.aws import session, times


@pytest.mark.parametrize("value", [0, 1_800_000_000, 1_800_000_000.123, "2026-11-28T08:00:00Z", "1800000000"])
def test_it_is_the_same_moment(value: Any) -> None:
    found = times.read(value)
    assert found == parse_timestamp(value)
    assert found.utcoffset() is not None


def test_a_number_is_read_in_utc_whatever_the_machines_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert times.read(1_800_000_000).tzinfo is UTC


def test_the_programs_clients_read_it_so(account: Any) -> None:
    account.deploy("toxicity", "one")
    (row,) = session.sagemaker(Access("eu-west-1")).list_endpoints()["Endpoints"]
    assert row["CreationTime"].tzinfo is UTC
    assert row["CreationTime"].utcoffset() == timedelta(0)
