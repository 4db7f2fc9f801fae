"""What the sandbox's AWS knows, by ARN: the Model Registry, models, endpoints, parameters, scalable targets, tags.

Values and look-ups only; what an operation does to them is in the modules of the services.
"""

import dataclasses
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FIRST_ACCOUNT = "123456789012"
ACCOUNT = os.environ.get("SANDBOX_ACCOUNT") or FIRST_ACCOUNT  # a process of the sandbox plays one account
REGION = "eu-west-1"
EXECUTION_ROLE = "sagemaker-execution"  # Pulumi.sandbox.yaml's

Params = Mapping[str, Any]
Answer = dict[str, Any]
EndingName = Literal["failed", "rollback", "silent-rollback", "rollback-failed"]


class AwsError(Exception):
    """An error as the caller sees it: code, message, HTTP status, and further members."""

    def __init__(self, message: str, code: str = "ValidationException", status: int = 400, **more: Any) -> None:
        super().__init__(message)
        self.message, self.code, self.status, self.more = message, code, status, more


# The trust policy of a role that SageMaker may assume
TRUST: Params = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclass(frozen=True)
class Settings:
    """How the sandbox behaves; times in seconds unless the name says otherwise."""

    create_seconds: float = 0.3
    update_seconds: float = 0.3  # of Updating, and of RollingBack after it
    delete_seconds: float = 0.1
    latency_ms: float = 0  # added to every AWS call
    page_size: int = 0  # most rows of a page, whatever MaxResults says; 0: no limit
    empty_first_page: tuple[str, ...] = ()  # groups whose first ListModelPackages page is empty, with a NextToken
    cold_start_seconds: float = 0  # the first invocation within that time after a deployment is answered "not ready"
    endpoint_limit: int = 50  # serverless endpoints a region
    concurrency_limit: int = 1000  # the sum of their MaxConcurrency
    memory_limit: int = 6144  # MB, of each of them
    image_bytes: Mapping[str, int] = field(default_factory=dict)  # of images in ECR, by repository:tag; 0: not there
    required_tags: tuple[str, ...] = ()  # keys without which an account's policy lets nothing be made
    roles: Params = field(default_factory=lambda: {EXECUTION_ROLE: TRUST})  # name -> trust policy
    # Name of a role -> its policies, which whoever assumed it is held to; a role that is not here may do everything
    policies: Mapping[str, list[Params]] = field(default_factory=dict)
    policies_are_recorded: bool = False  # what they do not allow is done all the same, and in the log
    rates: Mapping[str, float] = field(default_factory=dict)  # operation -> calls a second; others have no limit
    neighbours: Mapping[str, str] = field(default_factory=dict)  # another account -> URL of the sandbox that plays it
    # Name of a model package group -> accounts that AWS RAM shares it with, so that they may deploy its versions
    shared: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    name: str
    arn: str
    created: float  # epoch seconds, as all times here
    details: Params  # request members that are shown again as they came
    last_version: int = 0  # the highest ever, so that a deleted version's number is not given out again

    @property
    def tie(self) -> list[Any]:
        return [self.name]


@dataclass(frozen=True)
class Package:
    name: str  # the group's name where there is one
    arn: str
    group: str  # "" where the package is not versioned
    version: int  # 0 where the package is not versioned
    status: str  # ModelPackageStatus
    created: float
    modified: float
    details: Params
    token: str = ""  # ClientToken with which it was made
    request: str = ""  # digest of that request

    @property
    def tie(self) -> list[Any]:
        return [self.name, self.version]


@dataclass(frozen=True)
class Model:
    name: str
    arn: str
    created: float
    artifact: str  # ModelDataUrl of the container that answers
    details: Params
    containers: list[Params] = field(default_factory=list)  # those of a package in its place

    @property
    def tie(self) -> list[Any]:
        return [self.name]


@dataclass(frozen=True)
class Config:
    name: str
    arn: str
    created: float
    details: Params

    @property
    def variant(self) -> Params:
        variant: Params = self.details["ProductionVariants"][0]
        return variant

    @property
    def model(self) -> str:
        return str(self.variant["ModelName"])

    @property
    def serverless(self) -> Params:
        """Empty for a variant on instances."""
        serverless: Params = self.variant.get("ServerlessConfig", {})
        return serverless

    @property
    def tie(self) -> list[Any]:
        return [self.name]


