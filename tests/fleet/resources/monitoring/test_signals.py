"""What the manager says of itself at the end of a run, and that it depends on nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pulumi
import pytest

from fleet.aws import session
from fleet.aws import signals as sent
from fleet.memory import Move, Outcome, Verdict
from fleet.monitoring.signals import Datum
from fleet.resources.last_run import LastRun
from fleet.resources.monitoring import signals
from fleet.resources.monitoring.ground import Ground
from fleet.resources.task import TaskResult
from fleet.revision import Settings, revise
from fleet.status import Status
from fleet.tasks.model import CHAMPION
from tests.fleet.resources.monitoring.stack import ROLE, Account, on_ground, served

PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/spam/2"
TWO = revise(Settings("spam", ROLE, memory_mb=2048, max_concurrency=5), 2, PACKAGE)
APPROVED = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
BEFORE = Move(1, "spam-v1", "2026-11-01T08:00:00+00:00", Verdict.SERVES)
NOW = Move(2, TWO.name, "2026-11-01T10:00:00+00:00", Verdict.SERVES)


class Sent:
    """What PutMetricData was given; `fails` is what it raises."""

    def __init__(self) -> None:
        self.data: dict[str, float] = {}
        self.fails: Exception | None = None

    def put(self, _: object, __: str, data: Sequence[Datum]) -> None:
        if self.fails:
            raise self.fails
        self.data = {one.metric: one.value for one in data}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Sent:
    found = Sent()
    monkeypatch.setattr(sent, "put", found.put)
    monkeypatch.setattr(session, "hasty_cloudwatch", lambda access: None)
    return found


class Registry(Account):
    async def package(self, arn: str) -> dict[str, Any]:
        return {"LastModifiedTime": APPROVED}


def send(
    *results: TaskResult, last: Sequence[Move] = (), faults: int = 0, preview: bool = False, own_metrics: bool = True
) -> None:
    """At the end of a run; `last` is what the last one recorded of spam."""

    async def declare(ground: Ground) -> None:
        written = {"spam": {CHAMPION: Outcome("spam", moves=tuple(last))}}
        before = Ground(ground.settings, LastRun(written, {}), ground.gateway, ground.parent)
        await signals.send(before, results, faults=faults, began=datetime.now(UTC))

    on_ground(declare, account=Registry(), preview=preview, own_metrics=own_metrics)


def test_it_says_how_the_tasks_stand_and_that_the_run_went_well(cloudwatch: Sent) -> None:
    send(served("spam"), served("toxicity", status=Status.OUT_OF_DATE))
    assert cloudwatch.data["TasksUpToDate"] == cloudwatch.data["TasksOutOfDate"] == cloudwatch.data["RunSucceeded"] == 1


def test_a_run_with_a_fault_has_not_succeeded(cloudwatch: Sent) -> None:
    send(served("spam"), faults=2)
    assert (cloudwatch.data["Faults"], cloudwatch.data["RunSucceeded"]) == (2, 0)


def test_a_new_version_took_from_its_approval_until_it_served(cloudwatch: Sent) -> None:
    send(served("spam", BEFORE, NOW, serving=TWO), last=[BEFORE])
    assert cloudwatch.data["ApprovalToLiveSeconds"] == 1800


def test_a_way_back_is_no_version_that_went_live(cloudwatch: Sent) -> None:
    send(served("spam", NOW, BEFORE, serving=TWO), last=[NOW])
    assert "ApprovalToLiveSeconds" not in cloudwatch.data


def test_a_run_in_which_nothing_moved_says_nothing_of_it(cloudwatch: Sent) -> None:
    send(served("spam", NOW, serving=TWO), last=[NOW])
    assert "ApprovalToLiveSeconds" not in cloudwatch.data


def test_other_settings_of_what_serves_are_no_version_that_went_live(cloudwatch: Sent) -> None:
    """The endpoint was updated in this run, and serves the version that it served."""
    again = Move(2, f"{TWO.name}-again", "2026-11-03T10:00:00+00:00", Verdict.SERVES)
    send(served("spam", NOW, again, serving=TWO), last=[NOW])
    assert "ApprovalToLiveSeconds" not in cloudwatch.data


def test_a_preview_sends_nothing(cloudwatch: Sent) -> None:
    send(served("spam"), preview=True)
    assert cloudwatch.data == {}


def test_who_does_not_want_them_has_none(cloudwatch: Sent) -> None:
    send(served("spam"), own_metrics=False)
    assert cloudwatch.data == {}


def test_what_aws_does_not_take_is_a_warning(cloudwatch: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    cloudwatch.fails = OSError("down")
    send(served("spam"))
    assert said == ["the manager's own metrics were not written: OSError: down"]
