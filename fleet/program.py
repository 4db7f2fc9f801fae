"""Keep every endpoint of the task list on the latest approved version of its model package group.

This is what `pulumi` runs: a project's `__main__.py` imports `run` and calls it.
"""

import asyncio
from datetime import UTC, datetime

import pulumi

import fleet.resources.tuning  # noqa: F401 - for what it does, before the imports that follow cost anything
from fleet.aws import candidates
from fleet.aws.gateway import Gateway
from fleet.choice import NOT_ASKED, questions, torn_down
from fleet.resources import budget, config, last_run, preflight, report, teardown
from fleet.resources.beside.parameter import Parameters
from fleet.resources.beside.thing import all_of
from fleet.resources.monitoring import alerts, dashboard, notice, signals
from fleet.resources.monitoring.ground import Ground
from fleet.resources.situation import situation
from fleet.resources.task import Run, roll_out, settle, take_down
from fleet.seen import Unknown
from fleet.tasks.load import TaskListError, load
from providers.registry import ApprovedModels


async def main() -> None:
    began, settings = datetime.now(UTC), config.read()
    today = began.date()
    gateway = Gateway(settings.access, settings.ownership)  # starts reading AWS in threads
    try:
        tasks = load(settings.tasks, name_prefix=settings.name_prefix, at=settings.place)
    except TaskListError as error:
        raise pulumi.RunError(str(error)) from None
    leaving = {task.name for task in tasks if torn_down(task, today)}
    wanted = [task for task in tasks if task.name not in leaving]
    staying = {endpoint for task in wanted for endpoint in task.endpoints}

    last = await last_run.read()  # before the first resource: the engine is not saving yet
    gateway.in_state = last.in_state
    leave = await teardown.guarded(staying, last, gateway, settings, today)
    tariff = await budget.guarded(wanted, last, gateway, settings, today)
    if not pulumi.runtime.is_dry_run() and (left := await candidates.clear(gateway)):
        pulumi.log.warn(f"what smoke tests of a killed run left could not be removed: {left.error}")

    parameters = Parameters(settings, [task.name for task in tasks], last)
    models = ApprovedModels("approved-models", questions(wanted), settings.access)
    answers = await models.known_answers()
    found = await asyncio.gather(
        *(
            situation(task, answers.get(task.group, Unknown(NOT_ASKED)), last.of(task.name), gateway, settings)
            for task in wanted
        )
    )
    found = await preflight.check(found, gateway, settings)
    ground = Ground(settings, last, gateway)
    watch = await alerts.watch(ground)
    run = Run(gateway, settings, parameters, leave, watch)
    of_events = await alerts.send_events_on(ground, watch, staying)
    results = await asyncio.gather(
        *(roll_out(each, run) for each in found),
        *(take_down(task, today, last.of(task.name), run) for task in tasks if task.name in leaving),
    )
    await teardown.wait_for({name for result in results for name in result.endpoints}, last, gateway)
    results = await settle(results, parameters)
    watched = all_of([of_events, await dashboard.declare(ground, watch, results)])
    faults = report.faults(results, watched)
    watched = all_of([watched, await alerts.declare_alarm_of_runs(ground, watch, is_well=not faults)])
    await signals.send(ground, results, faults=report.faults(results, watched), began=began)
    for result in results:  # before anything is said: a preview that is refused shows them too
        pulumi.export(result.name, result.output())
    notice.say(ground, watch, results, tariff)
    report.say(results, watched, ground.parent)


def run() -> None:
    """Load, ask, declare every task, export. The engine must have started this process."""
    pulumi.run(report.telling(main))
