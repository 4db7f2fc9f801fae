"""The control API: what a test or the demo does to the sandbox, and asks of it, beside the AWS calls.

JSON in and out; each request is one row of CONTROL, and acts in the `region` that it names. None of it is in the log of
calls.
"""

import dataclasses
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.aws import autoscaling, events, sharing, sns, validation
from sandbox.aws.calls import Log
from sandbox.aws.cloudwatch import alarms
from sandbox.aws.cloudwatch.metrics import DAY, Metrics, Watched, logged, made_up
from sandbox.aws.faults import BadRule, Faults, rule
from sandbox.aws.identity import Caller, Sessions
from sandbox.aws.permissions import guard
from sandbox.aws.permissions.policy import BadPolicy
from sandbox.aws.rates import Rates
from sandbox.aws.sagemaker import lifecycle
from sandbox.aws.sagemaker.operations import SERVICE as sagemaker
from sandbox.aws.world import ACCOUNT, REGION, AwsError, Ending, Package, World, arn_of, find

ENDINGS = {"create": ("failed",), "update": ("rollback", "silent-rollback", "rollback-failed")}

Content = dict[str, Any]


class BadRequest(Exception):
    """A control request that cannot be done; the text says why."""


@dataclass
class State:
    """All that a sandbox's server knows. `lock` guards `world`; the others guard themselves."""

    inference_file: Path | None = None  # where the inference server writes its port
    world: World = field(default_factory=World)
    lock: threading.RLock = field(default_factory=threading.RLock)
    log: Log = field(default_factory=Log)
    faults: Faults = field(default_factory=Faults)
    metrics: Metrics = field(default_factory=Metrics)
    sessions: Sessions = field(default_factory=Sessions)
    trail_begins: int = 0  # the number of the last call that CloudTrail does not know: it was in another world
    stopped: threading.Event = field(default_factory=threading.Event)
    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        self.metrics.clock = self._now

    def _now(self) -> float:
        """By the clock of the world, which may be moved and be another one."""
        return self.world.clock()

    @property
    def watched(self) -> Watched:
        return Watched(self.metrics, self.world)

    @property
    def inference_url(self) -> str:
        """Where models run; "" until that server has written its port."""
        try:
            port = self.inference_file.read_text().strip() if self.inference_file else ""
        except FileNotFoundError:
            return ""
        return f"http://127.0.0.1:{port}" if port else ""


def image(region: str = REGION) -> str:
    """What the containers of a package run."""
    return f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/text-classifier:1"


def act(state: State, method: str, path: str, content: Content) -> Content:
    """What the request answers. Raises BadRequest."""
    name, *rest = path.split("/")
    if (method, name, len(rest)) not in CONTROL:
        raise BadRequest(f"there is no {method} {path}")
    try:
        with state.lock:
            lifecycle.settle(state.world)
            alarms.evaluate(state.watched)
            return CONTROL[method, name, len(rest)](state, content, *rest)
    except (AwsError, BadRule, BadPolicy, OSError) as error:
        raise BadRequest(str(error)) from error
    except (TypeError, KeyError, ValueError) as error:
        raise BadRequest(f"{method} {path} with {content}: {error!r}") from error


def _region(content: Content) -> str:
    region: str = content.get("region", REGION)
    return region


def _health(state: State, _: Content) -> Content:
    return {"ok": True, "pid": os.getpid(), "inference_url": state.inference_url}


def _calls(state: State, content: Content) -> Content:
    return {"calls": [vars(call) for call in state.log.since(int(content.get("since", 0)))], "next": len(state.log)}


def _show_faults(state: State, _: Content) -> Content:
    return {"faults": state.faults.shown()}


def _add_fault(state: State, content: Content) -> Content:
    return {"id": state.faults.add(rule(content))}


def _remove_faults(state: State, _: Content, *ids: str) -> Content:
    return {"removed": state.faults.remove(*ids)}


def _release_fault(state: State, _: Content, id_: str, verb: str) -> Content:
    if verb != "release":
        raise BadRequest(f"a fault can be released, not {verb!r}")
    return {"removed": state.faults.remove(id_)}


def _show_settings(state: State, _: Content) -> Content:
    return dataclasses.asdict(state.world.settings)


def _change_settings(state: State, content: Content) -> Content:
    content = {name: tuple(value) if isinstance(value, list) else value for name, value in content.items()}
    for documents in content.get("policies", {}).values():
        guard.statements(documents)
    state.world.settings = dataclasses.replace(state.world.settings, **content)
    return _show_settings(state, content)


