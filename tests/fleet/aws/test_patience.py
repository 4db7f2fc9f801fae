"""How long the program's own calls are tried, and what is said meanwhile. Nothing waits here: a clock tells time."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from fleet.access import Access
from fleet.aws import identity, patience, session

DOWN = (SimpleNamespace(status_code=503), {"Error": {"Code": "ServiceUnavailable", "Message": "down"}})
THROTTLED = (SimpleNamespace(status_code=400), {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}})
REFUSED = (SimpleNamespace(status_code=400), {"Error": {"Code": "AccessDeniedException", "Message": "no"}})
HUNG = ReadTimeoutError(endpoint_url="https://api.sagemaker")


class Call:
    """One call of a client, attempt by attempt."""

    def __init__(self, word: Any, operation: str = "ListModelPackages") -> None:
        self.word, self.operation = word, SimpleNamespace(name=operation)
        self.request: dict[str, Any] = {"context": {}}
        self.attempts = 0

    def fails(self, response: Any = DOWN, error: Exception | None = None) -> None:
        self.attempts += 1
        answer = self.word(
            response=None if error else response,
            attempts=self.attempts,
            caught_exception=error,
            operation=self.operation,
            request_dict=self.request,
            endpoint=None,
        )
        assert answer is None  # it is botocore that decides


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("fleet.aws.patience.time.monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def word() -> Any:
    return patience._Word(8)


def test_a_call_that_hangs_is_given_up_after_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_MAX_ATTEMPTS", raising=False)
    for client in (session.sagemaker(Access("eu-west-1")), identity.client(Access("eu-west-1"))):
        config: Any = client.meta.config
        attempts = config.retries["total_max_attempts"]
        assert 60 < attempts * config.read_timeout < 3 * 60
        assert attempts * config.connect_timeout < 3 * 60


def test_a_call_that_is_repeated_for_a_while_is_told_of(
    clock: Any, word: Any, caplog: pytest.LogCaptureFixture
) -> None:
    call = Call(word)
    call.fails()
    clock.now += 6
    call.fails()
    assert caplog.messages == [
        "waiting for AWS: ListModelPackages: ServiceUnavailable: down (tried 2 times, 8 at most)"
    ]


@pytest.mark.parametrize("response", [DOWN, THROTTLED])
def test_a_short_burst_is_not_told_of(clock: Any, word: Any, caplog: pytest.LogCaptureFixture, response: Any) -> None:
    call = Call(word)
    for _ in range(5):
        call.fails(response)
        clock.now += 0.9
    assert caplog.messages == []


def test_throttling_and_a_service_that_hangs_are_told_of(
    clock: Any, word: Any, caplog: pytest.LogCaptureFixture
) -> None:
    throttled, hung = Call(word), Call(word, "ListEndpoints")
    throttled.fails(THROTTLED)
    hung.fails(error=HUNG)
    clock.now += 20
    throttled.fails(THROTTLED)
    clock.now += 30
    hung.fails(error=HUNG)
    first, second = caplog.messages
    assert "ListModelPackages: ThrottlingException: Rate exceeded" in first
    assert 'ListEndpoints: ReadTimeoutError: Read timeout on endpoint URL: "https://api.sagemaker"' in second


def test_many_calls_that_wait_for_one_service_are_told_of_once(
    clock: Any, word: Any, caplog: pytest.LogCaptureFixture
) -> None:
    calls = [Call(word) for _ in range(22)]
    for call in calls:
        call.fails()
    clock.now += 6
    for call in calls:
        call.fails()
    assert len(caplog.messages) == 1
    clock.now += 30
    for call in calls:
        call.fails()
    assert len(caplog.messages) == 2


def test_what_is_not_repeated_is_not_told_of(clock: Any, word: Any, caplog: pytest.LogCaptureFixture) -> None:
    refused, last = Call(word), Call(word)
    refused.fails(REFUSED)
    last.fails()
    clock.now += 60
    last.attempts = 7
    refused.fails(REFUSED)
    last.fails()
    assert caplog.messages == []


def test_every_client_tells(account: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    monkeypatch.setattr(patience, "QUIET_SECONDS", 0)
    account.sandbox.fault("ListEndpoints", action="error", code="ThrottlingException", times=1)
    with caplog.at_level(logging.WARNING):
        session.ask(session.sagemaker(Access("eu-west-1")).list_endpoints)
    assert "waiting for AWS: ListEndpoints: ThrottlingException" in caplog.text
