"""What a run says when every task has ended: a line for each that is not up to date, a total, and its faults."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import pulumi

from fleet.resources.beside.thing import Stands
from fleet.resources.task import TaskResult
from fleet.resources.variant import Result
from fleet.status import ATTENTION, Status, one_line, total
from fleet.tasks.model import title
from providers.rollout import Fault

# The exit code of a program whose error has been shown (sdk/python/cmd/pulumi-language-python, 3.79). After any other
# the language host adds "an unhandled error occurred: program exited with non-zero exit code".
SHOWN = 32


def telling(program: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """The program, which ends in the sentence of a pulumi.RunError and in nothing else."""

    async def told() -> None:
        try:
            await program()
        except pulumi.RunError as refusal:
            pulumi.log.error(str(refusal))
            raise SystemExit(SHOWN) from None

    return told


@dataclass(frozen=True)
class _Said:
    """One variant, and how messages call it."""

    title: str
    variant: Result
    parent: pulumi.Resource

    def line(self, text: str) -> str:
        return f"{self.title}: {one_line(text)}"


def faults(results: Sequence[TaskResult], watched: Stands) -> int:
    """How many variants ended badly, or had something refused; what watches over the stack counts as one."""
    variants = [variant for result in results for variant in result.variants.values()]
    of_the_stack = watched.problem or watched.unknown or watched.refused
    return sum(bool(variant.fault or variant.outcome.refused) for variant in variants) + bool(of_the_stack)


def say(results: Sequence[TaskResult], watched: Stands, monitoring: pulumi.Resource) -> None:
    """Log how the tasks stand, what needs attention first; in an `up`, declare a Fault for each that ended badly.

    `watched` is what came of what watches over the stack as a whole, under `monitoring`.

    Raises pulumi.RunError in a preview where a person has something to mend: no Fault speaks there. Faults come last,
    so that an `up` without --continue-on-error has updated the other tasks by then.
    """
    said = sorted(_all(results), key=_attention)
    for one in said:
        if one.variant.warning:
            pulumi.log.warn(one.line(one.variant.warning))
    for one in said:
        standing = one.variant.standing
        if standing.status is not Status.UP_TO_DATE:
            pulumi.log.info(one.line(f"{standing.status}: {standing.reason}"))
    if watched.unknown and pulumi.runtime.is_dry_run():
        pulumi.log.warn(f"monitoring: {watched.unknown}")
    pulumi.log.info(total(result.champion.standing.status for result in results))
    if pulumi.runtime.is_dry_run():
        refusals = [one.line(one.variant.refusal) for one in said if one.variant.refusal]
        refusals += [watched.problem] if watched.problem else []
        if refusals:
            raise pulumi.RunError("\n".join(refusals))
        return
    for one in said:
        if one.variant.fault:
            name, opts = f"{one.title.replace('/', '-')}-fault", pulumi.ResourceOptions(parent=one.parent)
            Fault(name, one.line(one.variant.fault), opts)
    if of_the_stack := watched.problem or watched.unknown:
        Fault("monitoring-fault", f"monitoring: {of_the_stack}", pulumi.ResourceOptions(parent=monitoring))


def _all(results: Sequence[TaskResult]) -> list[_Said]:
    return [
        _Said(title(result.name, name), variant, result.component)
        for result in results
        for name, variant in result.variants.items()
    ]


def _attention(said: _Said) -> tuple[bool, int]:
    """What is not deployed by decision comes last."""
    return said.variant.outcome.by_decision, ATTENTION.index(said.variant.standing.status)
