"""How the dashboard of a stack is declared: at the end of a run, and never over another's."""

import json
from typing import Any

from google.protobuf import json_format

from fleet.memory import Move, Verdict
from fleet.resources.aws_types import Dashboard
from fleet.resources.beside.thing import Stands
from fleet.resources.monitoring import dashboard
from fleet.resources.monitoring.ground import Ground
from fleet.resources.task import TaskResult
from fleet.resources.watch import Watch
from fleet.seen import Unknown
from tests.fleet.resources.declaring import Declarations
from tests.fleet.resources.monitoring.stack import Account, on_ground, served

NAME = "fleet-prod-eu-west-1"
DOWN = Unknown("GetDashboard: InternalFailure: down")
LIVE = Move(1, "spam-v1", "2026-11-01T10:00:00+00:00", Verdict.SERVES)


def declared(*results: TaskResult, **given: Any) -> Declarations:
    async def declare(ground: Ground) -> Stands:
        return await dashboard.declare(ground, Watch("fleet/prod"), results)

    return on_ground(declare, **given)


def body(found: Declarations) -> str:
    text = found.inputs("Dashboard")["dashboardBody"]["value"]
    assert isinstance(text, str)
    return text


def known(found: Declarations) -> list[bool]:
    """Of each page, whether its body is: what is not known goes over the wire as a word of the engine's."""
    bodies = (json_format.MessageToDict(page.object)["dashboardBody"] for page in found.requests["Dashboard"])
    return [isinstance(body, dict) for body in bodies]


def test_it_shows_the_moves_and_the_alarms_that_are_there() -> None:
    shown = body(declared(served("spam", LIVE, alarms="slow")))
    assert json.loads(shown)["widgets"]
    assert "spam v1" in shown
    assert "alarm:fleet/prod/spam/slow" in shown
    assert "alarm:fleet/prod/spam/server-errors" not in shown


def test_a_preview_does_not_know_it_where_something_moves() -> None:
    assert known(declared(served("spam", LIVE, moves=True), preview=True)) == [False]


def test_a_preview_knows_it_where_nothing_moves() -> None:
    assert "spam v1" in body(declared(served("spam", LIVE), preview=True))


def test_only_the_page_of_what_moves_is_not_known() -> None:
    many = [served(f"task-{number:03}", alarms="", moves=number == 199) for number in range(200)]
    assert known(declared(*many, preview=True)) == [True, False]


def test_who_does_not_want_it_has_none() -> None:
    assert declared(served("spam"), dashboard=False).types == []


def test_a_fleet_without_an_endpoint_has_none() -> None:
    assert declared().types == []


def test_one_that_the_state_does_not_hold_is_refused_with_the_way_out() -> None:
    found = declared(served("spam"), account=Account(has='{"widgets": []}'))
    assert (found.types, found.result.problem) == ([], dashboard.FOREIGN.format(name=NAME))


def test_one_in_the_state_is_not_looked_up() -> None:
    account = Account(has=DOWN)
    assert declared(served("spam"), account=account, state={Dashboard.TYPE: {NAME: {}}}).types == ["Dashboard"]
    assert account.asked == []


def test_where_it_could_not_be_looked_for_it_is_not_written_and_said() -> None:
    found = declared(served("spam"), account=Account(has=DOWN))
    assert (found.types, found.result.unknown) == ([], f"dashboard {NAME} was not written: {DOWN.error}")


def test_a_renamed_stack_keeps_its_pages() -> None:
    state: dict[str, Any] = {Dashboard.TYPE: {"fleet-old-eu-west-1-2": {}, "fleet-old-eu-west-1": {}}}
    assert declared(served("spam"), state=state).inputs("Dashboard")["dashboardName"] == "fleet-old-eu-west-1"


def test_what_aws_refuses_is_told() -> None:
    found = declared(served("spam"), account=Account(refuses="Dashboard")).result
    assert found.refused == (f"dashboard {NAME} was not written",)


def test_one_that_a_lost_state_held_is_written_again() -> None:
    ours = body(declared(served("spam")))
    assert declared(served("spam"), account=Account(has=ours)).types == ["Dashboard"]
