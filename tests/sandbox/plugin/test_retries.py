"""What the stand-in provider tries again, how often and for how long; a second of the provider's takes no time here."""

from threading import Event
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError, EndpointConnectionError

from sandbox.aws.control import State
from sandbox.aws.faults import Rule
from sandbox.lab.folder import ROOT
from sandbox.plugin import access
from sandbox.plugin.catalogue import TYPES
from sandbox.plugin.catalogue.row import Refused
from sandbox.plugin.cloud import Cloud
from sandbox.plugin.retries import LONGEST_WAIT, Patience, longest_wait
from sandbox.plugin.tags import ProviderTags

MODEL = TYPES["aws:sagemaker/model:Model"]
KEY = {"name": "m1", "region": "eu-west-1"}
OUTAGE = Rule("DescribeModel", "error", status=503, code="ServiceUnavailable", message="down")


def cloud(patience: Patience) -> Cloud:
    return Cloud(access.opened({"region": "eu-west-1"}), ProviderTags(), patience)


class Asked:
    """A provider, and how often AWS was asked."""

    def __init__(self, state: State) -> None:
        self.state, self.since = state, len(state.log)
        state.faults.remove()

    def read(self, rule: Rule, attempts: int = 4) -> str:
        """Why a model could not be read."""
        self.state.faults.add(rule)
        with pytest.raises(Refused) as refused:
            cloud(Patience(Event(), attempts, second=0)).read(MODEL, KEY)
        return str(refused.value)

    @property
    def times(self) -> int:
        return len(self.state.log.since(self.since))


class Clock(Event):
    """Waits in no time."""

    now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("sandbox.plugin.retries.time.monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def asked(state_served: tuple[State, str], served: Any, monkeypatch: pytest.MonkeyPatch) -> Asked:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    return Asked(state_served[0])


def test_an_outage_is_tried_as_often_as_the_configuration_says(asked: Asked) -> None:
    why = asked.read(OUTAGE, attempts=4)
    assert "DescribeModel, exceeded maximum number of attempts, 4, https response error StatusCode: 503" in why
    assert why.endswith("api error ServiceUnavailable: down")
    assert asked.times == 4


def test_without_a_configuration_it_is_tried_25_times_whatever_the_environment_says(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    asked.read(OUTAGE, Patience.configured(None, Event()).attempts)
    assert asked.times == 25


@pytest.mark.parametrize(
    "rule",
    [
        Rule("DescribeModel", "error"),  # throttled
        Rule("DescribeModel", "error", code="LimitExceededException"),
        Rule("DescribeModel", "error", status=500, code="InternalFailure"),
        Rule("DescribeModel", "error", drop=True),
    ],
    ids=["throttled", "too many", "internal", "dropped"],
)
def test_what_may_pass_is_tried_again(asked: Asked, rule: Rule) -> None:
    asked.read(rule)
    assert asked.times == 4


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ResourceLimitExceeded"])
def test_a_refusal_is_not_tried_again(asked: Asked, code: str) -> None:
    asked.read(Rule("DescribeModel", "error", code=code))
    assert asked.times == 1


def test_nobody_there_is_tried_nine_times_at_most() -> None:
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
    patience = Patience(Event(), attempts=25, second=0)
    tried = [attempt for attempt in range(1, 26) if patience.needs_retry(None, attempt, gone) is not None]
    assert tried == list(range(1, 9))


def test_a_second_of_the_providers_is_as_long_as_the_environment_says(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Patience.configured("4", clock) == Patience(clock, attempts=4, second=1)
    monkeypatch.setenv("SANDBOX_PROVIDER_SECOND", "0.02")
    Patience.configured("4", clock).sleep(100)
    assert clock.now == pytest.approx(2)


def test_a_cancelled_run_tries_nothing_again(asked: Asked) -> None:
    cancelled = Event()
    cancelled.set()
    asked.state.faults.add(OUTAGE)
    with pytest.raises(Refused):
        cloud(Patience(cancelled)).read(MODEL, KEY)
    assert asked.times == 1


def test_a_step_is_tried_eighteen_times_in_two_minutes(clock: Clock) -> None:
    tries: list[float] = []

    def step() -> None:
        tries.append(clock.now)
        raise Refused("ValidationException: no")

    with pytest.raises(Refused):
        Patience(clock).repeat(step, lambda refused: True, 120)
    assert len(tries) == 18
    assert tries[-1] < 120


def test_a_step_that_is_refused_for_good_is_tried_once() -> None:
    tries: list[int] = []

    def step() -> None:
        tries.append(1)
        raise Refused("AccessDeniedException: no")

    with pytest.raises(Refused):
        Patience(Event(), second=0).repeat(step, lambda refused: "Validation" in str(refused), 120)
    assert len(tries) == 1


def test_a_call_of_this_project_is_given_up_after_minutes_and_none_of_its_waits_is_the_longest() -> None:
    """`aws:maxRetries` of Pulumi.yaml: long enough for a burst of throttling, and no run takes an hour to give up."""
    attempts = int(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]["aws:maxRetries"]["value"])
    waits = [longest_wait(attempt) for attempt in range(1, attempts)]
    assert 6 * 60 < sum(waits) < 10 * 60
    assert max(waits) < LONGEST_WAIT


def test_other_errors_are_left_to_who_asked() -> None:
    refused = ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, "DescribeModel")
    assert Patience(Event(), second=0).needs_retry(None, 1, refused) is None