@dataclass(frozen=True)
class Serving:
    """What an endpoint runs: a copy, because it goes on running when its configuration is deleted."""

    config: str
    variant: str
    model: str
    artifact: str
    weight: float
    serverless: Params  # empty on instances
    since: float
    warm: bool = False  # invoked before, or on instances, which have no cold start
    instances: int = 0


@dataclass(frozen=True)
class Change:
    """What an endpoint is in the middle of."""

    kind: Literal["create", "update", "rollback", "resize", "delete"]
    started: float
    ends: float
    config: str = ""  # of create and update: where it goes
    serverless: Params = field(default_factory=dict)  # of resize
    weight: float | None = None  # of resize
    ending: EndingName | None = None
    reason: str = ""


@dataclass(frozen=True)
class Endpoint:
    name: str
    arn: str
    status: str
    config: str  # as DescribeEndpoint shows it: what serves, or what a creation goes to
    created: float
    modified: float
    failure: str = ""
    serving: Serving | None = None
    change: Change | None = None

    @property
    def tie(self) -> list[Any]:
        return [self.name]


@dataclass(frozen=True)
class Parameter:
    """One of Parameter Store."""

    name: str
    arn: str
    type: str
    value: str
    version: int
    modified: float
    tier: str
    details: Params  # Description, DataType and AllowedPattern, as they are shown


@dataclass(frozen=True)
class ScalableTarget:
    """An endpoint's provisioned concurrency in the hands of Application Auto Scaling."""

    resource: str  # endpoint/<name>/variant/<name>
    arn: str
    created: float
    min: int
    max: int
    suspended: Params
    policies: dict[str, Params] = field(default_factory=dict)  # by name, as they are shown; so are the schedules
    schedules: dict[str, Params] = field(default_factory=dict)


@dataclass(frozen=True)
class Alarm:
    """A metric alarm of CloudWatch."""

    name: str
    arn: str
    details: Params  # members of PutMetricAlarm, as they are shown
    configured: float
    state: str
    reason: str
    updated: float  # of the reason
    transitioned: float  # of the state
    evaluated: float  # up to this minute
    created: float = 0


@dataclass(frozen=True)
class Dashboard:
    name: str
    arn: str
    body: str
    modified: float


@dataclass(frozen=True)
class Topic:
    """One of SNS."""

    name: str
    arn: str
    attributes: dict[str, str]  # those that were set


@dataclass(frozen=True)
class Subscription:
    arn: str
    topic: str  # ARN
    protocol: str
    endpoint: str
    is_confirmed: bool
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EventRule:
    """One of EventBridge."""

    name: str
    arn: str
    pattern: str
    state: str
    description: str
    targets: dict[str, Params] = field(default_factory=dict)  # by id, as they are shown
    bus: str = "default"


@dataclass(frozen=True)
class EventBus:
    """One beside the default bus, which every account has."""

    name: str
    arn: str
    policy: str = ""  # who may put events on it, as JSON


@dataclass(frozen=True)
class Happened:
    """An event on a bus of this account; one that a bus of another account was sent, where it did not take it."""

    bus: str  # ARN
    event: Params
    refused: str = ""


@dataclass(frozen=True)
class LogGroup:
    name: str
    arn: str
    created: float
    retention_days: int = 0  # 0: for ever
    key: str = ""  # ARN of the KMS key; "": CloudWatch's own


@dataclass(frozen=True)
class Message:
    """What somebody published to a topic, and who got it."""

    topic: str  # ARN; also of one that does not exist
    source: str  # cloudwatch.amazonaws.com, or the account
    subject: str
    body: str
    at: float
    to: tuple[str, ...] = ()  # endpoints of confirmed subscriptions
    refused: str = ""  # why it went nowhere


@dataclass
class Ending:
    """What becomes of the next creations or updates of an endpoint."""

    endpoint: str  # "*": any
    operation: Literal["create", "update"]
    ending: EndingName
    reason: str = ""  # FailureReason; may be empty
    times: int = 1  # 0: always


@dataclass(frozen=True)
class Harm:
    """Something was deleted that an endpoint needs: SageMaker lets it happen, and its documentation says never to."""

    operation: str
    name: str
    endpoint: str
    why: str
    at: float


