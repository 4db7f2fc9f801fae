"""What carries a stack's tags although its state does not have it: found here, and taken away again.

Plain calls that block. What the state holds is asked in fleet/cli/state.py; whether to delete, in
fleet/cli/commands/orphans.py. Whatever could not be found out makes nothing an orphan.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from fleet.aws import endpoints, session
from fleet.aws.alarms import tags as tags_of_alarm
from fleet.aws.operator import alarms
from fleet.revision import reads_as_revision
from fleet.seen import IN_TRANSITION, Unknown
from fleet.tags import Ownership

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sagemaker import SageMakerClient

LONGEST_WAIT = 600.0  # seconds until a deleted endpoint is gone; what the AWS provider waits too
FIRST_POLL, LAST_POLL = 0.5, 15.0  # seconds between two polls, growing

SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})
UNWANTED = "not in the state, and the task list wants no endpoint of this name"

T = TypeVar("T")
K = TypeVar("K")


class Kind(StrEnum):
    """In the words of their ARNs, and in the order in which they can be deleted."""

    ENDPOINT = "endpoint"
    CONFIG = "endpoint-config"
    MODEL = "model"
    ALARM = "alarm"


@dataclass(frozen=True)
class Resource:
    """One of them, as its list gives it."""

    kind: Kind
    name: str
    arn: str
    status: str = ""  # EndpointStatus
    watches: str = ""  # of an alarm: the endpoint's name, "" where it watches the stack itself


@dataclass(frozen=True)
class Orphan:
    """This stack's by its tags, and by them alone."""

    resource: Resource
    reason: str
    serves: bool = False  # callers may depend on it: only a person may delete it, and not by this program
    needed_by: frozenset[str] = frozenset()  # orphaned endpoints that have to be gone first


@dataclass(frozen=True)
class Leftovers:
    """What is left in one Region."""

    orphans: tuple[Orphan, ...]
    other_stacks: Mapping[str, int]  # how many resources have the tags of another stack of the same project
    notes: tuple[str, ...] = ()  # what the next run takes care of
    unknown: tuple[str, ...] = ()  # what could not be found out, a sentence each

    def __add__(self, more: "Leftovers") -> "Leftovers":
        others = Counter(self.other_stacks) + Counter(more.other_stacks)
        return Leftovers(
            (*self.orphans, *more.orphans),
            dict(sorted(others.items())),
            (*self.notes, *more.notes),
            (*self.unknown, *more.unknown),
        )


def list_all(client: "SageMakerClient") -> list[Resource]:
    """Every endpoint, endpoint configuration and model of the Region, kind by kind, by name."""
    kinds = (_endpoints, _configs, _models)
    return [one for kind in kinds for one in sorted(kind(client), key=lambda one: one.name)]


def _endpoints(client: "SageMakerClient") -> Iterable[Resource]:
    for page in client.get_paginator("list_endpoints").paginate(PaginationConfig={"PageSize": 100}):
        for row in page["Endpoints"]:
            yield Resource(Kind.ENDPOINT, row["EndpointName"], row["EndpointArn"], row["EndpointStatus"])


def _configs(client: "SageMakerClient") -> Iterable[Resource]:
    for page in client.get_paginator("list_endpoint_configs").paginate(PaginationConfig={"PageSize": 100}):
        for row in page["EndpointConfigs"]:
            yield Resource(Kind.CONFIG, row["EndpointConfigName"], row["EndpointConfigArn"])


def _models(client: "SageMakerClient") -> Iterable[Resource]:
    for page in client.get_paginator("list_models").paginate(PaginationConfig={"PageSize": 100}):
        for row in page["Models"]:
            yield Resource(Kind.MODEL, row["ModelName"], row["ModelArn"])


def sort_out(
    client: "SageMakerClient",
    listed: Sequence[Resource],
    in_state: Collection[tuple[Kind, str]],
    wanted: Collection[str],
    ownership: Ownership,
) -> Leftovers:
    """The orphans: this stack's by their tags, not in its state, and wanted by nobody; those that serve are marked so.

    `listed` must be older than `in_state`, else what a run makes in between looks like an orphan. `wanted` names the
    endpoints of the task list: those are taken over by the next run, in the state or not.
    """
    suspects = [one for one in listed if (one.kind, one.name) not in in_state and _may_be_ours(one)]
    tags = _each(suspects, lambda one: endpoints.tags_of(client, one.arn))
    unknown = [f"{one.kind} {one.name}: {said.error}" for one, said in tags.items() if isinstance(said, Unknown)]
    read = {one: said for one, said in tags.items() if isinstance(said, dict)}
    ours = [one for one, said in read.items() if ownership.covers(said)]
    lost = [one for one in ours if one.kind is Kind.ENDPOINT and one.status != "Deleting"]
    notes = [f"{one.name}: not in the state; the next `pulumi up` takes it over" for one in lost if one.name in wanted]
    orphans = [_orphaned(one) for one in lost if one.name not in wanted]
    doomed = {orphan.resource.name for orphan in orphans if not orphan.serves}
    unused, more_unknown = _unused(client, listed, ours, in_state, doomed)
    return Leftovers((*orphans, *unused), _others(read.values(), ownership), tuple(notes), (*unknown, *more_unknown))


