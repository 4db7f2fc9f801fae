"""What the fleet cost before a run asks for anything: read of what the last run wrote, of the state, and of AWS.

Pure: outputs, resources and names come in. What the last run wrote itself says it best, because no refresh takes it
away; of a fleet that no run has written it of, the state tells as much as it can.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from fleet import wire
from fleet.cost.bill import Key
from fleet.cost.budget import Asked, Past
from fleet.cost.estimate import Billed
from fleet.cost.month import Provisioned
from fleet.guard import Written
from fleet.memory import ALARMS, COST, Outcome
from fleet.monitoring.alarms import RUNS, metrics_of
from fleet.revision import Settings
from fleet.tasks.model import Schedule


def record(its: Billed) -> str:
    """What is written of a variant for the next run: the same for the same, byte for byte."""
    said: dict[str, Any] = {"mb": its.memory_mb, "alarms": its.alarm_metrics}
    if its.provisioned:
        said |= {"slots": its.provisioned.slots, "most": its.provisioned.most}
        said["schedules"] = [each.model_dump(mode="json") for each in its.provisioned.schedules]
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def recorded(text: str) -> Billed | None:
    """What a run has written of a variant; None where it wrote nothing, or another release wrote something else."""
    try:
        said = json.loads(text)
        schedules = tuple(Schedule(**each) for each in said.get("schedules", ()))
        kept = Provisioned(said["slots"], said["most"], schedules) if "slots" in said else None
        return Billed(said["mb"], kept, said["alarms"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def of_settings(its: Settings, alarm_metrics: int = 0, schedules: tuple[Schedule, ...] = ()) -> Billed:
    """What a variant costs that runs under these settings."""
    slots = its.provisioned_concurrency
    if slots is None:
        return Billed(its.memory_mb, None, alarm_metrics)
    limits = its.scaling
    kept = Provisioned(limits.least, limits.most, schedules) if limits else Provisioned(slots, slots)
    return Billed(its.memory_mb, kept, alarm_metrics)


def settled(resources: Iterable[Mapping[str, Any]]) -> dict[str, Billed]:
    """What the last run asked for, by endpoint: of the state's resources, each with its `type` and its `outputs`.

    What it asked for is among the outputs of a Rollout, whatever then came of it.
    """
    settings: dict[str, Settings] = {}
    schedules: dict[str, list[Schedule]] = {}
    kinds: dict[str, list[str]] = {}
    for resource in resources:
        outputs = resource["outputs"]
        try:
            match resource["type"]:
                case "pulumi-python:dynamic/rollout:Rollout":
                    its = wire.decode(Settings, wire.given(outputs, "settings"))
                    settings[its.endpoint] = its
                case "aws:appautoscaling/scheduledAction:ScheduledAction":
                    schedules.setdefault(outputs["resourceId"].split("/")[1], []).append(_schedule(outputs))
                case "aws:cloudwatch/metricAlarm:MetricAlarm" if not outputs["name"].endswith(f"/{RUNS}"):
                    *_, endpoint, kind = outputs["name"].split("/")
                    kinds.setdefault(endpoint, []).append(kind)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            continue  # what cannot be read counts as it is asked for now
    return {
        name: of_settings(its, metrics_of(kinds.get(name, ())), tuple(schedules.get(name, ())))
        for name, its in settings.items()
    }


def _schedule(outputs: Mapping[str, Any]) -> Schedule:
    action = wire.whole(outputs["scalableTargetAction"])
    return Schedule(
        name=outputs["name"],
        cron=outputs["schedule"].removeprefix("cron(").removesuffix(")"),
        timezone=outputs.get("timezone") or "UTC",
        min=action["minCapacity"],
        max=action["maxCapacity"],
    )


def of(
    asked: Asked,
    endpoints: Mapping[Key, str],
    written: Written,
    state: Mapping[str, Billed],
    listed: Collection[str],
    looked_up: Mapping[str, Billed] | None = None,
) -> Past:
    """What is known of the fleet before this run asks for anything.

    `endpoints` are the names of those that are asked for; `state` is what settled() tells; `listed` names those that
    AWS has. `looked_up` says, by endpoint, what AWS has where the state does not name what serves; see of_settings().
    """
    names = {**endpoints, **_written_names(written)}  # where the prefix changes: as they were called then
    known = {key: its for key, name in names.items() if (its := _known(key, name, asked, written, state))}
    there = {key: name for of_them in (endpoints, names) for key, name in of_them.items() if name in listed}
    return Past(written, known, {key: (looked_up or {}).get(name) for key, name in there.items()})


def _written_names(written: Written) -> dict[Key, str]:
    return {
        (task, variant): outcome.endpoint
        for task, variants in written.items()
        for variant, outcome in variants.items()
        if outcome.endpoint
    }


def _known(key: Key, name: str, asked: Asked, written: Written, state: Mapping[str, Billed]) -> Billed | None:
    task, variant = key
    outcome = written.get(task, {}).get(variant, Outcome())
    if its := recorded(outcome.beside.get(COST, "")):
        return its
    if (found := state.get(name)) is None:
        return None
    # An alarm that somebody deleted is in the record, and one that AWS refused in neither: it had been asked for.
    metrics = max(found.alarm_metrics, metrics_of(outcome.beside.get(ALARMS, "").split()))
    if outcome.refused and key in asked:
        metrics = max(metrics, asked[key][0].alarm_metrics)
    return replace(found, alarm_metrics=metrics)