@dataclass
class World:
    groups: dict[str, Group] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    configs: dict[str, Config] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    targets: dict[str, ScalableTarget] = field(default_factory=dict)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    dashboards: dict[str, Dashboard] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    rules: dict[str, EventRule] = field(default_factory=dict)
    buses: dict[str, EventBus] = field(default_factory=dict)
    log_groups: dict[str, LogGroup] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    group_policies: dict[str, str] = field(default_factory=dict)  # ARN of a group -> its policy, as JSON
    repository_policies: dict[str, str] = field(default_factory=dict)  # the same of a repository of ECR
    borrowed: dict[str, Package] = field(default_factory=dict)  # of other accounts, as CreateModel was last lent them
    announced: dict[str, str] = field(default_factory=dict)  # ARN of an endpoint -> the status of its last event
    outbox: list[Message] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)
    crossing: list[Happened] = field(default_factory=list)  # on their way to buses of other accounts
    harm: list[Harm] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    endings: list[Ending] = field(default_factory=list)
    clock: Callable[[], float] = time.time

    def stamp(self, after: float = 0) -> float:
        """The time in milliseconds' precision, later than `after`: two changes never have the same time."""
        return max(round(self.clock(), 3), round(after + 0.001, 3))

    def snapshot(self) -> dict[str, Any]:
        """Everything that AWS would still know tomorrow, ready for JSON; not what the sandbox alone knows."""
        kept: dict[str, Any] = {
            attribute: [dataclasses.asdict(record) for record in getattr(self, attribute).values()]
            for attribute in RECORDS
        }
        tags = {arn: dict(tags) for arn, tags in self.tags.items()}
        policies = {name: dict(getattr(self, name)) for name in POLICIES}
        return kept | {"tags": tags} | policies

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take over what `snapshot` gave; everything there was before is gone."""
        for attribute, record in RECORDS.items():
            # An older snapshot has no parameters and no targets
            setattr(self, attribute, {row["arn"]: _record(record, row) for row in kept.get(attribute, ())})
        self.tags = {arn: dict(tags) for arn, tags in kept["tags"].items()}
        for name in POLICIES:
            setattr(self, name, dict(kept.get(name, {})))
        self.announced = {arn: endpoint.status for arn, endpoint in self.endpoints.items()}


def _record(record: type, row: Mapping[str, Any]) -> Any:
    nested = {"serving": Serving, "change": Change}
    return record(**{key: nested[key](**value) if key in nested and value else value for key, value in row.items()})


@dataclass(frozen=True)
class Kind:
    """A kind of thing that has an ARN."""

    attribute: str  # of World
    record: type
    missing: str  # SageMaker's message


KINDS = {
    "model-package-group": Kind("groups", Group, "ModelPackageGroup {arn} does not exist."),
    "model-package": Kind("packages", Package, "ModelPackage {arn} does not exist."),
    "model": Kind("models", Model, 'Could not find model "{arn}".'),
    "endpoint-config": Kind("configs", Config, 'Could not find endpoint configuration "{arn}".'),
    "endpoint": Kind("endpoints", Endpoint, 'Could not find endpoint "{arn}".'),
}

# Attribute of World -> what it holds
RECORDS: dict[str, type] = {
    **{kind.attribute: kind.record for kind in KINDS.values()},
    "parameters": Parameter,
    "targets": ScalableTarget,
    "alarms": Alarm,
    "dashboards": Dashboard,
    "topics": Topic,
    "subscriptions": Subscription,
    "rules": EventRule,
    "buses": EventBus,
    "log_groups": LogGroup,
}


POLICIES = ("group_policies", "repository_policies")


def arn_of(region: str, kind: str, name: str) -> str:
    """The ARN; SageMaker lower-cases the name in it, which is what makes names collide whatever their case."""
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:{kind}/{name.lower()}"


def find(world: World, region: str, kind: str, name_or_arn: str) -> Any:
    """The thing of that name or ARN. An ARN of another account or region does not exist here.

    Raises AwsError (ValidationException, as SageMaker does for everything that is not there).
    """
    is_arn = name_or_arn.startswith("arn:")
    arn = name_or_arn if is_arn else arn_of(region, kind, name_or_arn)
    here = arn_of(region, kind, "")
    records: dict[str, Any] = getattr(world, KINDS[kind].attribute)
    # A foreign ARN stays whole behind `here`, which is the key of nothing.
    record = records.get(here + arn.removeprefix(here).lower())
    if record is None or not (is_arn or name_or_arn.partition("/")[0] == record.name):
        raise AwsError(KINDS[kind].missing.format(arn=arn))
    return record
