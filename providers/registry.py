"""ApprovedModels: what the Model Registry says of every group, asked at once when the stack runs.

One resource a stack. It asks in `check`, because only what check returns is known in a preview. Module path and class
names are stored in the state of every stack: never rename them.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from fleet import wire
from fleet.access import KNOWN, Access, understand
from fleet.aws import reading, registry, session
from fleet.seen import Answer, Approved, NothingApproved, Unknown
from providers import outputs

if TYPE_CHECKING:
    from fleet.choice import Questions  # the provider's process need not read what a task list is


class ApprovedModelsProvider(ResourceProvider):
    """Owns nothing in AWS; keeps the last answers in the state."""

    serialize_as_secret_always = False
    _config: Mapping[str, object] = MappingProxyType({})

    def configure(self, req: ConfigureRequest) -> None:
        """Keep what tells who asks AWS: the engine hands a stack's whole configuration to dynamic providers."""
        said = {key: req.config.get(key) for key in (f"aws:{name}" for name in KNOWN)}
        self._config = {key: value for key, value in said.items() if value is not None}

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Ask the registry. An error is an answer too: a raise or a failure here would end the run for every task."""
        news = wire.whole(news)
        groups, asked = wire.given(news, "groups"), wire.given(news, "asked") or {}
        where = {"aws:region": news["region"], "aws:profile": news["profile"]}
        role = news.get("registry_role") or ""
        answers = session.ask(lambda: self._ask({**self._config, **where}, role, groups, asked))
        if isinstance(answers, Unknown):
            answers = dict.fromkeys(groups, answers)
        told = {"groups": groups, "asked": asked, "answers": wire.encode(answers)}
        seen = {"region": news["region"], "profile": news["profile"], "approved": _in_lines(answers)}
        if role:
            seen["registry_role"] = role
        return CheckResult({**seen, **{wire.hidden(key): told[key] for key in told}}, [])

    @staticmethod
    def _ask(
        config: Mapping[str, object], role: str, groups: Sequence[str], asked: Mapping[str, Any]
    ) -> dict[str, Answer]:
        access = replace(understand(config, os.environ), registry_role=role)
        client = session.sagemaker(access)
        return registry.ask(client, groups, **asked, reader=reading.by(client, access))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=not wire.same(olds, news, "groups", "asked", "answers"))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("approved-models", props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(news)


class ApprovedModels(Resource, module="registry", name="ApprovedModels"):
    """The approved versions of all groups. A diff shows a line for each that changed, and its neighbours."""

    def __init__(self, name: str, questions: "Questions", access: Access) -> None:
        self._questions = questions
        props = {
            **outputs.resolvable("answers", "asked"),
            wire.hidden("groups"): list(questions.groups),
            wire.hidden("asked"): _asked(questions),
            "region": access.region,
            "profile": access.profile,
            # Only where there is one: for other stacks nothing changes
            **({"registry_role": access.registry_role} if access.registry_role else {}),
        }
        super().__init__(ApprovedModelsProvider(), name, props, pulumi.ResourceOptions(retain_on_delete=True))

    async def known_answers(self) -> dict[str, Answer]:
        """The answer of every group. Raises pulumi.RunError where they are unknown: that never means "nothing".

        With --target the state's may come back: a group of which something else was asked then has none.
        """
        is_known, answers = await outputs.known(self, "answers")
        if not is_known:
            raise pulumi.RunError(
                "the registry's answers are not known, and nothing may be declared without them; "
                "with --target, name ApprovedModels among the targets"
            )
        (_, was), now = await outputs.known(self, "asked"), _asked(self._questions)
        return {
            group: _from_here(wire.decode(Answer, answer))
            for group, answer in (answers or {}).items()
            if _of(was, group) == _of(now, group)
        }


def _in_lines(answers: Mapping[str, Answer]) -> str:
    """What is approved, as people are shown it. No YAML, which the engine would unfold (see wire.pack)."""
    return "\n".join(f"{group} {_in_words(answer)}" for group, answer in sorted(answers.items()))


def _in_words(answer: Answer) -> str:
    match answer:
        case Approved(version):
            return str(version)
        case NothingApproved():
            return "nothing"
    return "not known"


def _from_here(answer: Answer) -> Answer:
    """The answer; an error says whose it is, for it is handed on to those who asked somebody else."""
    return replace(answer, error=f"registry: {answer.error}") if isinstance(answer, Unknown) else answer


def _asked(questions: "Questions") -> dict[str, Any]:
    """What is asked beside the newest version, as the arguments of `registry.ask`."""
    pins = {group: list(versions) for group, versions in questions.pins.items()}
    asked = {"pins": pins, "soaks": dict(questions.soaks), "series": list(questions.series)}
    # Only where there are any: for a list without stages nothing is asked that was not asked before
    stages = {group: [list(one) for one in wanted] for group, wanted in questions.stages.items()}
    return {**asked, "stages": stages} if stages else asked


def _of(asked: Mapping[str, Any] | None, group: str) -> tuple[object, ...]:
    """What was asked of one group."""
    asked = wire.whole(asked or {})
    by_group = (asked.get(what, {}).get(group) for what in ("pins", "soaks", "stages"))
    return (*by_group, group in asked.get("series", ()))
