"""The picture of the dashboard in the docs."""

import re

import pytest

from demo.dashboard import CALLS, WENT_LIVE, picture


@pytest.fixture(scope="module")
def shown() -> str:
    return picture()


def test_it_is_the_same_each_time(shown: str) -> None:
    assert picture() == shown


def test_the_version_that_fails_has_fired_its_alarm_and_no_other_has(shown: str) -> None:
    assert re.findall(r">(fleet/prod/[^<]+)<", shown) == ["fleet/prod/credibility/server-errors"]


@pytest.mark.parametrize(("endpoint", "version"), [(name, max(live)) for name, live in WENT_LIVE.items()])
def test_what_went_live_is_marked(shown: str, endpoint: str, version: int) -> None:
    assert f">{endpoint.replace('-', '/')} v{version}<" in shown


@pytest.mark.parametrize("endpoint", CALLS)
def test_every_endpoint_is_called(shown: str, endpoint: str) -> None:
    assert f">{endpoint.replace('-', '/')}</text>" in shown


def test_it_is_small(shown: str) -> None:
    assert len(shown) < 100_000