def _add_ending(state: State, content: Content) -> Content:
    ending = Ending(**content)
    if ending.ending not in ENDINGS[ending.operation]:
        raise BadRequest(f"the endings of {ending.operation} are {', '.join(ENDINGS[ending.operation])}")
    state.world.endings.append(ending)
    return {}


def _provision(state: State, content: Content) -> Content:
    lifecycle.provision(state.world, _region(content), content["endpoint"], content["value"])
    return {}


def _record_invocations(state: State, content: Content) -> Content:
    for at, values in made_up(content, state.world.clock()):
        state.metrics.add(_region(content), content["endpoint"], "AllTraffic", values, at)
    if content["log_bytes"]:
        for day in range(content["days"]):
            at = state.world.clock() - content["ago_seconds"] - day * DAY
            state.metrics.put(logged(_region(content), content["endpoint"]), (content["log_bytes"],), "Bytes", at)
    return {}


def _run_schedule(state: State, content: Content) -> Content:
    autoscaling.run_schedule(state.world, _region(content), content["endpoint"], content["name"])
    return {}


def _show_scaling(state: State, content: Content) -> Content:
    return {"scaling": autoscaling.of_endpoint(state.world, _region(content), content["endpoint"])}


def _set_endpoint_status(state: State, content: Content) -> Content:
    allowed = validation.service("sagemaker").shape_for("EndpointStatus").metadata["enum"]
    if content["status"] not in allowed:
        raise BadRequest(f"an endpoint's status is one of {', '.join(allowed)}")
    lifecycle.set_status(state.world, _region(content), content["endpoint"], content["status"])
    return {}


def _change_package(state: State, content: Content) -> Content:
    region = _region(content)
    arn = content.get("arn") or arn_of(region, "model-package", f"{content['group']}/{content['version']}")
    if "approval" in content:
        change = {"ModelPackageArn": arn, "ModelApprovalStatus": content["approval"]}
        sagemaker.answer(state.world, region, "UpdateModelPackage", change)
    if "stage" in content:
        cycle = {"Stage": content["stage"], "StageStatus": content["stage_status"]}
        change = {"ModelPackageArn": arn, "ModelLifeCycle": cycle}
        sagemaker.answer(state.world, region, "UpdateModelPackage", change)
    if "status" in content:
        _set_status(state.world, region, arn, content["status"])
    return {"arn": arn}


def _set_status(world: World, region: str, arn: str, status: str) -> None:
    package: Package = find(world, region, "model-package", arn)
    modified = world.stamp(package.modified)
    world.packages[package.arn] = dataclasses.replace(package, status=status, modified=modified)


def _seed(state: State, content: Content) -> Content:
    region = _region(content)
    return {"versions": {name: _register(state.world, region, name, rows) for name, rows in content["groups"].items()}}


def _register(world: World, region: str, name: str, rows: list[Content]) -> list[int]:
    arn = arn_of(region, "model-package-group", name)
    if arn not in world.groups:
        sagemaker.answer(world, region, "CreateModelPackageGroup", {"ModelPackageGroupName": name})
    versions = []
    for row in rows:
        version = world.groups[arn].last_version + 1
        package = {
            "ModelPackageGroupName": name,
            "ModelApprovalStatus": row.get("approval", "Approved"),
            "InferenceSpecification": _specification(row, region, row.get("path") or f"{name}/{version}"),
        }
        if not package["InferenceSpecification"]:
            del package["InferenceSpecification"]
        package |= row.get("members", {})
        created = sagemaker.answer(world, region, "CreateModelPackage", package)
        if row.get("status", "Completed") != "Completed":
            _set_status(world, region, created["ModelPackageArn"], row["status"])
        versions.append(version)
    return versions


def _specification(row: Content, region: str, path: str) -> Content:
    """One container with the model at `path`, unless the row says otherwise; empty: the package has none."""
    if "inference_specification" in row:
        given: Content = row["inference_specification"]
        return given
    model = {"ModelDataUrl": f"s3://sandbox-models/{path}/model.tar.gz"}
    if "model_data_source" in row:
        model = {"ModelDataSource": row["model_data_source"]}
    product = {"ProductId": row["product_id"]} if "product_id" in row else {}
    return {
        "Containers": [{"Image": image(region), **model, **product}] * row.get("containers", 1),
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }


def _summary(state: State, content: Content) -> Content:
    """Of one region."""

    def here(records: Mapping[str, Any]) -> list[Any]:
        return [record for arn, record in records.items() if arn.split(":")[3] == _region(content)]

    world, endpoints = state.world, here(state.world.endpoints)
    return {
        "endpoints": {endpoint.name: endpoint.status for endpoint in endpoints},
        "serving": {endpoint.name: endpoint.serving.config for endpoint in endpoints if endpoint.serving},
        "models": [model.name for model in here(world.models)],
        "endpoint_configs": [config.name for config in here(world.configs)],
        "provisioned": {
            endpoint.name: endpoint.serving.serverless.get("ProvisionedConcurrency", 0)
            for endpoint in endpoints
            if endpoint.serving
        },
        "parameters": {parameter.name: parameter.value for parameter in here(world.parameters)},
    }


def _lend(state: State, content: Content) -> Content:
    """To the sandbox of another account, one of whose callers makes a model."""
    try:
        package = sharing.lend(state.world, _region(content), content["arn"], Caller(**content["caller"]))
    except AwsError as error:
        return {"refused": {"message": error.message, "code": error.code, "status": error.status}}
    return {"package": dataclasses.asdict(package)}


def _event(state: State, content: Content) -> Content:
    """From the sandbox of another account, a rule of which sends its events here."""
    try:
        events.arrive(state.world, content["bus"], content["event"], content["sender"])
    except AwsError as error:
        return {"refused": error.message}
    return {}


def _expire(state: State, _: Content) -> Content:
    state.sessions.expire()
    return {}


def _move_clock(state: State, content: Content) -> Content:
    """Time passes for all but faults, rates and temporary credentials; what is due meanwhile happens at its time."""
    clock, seconds = state.world.clock, float(content["seconds"])
    if seconds < 0:
        raise BadRequest("time does not go back")
    state.world.clock = lambda: clock() + seconds
    lifecycle.settle(state.world)
    alarms.evaluate(state.watched)
    return {"now": state.world.clock()}


def _outbox(state: State, _: Content) -> Content:
    return {"outbox": [dataclasses.asdict(message) for message in state.world.outbox]}


def _events(state: State, _: Content) -> Content:
    return {"events": [dataclasses.asdict(happened) for happened in state.world.events]}


def _confirm(state: State, content: Content) -> Content:
    return {"confirmed": sns.confirm(state.world, _region(content), content["endpoint"])}


def _harm(state: State, _: Content) -> Content:
    return {"harm": [dataclasses.asdict(harm) for harm in state.world.harm]}


def _snapshot(state: State, content: Content) -> Content:
    Path(content["file"]).write_text(json.dumps(state.world.snapshot(), indent=1) + "\n")
    return {}


def _restore(state: State, content: Content) -> Content:
    state.world.restore(json.loads(Path(content["file"]).read_text()))
    state.trail_begins = len(state.log)
    state.metrics.clear()
    state.world.outbox.clear()
    state.world.events.clear()
    state.world.clock = time.time  # a clock that was moved belongs to the world before
    return {}


def _stop(state: State, _: Content) -> Content:
    state.faults.remove()
    return {}


# (method, name, number of path parts after it) -> what it does
CONTROL: dict[tuple[str, str, int], Callable[..., Content]] = {
    ("GET", "health", 0): _health,
    ("GET", "calls", 0): _calls,
    ("GET", "faults", 0): _show_faults,
    ("POST", "faults", 0): _add_fault,
    ("POST", "faults", 2): _release_fault,
    ("DELETE", "faults", 0): _remove_faults,
    ("DELETE", "faults", 1): _remove_faults,
    ("GET", "settings", 0): _show_settings,
    ("POST", "settings", 0): _change_settings,
    ("POST", "endings", 0): _add_ending,
    ("POST", "provisioned", 0): _provision,
    ("POST", "schedule", 0): _run_schedule,
    ("GET", "scaling", 0): _show_scaling,
    ("POST", "endpoint", 0): _set_endpoint_status,
    ("POST", "invocations", 0): _record_invocations,
    ("POST", "package", 0): _change_package,
    ("POST", "seed", 0): _seed,
    ("GET", "state", 0): _summary,
    ("GET", "harm", 0): _harm,
    ("POST", "clock", 0): _move_clock,
    ("GET", "outbox", 0): _outbox,
    ("POST", "confirm", 0): _confirm,
    ("POST", "expire", 0): _expire,
    ("POST", "lend", 0): _lend,
    ("POST", "event", 0): _event,
    ("GET", "events", 0): _events,
    ("POST", "snapshot", 0): _snapshot,
    ("POST", "restore", 0): _restore,
    ("POST", "stop", 0): _stop,
}
