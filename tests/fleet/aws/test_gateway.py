"""What is asked of AWS about endpoints, how often, and how a run waits for them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fleet.access import Access
from fleet.aws import endpoints, session
from fleet.aws import gateway as module
from fleet.aws.gateway import Gateway, Presence
from fleet.memory import Outcome
from fleet.revision import Revision
from fleet.seen import Absent, LiveEndpoint, Unknown, Version

LONGEST_WAIT, make_client = module.LONGEST_WAIT, session.sagemaker
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not you"}


def ask(account: Any, question: Callable[[Gateway], Awaitable[Any]]) -> Any:
    """What a run is told that asks this."""

    async def run() -> Any:
        return await question(Gateway(Access("eu-west-1", profile="team"), account.ownership))

    return asyncio.run(run())


def live(account: Any, name: str = "spam", record: Outcome | None = None, *, wait: bool = False) -> Any:
    return ask(account, lambda gateway: gateway.live(name, record, wait=wait))


def recorded(account: Any, name: str = "spam", **changes: Any) -> Outcome:
    """As the run writes it that has just deployed the endpoint."""
    seen = endpoints.describe(account.client, name)
    assert isinstance(seen, LiveEndpoint)
    account.mark = account.sandbox.mark()
    record = {"serving": seen.config, "modified": seen.modified, "declared": (name, seen.config), **changes}
    return Outcome(endpoint=name, **record)


@pytest.fixture(autouse=True)
def quick(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses, and the client that is there already."""
    monkeypatch.setattr(module, "FIRST_POLL", 0.02)
    monkeypatch.setattr(module, "LAST_POLL", 0.02)
    monkeypatch.setattr(module, "LONGEST_WAIT", 10)
    clients = {("eu-west-1", "team"): account.its_client}
    monkeypatch.setattr(session, "sagemaker", lambda access: clients[access.region, access.profile])


# What the list tells is not asked again


