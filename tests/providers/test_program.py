"""The dynamic resources as the program meets them: what it is given, and that it never goes on without."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import mocks

from fleet import wire
from fleet.access import Access
from fleet.choice import Questions
from fleet.revision import Settings, revise
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Approved, NothingApproved, Unknown
from providers.registry import ApprovedModels
from providers.rollout import Fault, Rollout

SETTINGS = Settings("toxicity", "role", memory_mb=2048, max_concurrency=5)
ONE = revise(SETTINGS, 1, "package/1")
PLAN = Plan(Kind.RUN, (ONE,), ONE, target=ONE.name, turn=1)
ANSWERS = {"spam": Approved(1, "package/1"), "topic": NothingApproved()}


class Engine(mocks.Mocks):
    """Gives back the inputs with what check would have added."""

    def __init__(self, **checked: Any) -> None:
        self.checked = checked
        self.requests: list[Any] = []  # of the dynamic resources

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return "id", {**args.inputs, **self.checked}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        return {}, None


class Monitor(mocks.MockMonitor):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.requests = engine.requests

    def RegisterResource(self, request: Any) -> Any:
        if request.type.startswith("pulumi-python:"):
            self.requests.append(request)
        return super().RegisterResource(request)


def run(engine: Engine, program: Callable[[], Awaitable[Any]]) -> Any:
    """What the program ends with, in a preview."""

    async def main() -> Any:
        mocks.set_mocks(engine, "sagemaker-endpoint-manager", "prod", preview=True, monitor=Monitor(engine))
        return await program()

    return asyncio.run(main())


def rollout() -> Rollout:
    return Rollout("toxicity", SETTINGS, Approved(1, "package/1"), Absent(), None, pulumi.ResourceOptions())


def approved_models() -> ApprovedModels:
    return ApprovedModels("approved-models", Questions(("spam", "topic")), Access("eu-west-1"))


@pytest.mark.parametrize("name", ["__plan", "plan"], ids=["this release", "a state of 0.3"])
def test_the_program_gets_the_plan(name: str) -> None:
    plan = wire.encode(PLAN) | {"turn": 1.0}
    assert run(Engine(**{name: plan}), lambda: rollout().known_plan()) == PLAN


def test_a_plan_that_is_unknown_ends_the_run() -> None:
    with pytest.raises(pulumi.RunError, match=r"^toxicity: its plan is not known"):
        run(Engine(), lambda: rollout().known_plan())


@pytest.mark.parametrize("name", ["__answers", "answers"], ids=["this release", "a state of 0.3"])
def test_the_program_gets_the_answer_of_every_group(name: str) -> None:
    answers = wire.encode(ANSWERS)
    assert run(Engine(**{name: answers}), lambda: approved_models().known_answers()) == ANSWERS


@pytest.mark.parametrize("name", ["__asked", "asked"], ids=["this release", "a state of 0.3"])
def test_an_answer_to_another_question_is_none(name: str) -> None:
    """As with --target, where the state's come back."""
    was = {"pins": {"spam": [7]}, "soaks": {}, "series": []}
    state = {"__answers": wire.encode(ANSWERS), "__asked": None, name: was}
    assert run(Engine(**state), lambda: approved_models().known_answers()) == {"topic": NothingApproved()}


def asked(questions: Questions) -> Any:
    request = registered(lambda: ApprovedModels("approved-models", questions, Access("eu-west-1")))
    return json_format.MessageToDict(request.object[wire.hidden("asked")])


def test_a_list_without_stages_asks_what_it_always_asked() -> None:
    """What is asked is in the state: another key there would be a change of every stack."""
    assert asked(Questions(("spam",))) == {"pins": {}, "soaks": {}, "series": []}


def test_stages_are_asked_for_where_there_are_any() -> None:
    stages = {"spam": [("Production", "", 24)]}
    assert asked(Questions(("spam",), stages=stages))["stages"] == {"spam": [["Production", "", 24]]}


@pytest.mark.parametrize("was", [{}, {"stages": {"spam": [["Production", "", 0]]}}])
def test_an_answer_to_another_question_of_stages_is_none(was: Any) -> None:
    """As with --target, where the state's answers come back."""
    questions = Questions(("spam", "topic"), stages={"spam": [("Staging", "", 0)]})
    before = {"pins": {}, "soaks": {}, "series": [], **was}
    engine = Engine(**{wire.hidden("answers"): wire.encode(ANSWERS), wire.hidden("asked"): before})

    async def program() -> Any:
        return await ApprovedModels("approved-models", questions, Access("eu-west-1")).known_answers()

    assert run(engine, program) == {"topic": NothingApproved()}


def test_what_the_registry_did_not_tell_is_said_to_be_the_registrys() -> None:
    answers = wire.encode({"spam": Unknown('model package group "spam": down')})
    assert run(Engine(__answers=answers), lambda: approved_models().known_answers()) == {
        "spam": Unknown('registry: model package group "spam": down')
    }


def test_answers_that_are_unknown_end_the_run() -> None:
    with pytest.raises(pulumi.RunError, match=r"^the registry's answers are not known.*name ApprovedModels"):
        run(Engine(), lambda: approved_models().known_answers())


def registered(resource: Callable[[], pulumi.Resource]) -> Any:
    """The request with which it is registered."""
    engine = Engine()

    async def program() -> None:
        await resource().urn.future()

    run(engine, program)
    (request,) = engine.requests
    return request


def test_a_rollout_without_a_record_sends_none() -> None:
    assert set(registered(rollout).object) == {"settings", "answer", "live", "__provider"}


@pytest.mark.parametrize("resource", [rollout, approved_models], ids=["Rollout", "ApprovedModels"])
def test_what_owns_nothing_needs_no_provider_to_go(resource: Callable[[], pulumi.Resource]) -> None:
    """A later release may not have its class any more."""
    assert registered(resource).retainOnDelete


def fault() -> pulumi.Resource:
    task = pulumi.ComponentResource("fleet:Task", "spam")
    return Fault("spam-fault", "spam: no", pulumi.ResourceOptions(parent=task))


def test_a_fault_is_a_child_of_its_task() -> None:
    assert registered(fault).parent.endswith("$fleet:Task::spam")


def test_a_diff_does_not_show_what_the_fault_says_itself() -> None:
    assert set(registered(fault).object) == {"__reason", "__provider"}
