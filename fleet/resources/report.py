"""What a run says when every task has ended: a line for each that is not up to date, a total, and its faults."""

from collections.abc import Sequence

import pulumi

from fleet.resources.task import TaskResult
from fleet.resources.variant import Result
from fleet.status import Status, total
from fleet.tasks import title
from providers.rollout import Fault


def say(results: Sequence[TaskResult]) -> None:
    """Log how the tasks stand; in an `up`, declare a Fault for each that ended badly.

    Raises pulumi.RunError in a preview where a person has something to mend: no Fault speaks there. Faults come last,
    so that an `up` without --continue-on-error has updated the other tasks by then.
    """
    said = [(result, variant) for result in results for variant in result.variants.values()]
    for result, variant in said:
        name = _title(result, variant)
        for problem in (variant.warning, variant.fault):
            if problem:
                pulumi.log.warn(f"{name}: {problem}")
        if variant.standing.status is not Status.UP_TO_DATE:
            pulumi.log.info(f"{name}: {variant.standing.status}: {variant.standing.reason}")
    pulumi.log.info(total(result.champion.standing.status for result in results))
    if pulumi.runtime.is_dry_run():
        refusals = [f"{_title(result, variant)}: {variant.refusal}" for result, variant in said if variant.refusal]
        if refusals:
            raise pulumi.RunError("\n".join(refusals))
        return
    for result, variant in said:
        if variant.fault:
            name, parent = _title(result, variant), pulumi.ResourceOptions(parent=result.component)
            Fault(f"{name.replace('/', '-')}-fault", f"{name}: {variant.fault}", parent)


def _title(result: TaskResult, variant: Result) -> str:
    return title(result.name, variant.variant)
