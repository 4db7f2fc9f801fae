"""A candidate is made, called and removed: what of it is a verdict, what is none, and what stays in AWS (nothing)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fleet.access import Access
from fleet.aws import candidates, endpoints, session
from fleet.aws import gateway as module
from fleet.aws.candidates import clear, remove, try_out
from fleet.aws.gateway import Gateway
from fleet.revision import Revision, Settings
from fleet.seen import Unknown
from fleet.tasks.model import SmokeTest
from fleet.trial import Failed, Passed

make_client, PATIENCE = session.runtime, candidates.PATIENCE
NAME = "spam-v1-3fa9c1"
CANDIDATE = f"{NAME}-c"
TOXIC, FRIENDLY = "You are the dumbest support team on this planet.", "My son finds the puzzle too hard."
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not you"}
NOT_READY = {"action": "error", "code": "ModelNotReadyException", "message": "starting", "status": 429}
THROTTLED = {"action": "error", "code": "ThrottlingException", "message": "slow down", "status": 429}


@pytest.fixture(scope="module")
def models() -> bool:
    return True


@pytest.fixture(autouse=True)
def quick(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revision that is to be tested; short pauses, and the clients that are there already."""
    account.sandbox.settings(endpoint_limit=50, cold_start_seconds=0)
    account.configure(NAME)
    for where, name, value in (
        (module, "FIRST_POLL", 0.02),
        (module, "LAST_POLL", 0.02),
        (module, "LONGEST_WAIT", 10),
        (candidates, "PATIENCE", 10),
        (candidates, "FIRST_PAUSE", 0.02),
        (candidates, "LAST_PAUSE", 0.02),
        (candidates, "UNSEEN_PAUSES", (0, 0.02, 0.02)),
    ):
        monkeypatch.setattr(where, name, value)
    client, runtime = account.its_client, account.its_runtime
    monkeypatch.setattr(session, "sagemaker", lambda *_: client)
    monkeypatch.setattr(session, "runtime", lambda *_: runtime)


def ask(account: Any, question: Callable[[Gateway], Awaitable[Any]], **more: Any) -> Any:
    async def run() -> Any:
        return await question(Gateway(Access("eu-west-1", profile="team", **more), account.ownership))

    return asyncio.run(run())


def smoke_test(*texts: str, expect: str = "toxic", **more: Any) -> SmokeTest:
    cases = [{"payload": {"text": text}, "expect": expect} for text in texts or (TOXIC,)]
    return SmokeTest.model_validate({"cases": cases, **more})


def revision(name: str = NAME) -> Revision:
    settings = Settings("spam", "arn:aws:iam::123456789012:role/execution", 3072, 20, provisioned_concurrency=2)
    return Revision(name, 1, "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1", settings)


def tags(account: Any) -> dict[str, str]:
    named: dict[str, str] = account.ownership.tags("spam", "champion", None, 1)
    return named


def tried(account: Any, test: SmokeTest | None = None, **more: Any) -> Any:
    return ask(account, lambda gateway: try_out(gateway, revision(), test or smoke_test(), tags(account)), **more)


def left(account: Any) -> tuple[set[str], set[str]]:
    """The endpoints, and the configurations besides the revision's own."""
    return set(account.sandbox.endpoints()), account.sandbox.endpoint_configs() - {NAME}


NOTHING: tuple[set[str], set[str]] = (set(), set())


# Tags


def test_a_candidate_has_the_default_tags_of_the_provider_under_its_own(account: Any) -> None:
    account.sandbox.settings(required_tags=["team"])
    more: dict[str, Any] = {
        "default_tags": (("team", "x"), ("fleet:stack", "other"), ("cost", "7")),
        "ignored_tags": ("cost",),
    }
    assert tried(account, **more) == Passed()
    made = [call for call in account.sandbox.calls(account.mark) if call.operation.startswith("CreateEndpoint")]
    assert [{tag["Key"]: tag["Value"] for tag in call.params["Tags"]} for call in made] == [
        {**tags(account), "team": "x"}
    ] * 2


