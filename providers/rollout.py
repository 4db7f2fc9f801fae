"""Rollout: the decision for one variant, with its Intent kept in the state. Fault: the one resource that raises.

A pure `check` around `fleet.rollout.decide`; nothing here asks AWS. Module path and class names are stored in the state
of every stack: never rename them.
"""

import inspect
import logging
from typing import Any

import grpc
import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from fleet import wire
from fleet.memory import Intent, Outcome
from fleet.revision import Settings
from fleet.rollout import Plan, decide
from fleet.seen import Answer, Live
from providers import outputs


class RolloutProvider(ResourceProvider):
    """Owns nothing in AWS; its inputs in the state are the write-ahead log of one variant."""

    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Decide. Returns only what stays the same from preview to up: `up --plan` compares it."""
        plan, written = decide(
            wire.decode(Settings, news["settings"]),
            wire.decode(Answer, news["answer"]),
            wire.decode(Live, news["live"]),
            wire.decode(Intent, intent) if (intent := wire.given(olds, "intent")) else None,
            wire.decode(Outcome, news["outcome"]) if "outcome" in news else None,
        )
        decided = {"settings": wire.whole(news["settings"]), "plan": wire.encode(plan), "intent": wire.encode(written)}
        return CheckResult({"target": plan.target, **{wire.hidden(key): decided[key] for key in decided}}, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        # Not the intent: it is saved with the inputs even where nothing changes, and what was seen is no change.
        return DiffResult(changes=not wire.same(olds, news, "settings", "plan"))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("rollout", _outputs(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_outputs(news))


def _outputs(props: dict[str, Any]) -> dict[str, Any]:
    # The intent is read from the inputs; among the outputs it would be old, and a third of the state.
    return {key: value for key, value in props.items() if key != wire.hidden("intent")}


class Rollout(Resource, module="rollout", name="Rollout"):
    """What one variant is to serve. A diff shows the configuration that it goes to, and nothing of how that came."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        answer: Answer,
        live: Live,
        outcome: Outcome | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        asked: dict[str, object] = {"settings": settings, "answer": answer, "live": live}
        if outcome:
            asked["outcome"] = outcome
        super().__init__(
            RolloutProvider(),
            name,
            {**wire.encode(asked), **outputs.resolvable("plan")},
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=True)),
        )

    async def known_plan(self) -> Plan:
        """The plan. Raises pulumi.RunError where it is unknown: that never means "declare less"."""
        is_known, plan = await outputs.known(self, "plan")
        if not is_known:
            raise pulumi.RunError(
                f"{self.pulumi_resource_name}: its plan is not known, and nothing may be declared without it; "
                "with --target, name its Rollout among the targets"
            )
        decided: Plan = wire.decode(Plan, plan)
        return decided


class FaultProvider(ResourceProvider):
    """Raises, so that the run ends red with a sentence. What was never created never gets into the state."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        logging.getLogger("grpc._server").disabled = True  # it would print a traceback under the sentence
        sentence = props[wire.hidden("reason")]
        _answer(sentence)
        raise Exception(sentence)


def _answer(sentence: str) -> None:
    """Make the sentence all that the engine shows; gRPC would put "Exception calling application: " before it.

    The SDK gives a provider no hold of the call that it is to answer. Its servicer has it, as `context`, in the frame
    that called us (pulumi/dynamic/__main__.py, 3.259). In a release where it is not there, those words come back.
    """
    frame = inspect.currentframe()
    while frame:
        call = frame.f_locals.get("context")
        if isinstance(call, grpc.ServicerContext):
            call.set_details(sentence)
            return
        frame = frame.f_back


class Fault(Resource, module="rollout", name="Fault"):
    """Makes the run red for one task, after every task has ended."""

    def __init__(self, name: str, reason: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__(FaultProvider(), name, {wire.hidden("reason"): reason}, opts)
