"""ApprovedModels: what the Model Registry says of every group, asked at once when the stack runs.

One resource a stack. It asks in `check`, because only what check returns is known in a preview. Module path and class
names are stored in the state of every stack: never rename them.
"""

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from fleet import wire
from fleet.aws import registry, session
from fleet.rollout import Answer, Unknown

if TYPE_CHECKING:
    from fleet.choice import Questions  # the provider's process need not read what a task list is


_BESIDE = ("pins", "soaks", "series")  # what is asked beside the newest version


class ApprovedModelsProvider(ResourceProvider):
    """Owns nothing in AWS; keeps the last answers in the state."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Ask the registry. An error is an answer too: a raise or a failure here would end the run for every task."""
        news = wire.whole(news)
        asked = news["groups"], news.get("pins", {}), news.get("soaks", {}), news.get("series", ())
        answers = session.ask(lambda: registry.ask(session.sagemaker(news["region"], news["profile"]), *asked))
        if isinstance(answers, Unknown):
            answers = dict.fromkeys(news["groups"], answers)
        return CheckResult({**news, "answers": wire.encode(answers)}, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=not wire.same(olds, news, "groups", "answers", *_BESIDE))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("approved-models", props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(news)


class ApprovedModels(Resource, module="registry", name="ApprovedModels"):
    """The approved versions of all groups."""

    answers: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, questions: "Questions", region: str, profile: str) -> None:
        asked = {**wire.encode(questions), "region": region, "profile": profile, "answers": None}
        self._asked = {key: asked[key] for key in _BESIDE if key in asked}
        super().__init__(ApprovedModelsProvider(), name, asked, pulumi.ResourceOptions(retain_on_delete=True))

    async def known_answers(self) -> dict[str, Answer]:
        """The answer of every group. Raises pulumi.RunError where they are unknown: that never means "nothing".

        With --target the state's may come back: a group of which something else was asked then has none.
        """
        if not await self.answers.is_known():
            raise pulumi.RunError("the registry's answers are not known; nothing may be declared without them")
        answers = await self.answers.future() or {}
        for key in self._asked:
            was, now = (_by_group(one) for one in (await getattr(self, key).future(), self._asked[key]))
            answers = {group: answer for group, answer in answers.items() if was.get(group) == now.get(group)}
        return {group: wire.decode(Answer, answer) for group, answer in answers.items()}


def _by_group(asked: Any) -> dict[str, Any]:
    asked = wire.whole(asked or {})
    return asked if isinstance(asked, dict) else dict.fromkeys(asked, True)