def test_where_an_account_asks_for_other_tags_the_test_could_not_be_run(account: Any) -> None:
    account.sandbox.settings(required_tags=["team"])
    verdict = tried(account)
    assert isinstance(verdict, Unknown)
    assert verdict.error.startswith("CreateEndpointConfig: AccessDeniedException: ")
    account.sandbox.settings(required_tags=[])
    assert left(account) == NOTHING


# A verdict


def test_a_revision_that_answers_as_expected_passes_and_nothing_of_its_candidate_stays(account: Any) -> None:
    assert tried(account) == Passed()
    assert left(account) == NOTHING
    assert (account.sandbox.models(), account.sandbox.harm()) == ({NAME}, [])


def test_a_candidate_has_the_revisions_memory_one_call_at_a_time_and_the_tags(account: Any) -> None:
    tried(account)
    config, endpoint, *_ = (call.params for call in account.sandbox.mutations(account.mark))
    sizes = {"MemorySizeInMB": 3072, "MaxConcurrency": 1}
    variant = {"VariantName": "AllTraffic", "ModelName": NAME, "ServerlessConfig": sizes}
    named = [{"Key": key, "Value": value} for key, value in tags(account).items()]
    assert config == {"EndpointConfigName": CANDIDATE, "ProductionVariants": [variant], "Tags": named}
    assert endpoint == {"EndpointName": CANDIDATE, "EndpointConfigName": CANDIDATE, "Tags": named}


def test_a_revision_that_gives_another_label_fails(account: Any) -> None:
    verdict = tried(account, smoke_test(TOXIC, FRIENDLY))
    assert isinstance(verdict, Failed)
    assert verdict.reason == (
        f'1 of 2 cases agree (0.5), min_agreement is 1.0; {{"text": "{FRIENDLY}"}} gave "ok", expected "toxic"'
    )
    assert left(account) == NOTHING


def test_a_container_that_fails_is_not_called_again(account: Any) -> None:
    verdict = tried(account, smoke_test("", TOXIC))
    assert isinstance(verdict, Failed)
    assert verdict.reason.startswith('{"text": ""}: the container answered 400: {"error": "the body must be')
    assert account.operations().count("InvokeEndpoint") == 1
    assert left(account) == NOTHING


def test_a_candidate_that_does_not_start_fails_with_sagemakers_reason(account: Any) -> None:
    account.sandbox.ending(CANDIDATE, "create", "failed", reason="The primary container exited.")
    assert tried(account) == Failed("does not start: The primary container exited.")
    assert "InvokeEndpoint" not in account.operations()
    assert left(account) == NOTHING


def test_a_warm_call_that_is_too_slow_fails(account: Any) -> None:
    account.sandbox.fault("InvokeEndpoint", action="delay", seconds=0.3)
    verdict = tried(account, smoke_test(max_latency_ms=200))
    assert isinstance(verdict, Failed)
    assert verdict.reason.endswith("max_latency_ms is 200")


# A cold start


def test_the_first_call_may_take_long(account: Any) -> None:
    account.sandbox.fault("InvokeEndpoint", action="delay", seconds=3, times=1)
    assert tried(account, smoke_test(max_latency_ms=2000)) == Passed()


@pytest.mark.parametrize("refusal", [NOT_READY, THROTTLED, THROTTLED | {"status": 400}])
def test_a_candidate_that_is_not_ready_is_called_again(account: Any, refusal: dict[str, Any]) -> None:
    account.sandbox.fault("InvokeEndpoint", **refusal, times=5)
    assert tried(account) == Passed()


def test_a_candidate_that_is_never_ready_does_not_start(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "PATIENCE", 0.1)
    account.sandbox.fault("InvokeEndpoint", **NOT_READY)
    error = "InvokeEndpoint: ModelNotReadyException: starting"
    assert tried(account) == Failed(f"does not start: not ready after 0 minutes: {error}")