def test_an_endpoint_as_the_last_run_left_it_costs_no_call_but_the_list(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    record = recorded(account, provisioned=2)
    assert live(account, record=record) == LiveEndpoint("InService", "spam-v1", record.modified, provisioned=2)
    assert account.operations() == ["ListEndpoints"]


def test_one_list_serves_every_endpoint(account: Any) -> None:
    names = [f"e{n}" for n in range(4)]
    for name in names:
        account.deploy(name, f"{name}-v1")
    records = {name: recorded(account, name) for name in names}

    async def every(gateway: Gateway) -> list[Any]:
        return await asyncio.gather(*(gateway.live(name, records[name], wait=True) for name in names))

    assert [endpoint.config for endpoint in ask(account, every)] == [f"{name}-v1" for name in names]
    assert account.operations() == ["ListEndpoints"]


def test_an_endpoint_that_is_neither_listed_nor_recorded_is_absent(account: Any) -> None:
    assert live(account) == Absent()
    assert account.operations() == ["ListEndpoints"]


def test_an_endpoint_that_is_recorded_and_not_listed_is_looked_at(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    record = recorded(account)
    account.client.delete_endpoint(EndpointName="spam")
    account.mark = account.sandbox.mark()
    assert live(account, record=record) == Absent()
    assert account.operations() == ["ListEndpoints", "DescribeEndpoint"]


def test_listed_names_every_endpoint_of_the_region(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.deploy("theirs", "theirs-v1", stack="test")
    assert set(ask(account, lambda gateway: gateway.listed())) == {"spam", "theirs"}


# What moved is described


def test_an_endpoint_that_was_modified_is_described_and_its_tags_looked_up(account: Any) -> None:
    account.deploy("spam", "spam-v1", ProvisionedConcurrency=1)
    record = recorded(account)
    account.sandbox.provisioned("spam", 4)
    seen = live(account, record=record)
    assert (seen.config, seen.provisioned, seen.ours) == ("spam-v1", 4, True)
    assert seen.modified != record.modified
    assert account.operations() == ["ListEndpoints", "DescribeEndpoint", "ListTags"]


def test_an_endpoint_that_is_not_in_service_is_described_although_its_time_stands(account: Any) -> None:
    account.sandbox.ending("spam", "create", "failed", reason="exited")
    account.deploy("spam", "spam-v1")
    record = recorded(account)
    assert live(account, record=record).failure == "exited"


def test_an_endpoint_that_no_record_names_is_described(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    record = recorded(account, declared=("spam-v1",))
    live(account, record=record)
    assert "DescribeEndpoint" in account.operations()


def test_an_endpoint_without_our_tags_is_somebody_elses(account: Any) -> None:
    account.deploy("spam", "spam-v1", stack="test")
    seen = live(account)
    assert (seen.ours, seen.serving) == (False, None)
    assert account.operations() == ["ListEndpoints", "DescribeEndpoint", "ListTags"]


def test_what_serves_is_read_where_the_record_does_not_name_it(account: Any) -> None:
    account.deploy("spam", "spam-v1-3fa9c1")
    serving = live(account).serving
    assert isinstance(serving, Revision)
    assert (serving.name, serving.version) == ("spam-v1-3fa9c1", 1)


def test_what_serves_is_not_read_where_the_record_names_it(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    record = recorded(account, modified="long ago")
    assert live(account, record=record).serving is None
    assert "DescribeEndpointConfig" not in account.operations()


def test_what_serves_and_is_not_ours_is_nothing_to_declare(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    record = recorded(account)
    account.configure("by-hand", stack="test")
    account.client.update_endpoint(EndpointName="spam", EndpointConfigName="by-hand")
    seen = live(account, record=record)
    assert (seen.config, seen.ours, seen.serving) == ("by-hand", True, None)


# Could not find out


def test_endpoints_that_cannot_be_listed_are_unknown(account: Any) -> None:
    account.sandbox.fault("ListEndpoints", **DENIED)
    answer = Unknown("ListEndpoints: AccessDeniedException: not you")
    assert live(account, record=Outcome(declared=("spam",))) == answer
    assert ask(account, lambda gateway: gateway.listed()) == answer


@pytest.mark.parametrize("operation", ["DescribeEndpoint", "ListTags", "DescribeEndpointConfig", "DescribeModel"])
def test_an_endpoint_that_cannot_be_read_to_the_end_is_unknown(account: Any, operation: str) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.fault(operation, **DENIED)
    assert live(account) == Unknown(f"{operation}: AccessDeniedException: not you")


def test_a_region_that_cannot_be_reached_is_unknown(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(session, "sagemaker", lambda access: make_client(Access(access.region)))
    reason = 'EndpointConnectionError: Could not connect to the endpoint URL: "http://127.0.0.1:9/"'
    assert live(account) == Unknown(reason)


# Waiting


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_a_run_that_may_wait_waits_for_an_endpoint_in_transition(account: Any, status: str) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.set_status("spam", status)

    async def ends_later(gateway: Gateway) -> Any:
        asked = asyncio.create_task(gateway.live("spam", None, wait=True))
        await polls(account, 2)
        assert not asked.done()
        account.sandbox.set_status("spam", "InService")
        return await asked

    assert ask(account, ends_later).status == "InService"


def test_a_preview_does_not_wait(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.set_status("spam", "Updating")
    assert live(account, wait=False).status == "Updating"


def test_an_endpoint_that_is_going_is_waited_for_until_it_is_gone(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.settings(delete_seconds=0.2)
    account.client.delete_endpoint(EndpointName="spam")
    assert live(account, wait=True) == Absent()


def test_one_poll_serves_all_that_wait(account: Any) -> None:
    names = [f"e{n}" for n in range(6)]
    for name in names:
        account.deploy(name, f"{name}-v1")
        account.sandbox.set_status(name, "Updating")

    async def end_later(gateway: Gateway) -> list[Any]:
        await gateway.listed()
        held = account.sandbox.fault("ListEndpoints", action="hold-before")
        asked = [asyncio.create_task(gateway.live(name, None, wait=True)) for name in names]
        await asyncio.to_thread(account.sandbox.wait_held, held, 5)
        await asyncio.sleep(0.2)  # time enough for five more
        listed = account.operations().count("ListEndpoints")
        for name in names:
            account.sandbox.set_status(name, "InService")
        account.sandbox.release(held)
        return [listed, *await asyncio.gather(*asked)]

    listed, *seen = ask(account, end_later)
    assert [endpoint.status for endpoint in seen] == ["InService"] * 6
    assert listed == 2  # when the run started, and the one that is held


def test_one_that_waits_does_not_hold_up_another(account: Any) -> None:
    for name in ("spam", "topic"):
        account.deploy(name, f"{name}-v1")
        account.sandbox.set_status(name, "Updating")

    async def one_ends(gateway: Gateway) -> bool:
        slow = asyncio.create_task(gateway.live("spam", None, wait=True))
        quick = asyncio.create_task(gateway.live("topic", None, wait=True))
        await polls(account, 1)
        account.sandbox.set_status("topic", "InService")
        await quick
        waits = not slow.done()
        account.sandbox.set_status("spam", "InService")
        await slow
        return waits

    assert ask(account, one_ends)


def test_who_comes_late_is_looked_at_soon_however_long_others_have_waited(account: Any) -> None:
    for name in ("spam", "topic"):
        account.deploy(name, f"{name}-v1")
        account.sandbox.set_status(name, "Updating")

    async def comes_late(gateway: Gateway) -> None:
        slow = asyncio.create_task(gateway.settled("spam"))
        await polls(account, 1)
        gateway._pause = 60
        quick = asyncio.create_task(gateway.settled("topic"))
        await polls(account, 1)
        for name in ("spam", "topic"):
            account.sandbox.set_status(name, "InService")
        await asyncio.gather(slow, quick)

    ask(account, comes_late)


def test_a_list_that_is_older_than_the_wait_is_not_believed(account: Any) -> None:
    for name in ("spam", "topic"):
        account.deploy(name, f"{name}-v1")
    account.sandbox.set_status("spam", "Updating")

    async def moves_meanwhile(gateway: Gateway) -> Any:
        await gateway.listed()
        held = account.sandbox.fault("ListEndpoints", action="hold-after", times=1)
        others = asyncio.create_task(gateway.settled("spam"))
        await asyncio.to_thread(account.sandbox.wait_held, held, 5)
        account.sandbox.set_status("topic", "Updating")  # after that list was made
        asked = asyncio.create_task(gateway.settled("topic"))
        while account.operations().count("DescribeEndpoint") < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # for the answer to be read
        account.sandbox.release(held)
        await polls(account, 2)
        for name in ("spam", "topic"):
            account.sandbox.set_status(name, "InService")
        await others
        return await asked

    assert ask(account, moves_meanwhile).status == "InService"


def test_what_is_in_transition_for_too_long_is_unknown(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.1)
    account.deploy("spam", "spam-v1")
    account.sandbox.set_status("spam", "Updating")
    overdue = Unknown("spam is still in transition after 0 minutes")
    assert live(account, wait=True) == overdue
    assert ask(account, lambda gateway: gateway.settled("spam")) == overdue


def test_what_nobody_waits_for_any_more_is_not_polled(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.1)
    account.deploy("spam", "spam-v1")
    account.sandbox.set_status("spam", "Updating")

    async def gives_up(gateway: Gateway) -> bool:
        await gateway.live("spam", None, wait=True)
        await asyncio.sleep(0.1)  # for the poll under way
        before = account.operations()
        await asyncio.sleep(0.2)
        return bool(account.operations() == before)

    assert ask(account, gives_up)


def test_nobody_waits_longer_than_an_hour() -> None:
    assert LONGEST_WAIT == 3600


def test_what_cannot_be_polled_is_unknown(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.set_status("spam", "Updating")

    async def breaks(gateway: Gateway) -> Any:
        await gateway.listed()
        account.sandbox.fault("ListEndpoints", **DENIED)
        return await gateway.live("spam", None, wait=True)

    assert ask(account, breaks) == Unknown("ListEndpoints: AccessDeniedException: not you")


def test_a_run_can_wait_a_second_time(account: Any) -> None:
    account.deploy("spam", "spam-v1")

    async def twice(gateway: Gateway) -> list[str]:
        seen = []
        for _ in range(2):
            account.sandbox.set_status("spam", "Updating")
            asked = asyncio.create_task(gateway.settled("spam"))
            await asyncio.sleep(0.1)
            account.sandbox.set_status("spam", "InService")
            settled = await asked
            assert isinstance(settled, LiveEndpoint)
            seen.append(settled.status)
        return seen

    assert ask(account, twice) == ["InService"] * 2


async def polls(account: Any, more: int) -> None:
    """Once the endpoints were listed so often again."""
    wanted = account.operations().count("ListEndpoints") + more
    async with asyncio.timeout(10):
        while account.operations().count("ListEndpoints") < wanted:
            await asyncio.sleep(0.01)


# After an update


def test_what_was_sent_is_settled_once_its_status_is_final(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.configure("spam-v2")
    account.sandbox.settings(update_seconds=0.2)
    account.client.update_endpoint(EndpointName="spam", EndpointConfigName="spam-v2")
    seen = ask(account, lambda gateway: gateway.settled("spam"))
    assert (seen.status, seen.config) == ("InService", "spam-v2")


def test_a_rollback_is_waited_for_too(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.configure("spam-v2")
    account.sandbox.settings(update_seconds=0.2)
    account.sandbox.ending("spam", "update", "rollback", reason="exited")
    account.client.update_endpoint(EndpointName="spam", EndpointConfigName="spam-v2")
    seen = ask(account, lambda gateway: gateway.settled("spam"))
    assert (seen.status, seen.config, seen.failure) == ("InService", "spam-v1", "exited")


def test_what_is_settled_already_costs_one_call(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    assert ask(account, lambda gateway: gateway.settled("spam")).config == "spam-v1"
    assert account.operations().count("DescribeEndpoint") == 1


def test_an_endpoint_that_never_came_to_be_is_absent(account: Any) -> None:
    assert ask(account, lambda gateway: gateway.settled("spam")) == Absent()


# Whose a revision is


@pytest.mark.parametrize(("stack", "presence"), [("prod", Presence.OURS), ("test", Presence.FOREIGN)])
def test_a_revision_is_looked_up_by_its_tags(account: Any, stack: str, presence: Presence) -> None:
    account.configure("spam-v1", stack=stack)
    assert ask(account, lambda gateway: gateway.look_up("spam-v1")) == (presence, presence)


def test_model_and_configuration_are_looked_up_apart(account: Any) -> None:
    account.configure("spam-v1")
    account.client.delete_endpoint_config(EndpointConfigName="spam-v1")
    assert ask(account, lambda gateway: gateway.look_up("spam-v1")) == (Presence.OURS, Presence.ABSENT)


def test_a_revision_that_cannot_be_looked_up_is_unknown(account: Any) -> None:
    account.sandbox.fault("DescribeModel", **DENIED)
    assert ask(account, lambda gateway: gateway.look_up("spam-v1")) == (Presence.UNKNOWN, Presence.ABSENT)


# Making room


def test_a_failed_endpoint_is_deleted_and_its_name_free(account: Any) -> None:
    account.sandbox.ending("spam", "create", "failed")
    account.deploy("spam", "spam-v1")
    account.sandbox.settings(delete_seconds=0.2)
    assert ask(account, lambda gateway: gateway.remove("spam")) is None
    assert account.sandbox.endpoints() == {}


def test_a_failed_endpoint_that_may_not_be_deleted_stands_in_the_way(account: Any) -> None:
    account.sandbox.ending("spam", "create", "failed")
    account.deploy("spam", "spam-v1")
    account.sandbox.fault("DeleteEndpoint", **DENIED)
    answer = ask(account, lambda gateway: gateway.remove("spam"))
    assert answer == Unknown("DeleteEndpoint: AccessDeniedException: not you")


def test_a_package_is_asked_once_in_a_run_whoever_wants_to_know(account: Any) -> None:
    account.sandbox.register("toxicity", members={"CustomerMetadataProperties": {"metric.f1": "0.9"}})
    account.mark = account.sandbox.mark()
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"

    async def looks() -> tuple[Any, Any, Any]:
        its = Gateway(Access("eu-west-1", profile="team"), account.ownership)
        version = Version(1, arn)
        return await its.judged(version, "f1"), await its.package(arn), await its.facts(version, "f1")

    said, package, facts = asyncio.run(looks())
    assert (said.figure, package["ModelPackageVersion"], facts.figures) == ("0.9", 1, {"f1": "0.9"})
    assert account.operations().count("DescribeModelPackage") == 1
