"""Log groups that a run has not declared before: whether they are there, and how long they keep their lines."""

from typing import Any

import pytest

from fleet.access import Access
from fleet.aws import logs, session

GROUP = logs.group_of("toxicity")


@pytest.fixture
def client(account: Any) -> Any:
    """The program's; the groups of the account are gone."""
    its = session.logs(Access("eu-west-1"))
    for group in its.describe_log_groups()["logGroups"]:
        its.delete_log_group(logGroupName=group["logGroupName"])
    return its


def made(account: Any, client: Any, *groups: str, days: int = 0) -> None:
    for group in groups:
        client.create_log_group(logGroupName=group)
        if days:
            client.put_retention_policy(logGroupName=group, retentionInDays=days)
    account.mark = account.sandbox.mark()


def test_a_group_has_the_name_that_sagemaker_gives_it() -> None:
    assert GROUP == "/aws/sagemaker/Endpoints/toxicity"


def test_a_group_keeps_its_lines_for_days_or_for_ever(account: Any, client: Any) -> None:
    made(account, client, GROUP)
    made(account, client, logs.group_of("spam"), days=7)
    assert (logs.retention(client, GROUP), logs.retention(client, logs.group_of("spam"))) == (logs.FOR_EVER, 7)


def test_a_group_whose_name_begins_so_is_another_one(account: Any, client: Any) -> None:
    made(account, client, f"{GROUP}-blue")
    assert logs.retention(client, GROUP) is None


def test_a_group_is_found_on_a_later_page(account: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made(account, client, GROUP, days=7)
    pages = [{"logGroups": []}, client.describe_log_groups()]
    monkeypatch.setattr(client, "get_paginator", lambda _: Pages(pages))
    assert logs.retention(client, GROUP) == 7


class Pages:
    def __init__(self, pages: list[Any]) -> None:
        self.pages = pages

    def paginate(self, **_: str) -> list[Any]:
        return self.pages


def test_a_group_that_is_there_is_told_how_long_to_keep_its_lines(account: Any, client: Any) -> None:
    made(account, client, GROUP)
    logs.retain(client, GROUP, 30)
    assert logs.retention(client, GROUP) == 30