def test_a_cold_start_is_waited_for_longer_than_it_may_take() -> None:
    assert PATIENCE > 240


def test_a_first_call_without_an_answer_is_made_again(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LONGEST_CALL", 1)
    monkeypatch.setattr(session, "runtime", lambda access: make_client(Access(access.region)))
    account.sandbox.fault("InvokeEndpoint", action="delay", seconds=2, times=1)
    assert tried(account) == Passed()


def test_a_candidate_that_is_not_listed_yet_is_waited_for(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account.sandbox.settings(create_seconds=0.3)
    list_all, asked = endpoints.list_all, []

    def late(client: Any) -> dict[str, endpoints.Row]:
        asked.append(client)
        return list_all(client) if len(asked) > 3 else {}

    monkeypatch.setattr(endpoints, "list_all", late)
    assert tried(account) == Passed()


# No verdict: the test could not be run


@pytest.mark.parametrize("operation", ["DescribeEndpoint", "CreateEndpointConfig", "CreateEndpoint", "InvokeEndpoint"])
def test_a_call_that_is_denied_is_no_verdict(account: Any, operation: str) -> None:
    account.sandbox.fault(operation, **DENIED, times=1)
    assert tried(account) == Unknown(f"{operation}: AccessDeniedException: not you")
    assert left(account) == NOTHING


def test_a_quota_is_no_verdict(account: Any) -> None:
    account.sandbox.settings(endpoint_limit=0)
    answer = tried(account)
    assert isinstance(answer, Unknown)
    assert answer.error.startswith("CreateEndpoint: ResourceLimitExceeded: ")
    assert left(account) == NOTHING


def test_throttling_without_end_is_no_verdict(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "PATIENCE", 0.1)
    account.sandbox.fault("InvokeEndpoint", **THROTTLED)
    assert tried(account) == Unknown("InvokeEndpoint: ThrottlingException: slow down")
    assert left(account) == NOTHING


BROKEN = [{"action": "error", "drop": True}, {"action": "error", "code": "InternalFailure", "status": 500}]


@pytest.mark.parametrize("fault", BROKEN)
def test_a_call_that_breaks_is_made_again(account: Any, fault: dict[str, Any]) -> None:
    account.sandbox.fault("InvokeEndpoint", **fault, times=2)
    assert tried(account) == Passed()


@pytest.mark.parametrize("fault", BROKEN)
def test_a_call_that_breaks_every_time_is_no_verdict(account: Any, fault: dict[str, Any]) -> None:
    account.sandbox.fault("InvokeEndpoint", **fault)
    assert isinstance(tried(account), Unknown)
    assert account.operations().count("InvokeEndpoint") == 3
    assert left(account) == NOTHING


def test_a_configuration_that_cannot_be_seen_yet_is_waited_for(account: Any) -> None:
    unseen = {"code": "ValidationException", "message": f'Could not find endpoint configuration "{CANDIDATE}".'}
    account.sandbox.fault("CreateEndpoint", action="error", **unseen, times=2)
    assert tried(account) == Passed()


def test_a_configuration_that_is_never_seen_is_no_verdict(account: Any) -> None:
    unseen = {"code": "ValidationException", "message": f'Could not find endpoint configuration "{CANDIDATE}".'}
    account.sandbox.fault("CreateEndpoint", action="error", **unseen)
    assert tried(account) == Unknown(f"CreateEndpoint: ValidationException: {unseen['message']}")
    assert left(account) == NOTHING


# What is there already


def leave(account: Any, name: str = CANDIDATE, *, stack: str = "prod") -> None:
    """A candidate as a killed run leaves it."""
    account.deploy(name, name, stack=stack)
    account.client.delete_model(ModelName=name)  # the account's helper makes one of that name
    account.mark = account.sandbox.mark()


def test_a_candidate_that_a_killed_run_left_is_made_again(account: Any) -> None:
    leave(account)
    assert tried(account) == Passed()
    assert left(account) == NOTHING


def test_a_candidate_that_is_still_being_made_is_waited_for_and_made_again(account: Any) -> None:
    account.sandbox.settings(create_seconds=0.3)
    leave(account)
    assert tried(account) == Passed()
    assert left(account) == NOTHING


def test_a_configuration_that_a_killed_run_left_is_made_again(account: Any) -> None:
    leave(account)
    account.client.delete_endpoint(EndpointName=CANDIDATE)
    assert tried(account) == Passed()
    assert left(account) == NOTHING


@pytest.mark.parametrize("what", ["endpoint", "configuration"])
def test_what_is_not_this_stacks_is_left_alone(account: Any, what: str) -> None:
    leave(account, stack="test")
    if what == "endpoint":
        account.client.delete_endpoint_config(EndpointConfigName=CANDIDATE)
    else:
        account.client.delete_endpoint(EndpointName=CANDIDATE)
    account.mark = account.sandbox.mark()
    answer = tried(account)
    assert isinstance(answer, Unknown)
    assert answer.error.startswith(f"{CANDIDATE} exists and is not this stack's")
    assert account.sandbox.mutations(account.mark) == []


# What cannot be removed


def test_a_candidate_that_cannot_be_removed_is_noted_beside_the_verdict(account: Any) -> None:
    account.sandbox.fault("DeleteEndpoint", **DENIED)
    note = f"candidate {CANDIDATE} could not be removed: DeleteEndpoint: AccessDeniedException: not you"
    assert tried(account) == Passed(note)
    assert left(account) == ({CANDIDATE}, {CANDIDATE})


def test_a_candidate_that_cannot_be_removed_is_noted_where_there_is_no_verdict(account: Any) -> None:
    account.sandbox.fault("InvokeEndpoint", **DENIED)
    account.sandbox.fault("DeleteEndpoint", **DENIED)
    answer = tried(account)
    assert isinstance(answer, Unknown)
    assert answer.error.startswith("InvokeEndpoint: AccessDeniedException: not you; candidate ")


def test_a_run_that_is_cancelled_removes_its_candidate(account: Any) -> None:
    held = account.sandbox.fault("InvokeEndpoint", action="hold-before")

    async def cancelled(gateway: Gateway) -> None:
        testing = asyncio.create_task(try_out(gateway, revision(), smoke_test(), tags(account)))
        await asyncio.to_thread(account.sandbox.wait_held, held, 10)
        testing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await testing
        account.sandbox.release(held)

    ask(account, cancelled)
    assert left(account) == NOTHING


def test_a_configuration_goes_when_its_endpoint_is_gone(account: Any) -> None:
    account.sandbox.settings(delete_seconds=0.2)
    tried(account)
    operations = account.operations()
    deleted = operations.index("DeleteEndpoint")
    assert "ListEndpoints" in operations[deleted : operations.index("DeleteEndpointConfig")]
    assert left(account) == NOTHING


# Many at once


def fleet(account: Any, size: int) -> list[Revision]:
    names = [f"e{n}-v1-3fa9c1" for n in range(size)]
    for name in names:
        if name not in account.sandbox.models():
            account.configure(name)
    return [revision(name) for name in names]


def test_twelve_models_are_called_at_once_and_what_waits_goes_on(account: Any) -> None:
    revisions = fleet(account, 12)
    held = account.sandbox.fault("InvokeEndpoint", action="hold-before")

    async def all_at_once(gateway: Gateway) -> list[Any]:
        testing = [asyncio.create_task(try_out(gateway, one, smoke_test(), tags(account))) for one in revisions]
        await asyncio.to_thread(account.sandbox.wait_held, held, 20, 12)
        account.sandbox.set_status("e0-v1-3fa9c1-c", "Updating")
        waiting = asyncio.create_task(gateway.settled("e0-v1-3fa9c1-c"))
        await asyncio.sleep(0.1)
        account.sandbox.set_status("e0-v1-3fa9c1-c", "InService")
        async with asyncio.timeout(10):
            await waiting
        account.sandbox.release(held)
        return await asyncio.gather(*testing)

    assert ask(account, all_at_once) == [Passed()] * 12


def test_a_cold_start_does_not_count_the_wait_for_a_turn(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    revisions = fleet(account, 18)
    monkeypatch.setattr(candidates, "PATIENCE", 1)
    held = account.sandbox.fault("InvokeEndpoint", action="hold-before")

    async def all_at_once(gateway: Gateway) -> list[Any]:
        testing = [asyncio.create_task(try_out(gateway, one, smoke_test(), tags(account))) for one in revisions]
        await asyncio.to_thread(account.sandbox.wait_held, held, 20, 16)
        await asyncio.sleep(1.2)
        called = {
            call.params["EndpointName"]
            for call in account.sandbox.calls(account.mark)
            if call.operation == "InvokeEndpoint"
        }
        for waiting in {f"{one.name}-c" for one in revisions} - called:
            account.sandbox.fault("InvokeEndpoint", **NOT_READY, match={"EndpointName": waiting}, times=1)
        account.sandbox.release(held)
        return await asyncio.gather(*testing)

    assert ask(account, all_at_once) == [Passed()] * 18


def test_twelve_take_at_most_one_and_a_half_times_as_long_as_one(account: Any) -> None:
    revisions = fleet(account, 12)
    tried(account)  # the model is loaded when first called
    account.sandbox.settings(create_seconds=3)

    def seconds(some: list[Revision]) -> float:
        async def all_at_once(gateway: Gateway) -> None:
            await asyncio.gather(*(try_out(gateway, one, smoke_test(), tags(account)) for one in some))

        began = time.monotonic()
        ask(account, all_at_once)
        return time.monotonic() - began

    assert any(seconds(revisions) <= 1.5 * seconds(revisions[:1]) for _ in range(3))  # other work may slow one down


# What a killed run left


def test_what_a_killed_run_left_is_removed(account: Any) -> None:
    leave(account)
    leave(account, "topic-v2-9b2d00-c")
    assert ask(account, clear) is None
    assert left(account) == NOTHING
    assert account.sandbox.models() == {NAME}


def test_a_configuration_that_a_killed_run_left_alone_is_removed_by_its_revision(account: Any) -> None:
    leave(account)
    account.client.delete_endpoint(EndpointName=CANDIDATE)
    assert ask(account, lambda gateway: remove(gateway, revision())) is None
    assert left(account) == NOTHING


def test_nothing_left_costs_no_call_but_the_list(account: Any) -> None:
    assert ask(account, clear) is None
    assert account.operations() == ["ListEndpoints"]


def test_only_this_stacks_candidates_are_removed(account: Any) -> None:
    leave(account, stack="test")
    account.deploy("basic-c", "basic-c-v1-000000")
    account.deploy("spam-v2-9b2d00", "spam-v2-9b2d00")
    assert ask(account, clear) is None
    assert account.sandbox.mutations(account.mark) == []


def test_what_cannot_be_removed_is_told_and_the_rest_removed(account: Any) -> None:
    leave(account)
    leave(account, "topic-v2-9b2d00-c")
    account.sandbox.fault("DeleteEndpoint", **DENIED, match={"EndpointName": CANDIDATE})
    assert ask(account, clear) == Unknown("DeleteEndpoint: AccessDeniedException: not you")
    assert left(account) == ({CANDIDATE}, {CANDIDATE})


def test_what_cannot_be_listed_cannot_be_removed(account: Any) -> None:
    account.sandbox.fault("ListEndpoints", **DENIED)
    assert ask(account, clear) == Unknown("ListEndpoints: AccessDeniedException: not you")
