"""What a run says when every task has ended: a line for each that is not up to date, a total, and its faults."""

from collections.abc import Sequence

import pulumi

from fleet.resources.task import TaskResult
from fleet.status import Status, total
from providers.rollout import Fault


def say(results: Sequence[TaskResult]) -> None:
    """Log how the tasks stand; in an `up`, declare a Fault for each that ended badly.

    Raises pulumi.RunError in a preview where a person has something to mend: no Fault speaks there. Faults come last,
    so that an `up` without --continue-on-error has updated the other tasks by then.
    """
    for result in results:
        champion = result.champion.standing
        if result.champion.warning:
            pulumi.log.warn(f"{result.name}: {result.champion.warning}")
        if result.champion.fault:
            pulumi.log.warn(f"{result.name}: {result.champion.fault}")
        if champion.status is not Status.UP_TO_DATE:
            pulumi.log.info(f"{result.name}: {champion.status}: {champion.reason}")
    pulumi.log.info(total(result.champion.standing.status for result in results))
    if pulumi.runtime.is_dry_run():
        refusals = [f"{result.name}: {result.champion.refusal}" for result in results if result.champion.refusal]
        if refusals:
            raise pulumi.RunError("\n".join(refusals))
        return
    for result in results:
        if result.champion.fault:
            parent = pulumi.ResourceOptions(parent=result.component)
            Fault(f"{result.name}-fault", f"{result.name}: {result.champion.fault}", parent)