def list_alarms(cloudwatch: "CloudWatchClient", project: str) -> list[Resource]:
    """Every alarm that a stack of this project may have made, by name.

    Not by the stack's name: after a rename a stack's alarms are called as it was called before.
    """
    rows = alarms.rows(cloudwatch, AlarmNamePrefix=f"{project}/")
    found = (Resource(Kind.ALARM, row["AlarmName"], row["AlarmArn"], watches=_watched(row)) for row in rows)
    return sorted(found, key=lambda one: one.name)


def _watched(row: Mapping[str, Any]) -> str:
    """The endpoint of an alarm's metric, or of the first one that its expression reckons with."""
    stats = [query["MetricStat"]["Metric"] for query in row.get("Metrics", ()) if "MetricStat" in query]
    named = (one["Value"] for of in (row, *stats) for one in of.get("Dimensions", ()) if one["Name"] == "EndpointName")
    return next(named, "")


def sort_out_alarms(
    cloudwatch: "CloudWatchClient",
    listed: Sequence[Resource],
    in_state: Collection[tuple[Kind, str]],
    staying: Collection[str],
    doomed: Collection[str],
    ownership: Ownership,
) -> Leftovers:
    """This stack's alarms by their tags that are not in its state, and watch nothing that stays.

    `staying` are the endpoints that are there or are wanted, without those that are `doomed`; "" is the stack itself.
    """
    suspects = [one for one in listed if (one.kind, one.name) not in in_state]
    tags = _each(suspects, lambda one: tags_of_alarm(cloudwatch, one.arn))
    unknown = [f"{one.kind} {one.name}: {said.error}" for one, said in tags.items() if isinstance(said, Unknown)]
    read = {one: said for one, said in tags.items() if isinstance(said, dict)}
    ours = [one for one, said in read.items() if ownership.covers(said)]
    orphans = [_orphaned_alarm(one, doomed) for one in ours if one.watches not in staying]
    kept = len(ours) - len(orphans)
    notes = (f"alarms not in the state that stay: {kept}; the next `pulumi up` takes over those that are asked for",)
    return Leftovers(tuple(orphans), _others(read.values(), ownership), notes if kept else (), tuple(unknown))


def _orphaned_alarm(alarm: Resource, doomed: Collection[str]) -> Orphan:
    if alarm.watches in doomed:  # until that is gone, it may still be called
        only = frozenset({alarm.watches})
        return Orphan(alarm, f"not in the state, and watches {alarm.watches}, an orphan too", needed_by=only)
    if alarm.watches:
        return Orphan(alarm, f"not in the state, and watches {alarm.watches}, which is not there")
    return Orphan(alarm, "not in the state, and the stack's configuration asks for no such alarm")


def _others(tags: Iterable[Mapping[str, str]], ownership: Ownership) -> dict[str, int]:
    """How many of these are of other stacks of the project."""
    others = Counter(one.get("fleet:stack", "") for one in tags if one.get("fleet:project") == ownership.project)
    del others[ownership.stack]
    return dict(sorted(others.items()))


def _may_be_ours(resource: Resource) -> bool:
    return resource.kind is Kind.ENDPOINT or reads_as_revision(resource.name)


def _orphaned(endpoint: Resource) -> Orphan:
    if reads_as_revision(endpoint.name):  # no task's endpoint may be called so: it is a candidate
        return Orphan(endpoint, "left by a smoke test that did not come to its end")
    if endpoint.status not in SERVING:
        return Orphan(endpoint, f"{endpoint.status}; {UNWANTED}")
    way_out = "put it back into the task list, or delete it yourself once nobody calls it"
    return Orphan(endpoint, f"in service, but {UNWANTED}: {way_out}", serves=True)


def _unused(
    client: "SageMakerClient",
    listed: Sequence[Resource],
    ours: Sequence[Resource],
    in_state: Collection[tuple[Kind, str]],
    doomed: Collection[str],
) -> tuple[list[Orphan], list[str]]:
    """Our configurations and models that no remaining endpoint needs; else why that could not be found out."""
    revisions = [one for one in ours if one.kind is not Kind.ENDPOINT]
    if not revisions:
        return [], []
    users, unknown = _users(client, [one.name for one in listed if one.kind is Kind.ENDPOINT], revisions)
    if unknown:
        left_alone = f"which configurations and models serve is not known, so {len(revisions)} of them are left alone"
        return [], [*unknown, left_alone]
    orphans = []
    for one in revisions:
        needed_by = users[one.kind, one.name]
        kept = one.kind is Kind.MODEL and (Kind.CONFIG, one.name) in in_state  # a rollback may lead there
        if kept or not needed_by <= set(doomed):
            continue
        used = f"used by {', '.join(sorted(needed_by))} alone" if needed_by else "used by no endpoint"
        orphans.append(Orphan(one, f"not in the state, and {used}", needed_by=frozenset(needed_by)))
    return orphans, []


