"""What a run comes upon for a task with a gate: packages are asked until it is known which version passes."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fleet import seen
from fleet.choice import Champion
from fleet.gate import Said
from fleet.memory import Outcome
from fleet.resources.config import StackSettings
from fleet.resources.situation import Situation, situation
from fleet.seen import Absent, Approved, Live, LiveEndpoint, Version
from fleet.tasks.model import Task
from tests.fleet.worlds import revision


class Gateway:
    """What AWS would say, and what it was asked."""

    def __init__(self, figures: Mapping[int, str], live: Live | None = None) -> None:
        self.asked: list[int] = []
        self.figures, self._live = figures, live or Absent()

    async def judged(self, version: Version, metric: str) -> Said:
        assert metric == "f1_macro"
        self.asked.append(version.number)
        return Said(self.figures[version.number])

    async def listed(self) -> dict[str, Any]:
        return {}

    async def live(self, *_: Any, **__: Any) -> Live:
        return self._live


GATE = {"metric": "f1_macro", "min": 0.8, "max_drop": 0.01}


def found(gateway: Gateway, *approved: int, record: Outcome | None = None, **settings: Any) -> Situation:
    its = {"name": "toxicity", "endpoint": "toxicity", "group": "toxicity", **settings}
    registry = seen.approved([Version(number, f"package/{number}") for number in sorted(approved, reverse=True)])
    last = {"champion": record} if record else {}
    stack: Any = type("Settings", (), {"role": "role"})
    settings_: StackSettings = stack
    there: Any = gateway
    return asyncio.run(situation(Task.model_validate(its), registry, last, there, settings_))


def chosen(of: Situation) -> int:
    answer = of.variants["champion"].answer
    return answer.version if isinstance(answer, Approved) else 0


SERVES_7 = Outcome(endpoint="toxicity", version=7)


def test_where_nothing_is_new_nothing_is_asked() -> None:
    gateway = Gateway({})
    assert (chosen(found(gateway, 7, 6, record=SERVES_7, gate=GATE)), gateway.asked) == (7, [])


def test_what_is_new_and_what_serves_are_asked() -> None:
    gateway = Gateway({8: "0.90", 7: "0.92"})
    assert (chosen(found(gateway, 8, 7, record=SERVES_7, gate=GATE)), gateway.asked) == (7, [8, 7])


def test_what_passed_in_an_earlier_run_is_not_asked_again() -> None:
    record = SERVES_7.with_figures("f1_macro", {8: "0.92", 7: "0.92"})
    gateway = Gateway({})
    of = found(gateway, 8, 7, record=record, gate=GATE)
    assert (chosen(of), gateway.asked) == (8, [])
    assert of.variants["champion"].choice.figures == {8: "0.92", 7: "0.92"}


def test_where_the_state_was_lost_the_endpoint_says_what_serves() -> None:
    live = LiveEndpoint("InService", "toxicity-v7-abc123", "t1", serving=revision(7))
    gateway = Gateway({8: "0.90", 7: "0.92"}, live)
    assert (chosen(found(gateway, 8, 7, gate=GATE)), gateway.asked) == (7, [8, 7])


def test_without_a_gate_nothing_is_asked() -> None:
    gateway = Gateway({})
    assert (chosen(found(gateway, 8, 7, record=SERVES_7)), gateway.asked) == (8, [])


def test_a_challenger_is_chosen_by_what_the_packages_said_already() -> None:
    gateway = Gateway({9: "0.7", 8: "0.93", 7: "0.92"})
    of = found(gateway, 9, 8, 7, record=SERVES_7, gate=GATE, variants={"b": {"weight": 0.1}})
    assert gateway.asked == [9, 8, 7]
    there: Any = gateway
    choices = asyncio.run(of.challengers(Champion(7), there))
    assert isinstance(choices["b"].answer, Approved)
    assert (choices["b"].answer.version, gateway.asked) == (8, [9, 8, 7])
