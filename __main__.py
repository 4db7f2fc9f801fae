"""Keep every endpoint of the task list on the latest approved version of its model package group."""

import asyncio
from typing import Any

import pulumi

from fleet.aws.region import Region
from fleet.resources import report, stack, teardown
from fleet.resources.task import roll_out
from fleet.tasks import TaskListError, load
from providers.registry import ApprovedModels


async def main() -> dict[str, Any]:
    settings = stack.read()
    region = Region(settings.region, settings.profile, settings.ownership)  # starts reading AWS in threads
    try:
        tasks = load(settings.tasks, name_prefix=settings.name_prefix)
    except TaskListError as error:
        raise pulumi.RunError(str(error)) from None

    last = await stack.last_outcomes()  # before the first resource: the engine is not saving yet
    teardown.refuse_mass([task.endpoint for task in tasks], last, await region.listed(), settings.max_teardown)

    groups = sorted({task.group for task in tasks})
    answers = await ApprovedModels("approved-models", groups, settings.region, settings.profile).known_answers()
    results = await asyncio.gather(
        *(roll_out(task, answers[task.group], last.get(task.name, {}), region, settings) for task in tasks)
    )
    report.say(results)
    return {result.task.name: result.output() for result in results}


pulumi.run(main)