def _users(
    client: "SageMakerClient", names: Sequence[str], revisions: Sequence[Resource]
) -> tuple[Mapping[tuple[Kind, str], set[str]], list[str]]:
    """The endpoints that serve, or go to, a configuration or a model; and what could not be found out."""
    users: dict[tuple[Kind, str], set[str]] = defaultdict(set)
    live = _each(names, lambda name: client.describe_endpoint(EndpointName=name))
    for endpoint, shown in live.items():
        if not shown or isinstance(shown, Unknown):
            continue
        for place in (shown, shown.get("PendingDeploymentSummary", {})):
            if used := place.get("EndpointConfigName"):
                users[Kind.CONFIG, str(used)].add(endpoint)
        if shown["EndpointStatus"] in IN_TRANSITION and "PendingDeploymentSummary" not in shown:
            for one in revisions:  # AWS does not say where this endpoint moves: any revision of its own is possible
                if one.name.startswith(f"{endpoint}-v"):
                    users[one.kind, one.name].add(endpoint)
    used_configs = [name for kind, name in users if kind is Kind.CONFIG]
    configs = _each(used_configs, lambda name: client.describe_endpoint_config(EndpointConfigName=name))
    for config, held in configs.items():
        models = {config}  # where it was deleted while it serves: ours have a model of the same name
        if held and not isinstance(held, Unknown):
            variants = (*held["ProductionVariants"], *held.get("ShadowProductionVariants", ()))
            models = {variant["ModelName"] for variant in variants if "ModelName" in variant}
        for model in models:
            users[Kind.MODEL, model] |= users[Kind.CONFIG, config]
    failures = (*live.items(), *configs.items())
    return users, [f"{name}: {said.error}" for name, said in failures if isinstance(said, Unknown)]


def delete(client: "SageMakerClient", resources: Sequence[Resource]) -> dict[Resource, str]:
    """Delete resources of one kind, endpoints until they are gone: what stands in the way of each, "" = it is gone."""
    sent = _each(resources, lambda one: _delete(client, one))
    said = {one: answer.error if isinstance(answer, Unknown) else "" for one, answer in sent.items()}
    going = {one.name for one in resources if one.kind is Kind.ENDPOINT and not said[one]}
    still_there = _wait(client, going)
    return {one: said[one] or still_there.get(one.name, "") for one in resources}


def delete_alarms(cloudwatch: "CloudWatchClient", resources: Sequence[Resource]) -> dict[Resource, str]:
    """The same for alarms: a hundred a call, of which CloudWatch deletes all or none."""
    said: dict[Resource, str] = {}
    for first in range(0, len(resources), alarms.MOST_NAMES):
        some = resources[first : first + alarms.MOST_NAMES]
        names = [one.name for one in some]
        answer = session.ask(partial(_delete_alarms, cloudwatch, names))
        said |= dict.fromkeys(some, answer.error if isinstance(answer, Unknown) else "")
    return said


def _delete_alarms(cloudwatch: "CloudWatchClient", names: Sequence[str]) -> None:
    cloudwatch.delete_alarms(AlarmNames=names)


def _delete(client: "SageMakerClient", resource: Resource) -> None:
    match resource.kind:
        case Kind.ENDPOINT:
            client.delete_endpoint(EndpointName=resource.name)
        case Kind.CONFIG:
            client.delete_endpoint_config(EndpointConfigName=resource.name)
        case Kind.MODEL:
            client.delete_model(ModelName=resource.name)


def _wait(client: "SageMakerClient", going: Collection[str]) -> dict[str, str]:
    """Wait until none of these endpoints is listed; those that still are in the end, and why."""
    pause, until = FIRST_POLL, time.monotonic() + LONGEST_WAIT
    while going:
        rows = session.ask(lambda: endpoints.list_all(client))
        if isinstance(rows, Unknown):
            return dict.fromkeys(going, rows.error)
        going = rows.keys() & going
        if time.monotonic() > until:
            return dict.fromkeys(going, f"not gone after {LONGEST_WAIT / 60:.0f} minutes")
        if going:
            time.sleep(pause)
            pause = min(pause * 1.5, LAST_POLL)
    return {}


def _each(asked: Sequence[K], call: Callable[[K], T]) -> dict[K, T | Unknown | None]:
    """What a call says of each, in threads: None where it is not there, Unknown where that could not be found out."""

    def ask(one: K) -> T | Unknown | None:
        return session.ask(lambda: session.if_there(lambda: call(one), None))

    with ThreadPoolExecutor(session.THREADS) as pool:
        return dict(zip(asked, pool.map(ask, asked), strict=True))
