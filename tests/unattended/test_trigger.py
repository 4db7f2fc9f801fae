"""From the event of an approval to the forge that is asked for a run, by what bootstrap/ declares."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fleet_bootstrap.approval import EVENT_TYPE

from fleet.cli.covered import covers
from fleet.cli.history import Run
from sandbox.lab.folder import ROOT
from tests.bootstrap.declaring import CODEBUILD, GITHUB, GITLAB, Made, declare
from tests.unattended.bus import APPROVED, Bus, event, matches, rendered
from tests.unattended.forge import Forge, open_forge

REGISTRY = "210987654321"


@pytest.fixture(scope="module", params=[GITHUB, GITLAB], ids=["github", "gitlab"])
def made(request: pytest.FixtureRequest) -> Made:
    return declare(request.param)


@pytest.fixture
def forge() -> Iterator[Forge]:
    with open_forge() as opened:
        yield opened


@pytest.fixture
def bus(made: Made, forge: Forge) -> Bus:
    return Bus(made, forge)


@pytest.mark.parametrize(
    ("sent", "starts"),
    [
        (event(), True),
        (event(ModelApprovalStatus="Rejected"), True),
        (event(UpdatedModelPackageFields=None), True),  # registered as approved
        (event(ModelPackageGroupName="a-task-of-tomorrow"), True),
        (event(UpdatedModelPackageFields=["CustomerMetadataProperties"]), False),  # a stamp on an approved package
        (event(UpdatedModelPackageFields=["ModelLifeCycle"]), False),
        (event(ModelApprovalStatus="PendingManualApproval", UpdatedModelPackageFields=None), False),
        ({**event(), "detail-type": "SageMaker Endpoint State Change"}, False),
        ({**event(), "source": "somebody.else"}, False),
    ],
)
def test_only_what_changes_an_approval_starts_a_run(bus: Bus, forge: Forge, sent: dict[str, Any], starts: bool) -> None:
    bus.put(sent)

    assert len(forge.runs) == starts
    assert not bus.undelivered


def test_ten_events_of_a_burst_make_two_runs_at_most(forge: Forge) -> None:
    bus = Bus(declare(GITHUB), forge)
    for _ in range(10):
        bus.put(event())
    for _ in range(10):
        forge.end_run()

    assert len(forge.dispatched) == 10
    assert len(forge.runs) == 2


@pytest.mark.parametrize("code", [401, 500])
def test_a_forge_that_refuses_is_asked_again_and_then_somebody_is_told(bus: Bus, forge: Forge, code: int) -> None:
    forge.broken = code

    bus.put(event())

    assert forge.asked > 1
    assert bus.undelivered == [event()]
    assert bus.firing() == {"undelivered"}


def test_a_forge_that_does_not_answer_in_time_is_the_same(made: Made, forge: Forge) -> None:
    forge.is_silent = True
    bus = Bus(made, forge, answer_seconds=0.05)

    bus.put(event())

    assert bus.undelivered == [event()]
    assert bus.firing() == {"undelivered"}


def test_a_forge_that_comes_back_takes_the_event_and_nobody_is_told(bus: Bus, forge: Forge) -> None:
    forge.broken, forge.broken_times = 500, 2

    bus.put(event())

    assert len(forge.runs) == 1
    assert bus.firing() == set()


def test_github_is_told_which_package_it_was_and_gitlab_nothing(bus: Bus, forge: Forge) -> None:
    bus.put(event())

    [run] = forge.runs
    if "event_type" in run:
        assert run == {
            "event_type": EVENT_TYPE,
            "client_payload": {"package": APPROVED["detail"]["ModelPackageArn"], "status": "Approved"},
        }
    else:
        assert run.keys() == {"ref", "token"}


@pytest.mark.parametrize("name", ["gitlab-ci.yml", "buildspec.yml"])
def test_where_each_of_a_burst_gets_its_turn_all_but_two_find_that_they_are_covered(name: str) -> None:
    assert "fleet.cli.covered" in (ROOT / "ci" / name).read_text()
    asked = [datetime.fromisoformat(APPROVED["time"]) + timedelta(seconds=number) for number in range(10)]
    runs: list[Run] = []
    began = asked[0] + timedelta(seconds=5)  # while it is under way, the others come
    for since in asked:
        if not (runs and covers(runs[-1], since)):
            runs.append(Run("update", "succeeded", began, began + timedelta(minutes=3), {}))
            began += timedelta(minutes=4)

    assert len(runs) == 2


def test_a_build_is_told_when_it_was_approved() -> None:
    made = declare(CODEBUILD)

    override = {"name": "FLEET_APPROVED_AT", "type": "PLAINTEXT", "value": APPROVED["time"]}
    assert rendered(made.one("EventTarget", "approvals"), APPROVED) == {"environmentVariablesOverride": [override]}


def test_the_events_of_a_registry_elsewhere_cross_to_the_bus_and_start_a_run_there(forge: Forge) -> None:
    here = declare({**GITHUB, "registryAccount": REGISTRY})
    there = declare({"account": REGISTRY, "stack": "prod", "forwardTo": here.outputs["bus"]})
    sent = {**event(), "account": REGISTRY}
    assert matches(there.one("EventRule"), sent)

    # The envelope's account stays that of the registry
    crossed = rendered(there.one("EventTarget"), sent)
    assert crossed == sent
    Bus(here, forge).put(crossed)
    assert len(forge.runs) == 1

    Bus(here, forge).put(event())  # of an account whose registry is nobody's here
    assert len(forge.dispatched) == 1
