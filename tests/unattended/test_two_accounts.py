"""A registry in another account, by two sandboxes: what bootstrap/ declares carries an approval from bus to bus."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sandbox.lab.handle import Sandbox
from tests.accounts import THEIRS as REGISTRY
from tests.accounts import two_accounts
from tests.bootstrap.declaring import GITHUB, Made, declare
from tests.unattended.bus import Bus
from tests.unattended.forge import open_forge

PACKAGE = f"arn:aws:sagemaker:eu-west-1:{REGISTRY}:model-package/urgency"


@pytest.fixture(scope="module")
def declared() -> tuple[Made, Made]:
    """What is declared here, and in the account of the registry."""
    here = declare({**GITHUB, "registryAccount": REGISTRY})
    return here, declare({"account": REGISTRY, "stack": "prod", "forwardTo": here.outputs["bus"]})


@pytest.fixture(scope="module")
def accounts(
    declared: tuple[Made, Made], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sandbox, Sandbox]]:
    """Both, with it made in them: the bus and who may send to it, the rule and its target."""
    here, there = declared
    with two_accounts(tmp_path_factory.mktemp("accounts")) as (ours, theirs):
        bus, permission = here.one("EventBus").inputs["name"], here.one("EventBusPolicy").inputs["policy"]
        ours.client("events").create_event_bus(Name=bus)
        ours.client("events").put_permission(EventBusName=bus, Policy=permission)
        rule, target = there.one("EventRule").inputs, there.one("EventTarget").inputs
        sends = theirs.client("events")
        sends.put_rule(Name=rule["name"], EventPattern=rule["eventPattern"])
        sends.put_targets(
            Rule=rule["name"], Targets=[{"Id": "bus", "Arn": target["arn"], "RoleArn": target["roleArn"]}]
        )
        yield ours, theirs


def on_the_bus(ours: Sandbox, made: Made) -> list[Mapping[str, Any]]:
    return [one.event for one in ours.events() if one.bus == made.outputs["bus"]]


def test_an_approval_in_the_account_of_the_registry_starts_a_run_here_and_a_stamp_none(
    accounts: tuple[Sandbox, Sandbox], declared: tuple[Made, Made]
) -> None:
    (ours, theirs), (here, _) = accounts, declared
    theirs.register("urgency")  # approved from the first
    theirs.register("urgency", approval="PendingManualApproval")
    theirs.approve("urgency", 2)
    stamp = {"CustomerMetadataProperties": {"seen": "yes"}}
    theirs.client("sagemaker").update_model_package(ModelPackageArn=f"{PACKAGE}/2", **stamp)

    crossed = on_the_bus(ours, here)

    assert [event["detail"]["ModelPackageArn"] for event in crossed] == [f"{PACKAGE}/1", f"{PACKAGE}/2"]
    with open_forge() as forge:
        for event in crossed:
            Bus(here, forge).put(event)
        assert [run["client_payload"] for run in forge.dispatched] == [
            {"package": f"{PACKAGE}/{number}", "status": "Approved"} for number in (1, 2)
        ]
