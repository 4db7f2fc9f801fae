"""The task list as frozen values: what can be set, with its limits, its default and a sentence for editors.

What one value may be is fleet/tasks/values.py, and what a setting does to a revision is fleet/revision.py. For people:
docs/tasks.md.
"""

import math
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)

from fleet.tasks.settings import ExpectedTraffic, Gate, LanguageModel, Settings
from fleet.tasks.values import (
    ANY_STAGE,
    COOLDOWN,
    GROUP,
    IMAGE,
    JSON,
    KEY,
    MEDIA_TYPE,
    PART,
    SPECIFICATION,
    STAGE,
    VARIABLE,
    Concurrency,
    Cooldown,
    Cron,
    Environment,
    Label,
    LogRetention,
    MemorySize,
    Name,
    Owner,
    Payload,
    Region,
    TimeZone,
    Words,
    is_json,
)

CHAMPION = "champion"  # the variant that every task has, under the task's own name


def title(task: str, variant: str) -> str:
    """How messages call a variant: the champion by its task's name alone."""
    return task if variant == CHAMPION else f"{task}/{variant}"


def _not_below_min(most: int, info: ValidationInfo) -> int:
    if most < info.data.get("min", most):
        raise ValueError(f"{most} is less than min ({info.data['min']})")
    return most


class Schedule(Settings):
    """Other limits of provisioned concurrency from a point in time on."""

    name: Name = Field(description="Name of the schedule, once a task.")
    cron: Cron = Field(description="When it begins: what Application Auto Scaling takes inside cron(…).")
    timezone: TimeZone = Field(default="UTC", description="Time zone of `cron`, for example Europe/Berlin.")
    min: Concurrency = Field(description="Fewest provisioned calls at a time from then on.")
    max: Concurrency = Field(description="Most provisioned calls at a time from then on.")

    _in_order = field_validator("max")(_not_below_min)


class Scaling(Settings):
    """Automatic scaling of provisioned concurrency."""

    min: Concurrency = Field(description="Fewest provisioned calls at a time.")
    max: Concurrency = Field(description="Most provisioned calls at a time; at most `max_concurrency`.")
    target_utilization: float = Field(
        default=0.7, gt=0, le=1, description="Share of provisioned concurrency to keep in use."
    )
    scale_in_cooldown_seconds: Cooldown = Field(
        default=COOLDOWN, description="Seconds between taking concurrency away and taking away more."
    )
    scale_out_cooldown_seconds: Cooldown = Field(
        default=COOLDOWN, description="Seconds between adding concurrency and adding more."
    )
    schedules: tuple[Schedule, ...] = Field(default=(), strict=False, description="Other limits at certain times.")

    _in_order = field_validator("max")(_not_below_min)

    @field_validator("schedules")
    @classmethod
    def _stay_within(cls, schedules: tuple[Schedule, ...], info: ValidationInfo) -> tuple[Schedule, ...]:
        is_known = info.data.keys() >= {"min", "max"}  # else they are what is wrong
        least, most = (info.data["min"], info.data["max"]) if is_known else (1, math.inf)
        seen: set[str] = set()
        for schedule in schedules:
            if schedule.min < least or schedule.max > most:
                limits = f"min {schedule.min} and max {schedule.max}"
                raise ValueError(f"{schedule.name}: {limits} must be within those of scaling ({least} and {most})")
            if schedule.name in seen:
                raise ValueError(f"{schedule.name}: two schedules have this name")
            seen.add(schedule.name)
        return schedules


class Thresholds(Settings):
    """When a smoke test has passed."""

    min_agreement: float = Field(
        default=1.0, gt=0, le=1, description="Share of the cases that must give what they expect."
    )
    max_latency_ms: int | None = Field(
        default=None,
        ge=1,
        le=60_000,
        description="Longest time of a warm call, in milliseconds; not checked without it.",
    )


class Case(Settings):
    """One call of a smoke test."""

    payload: Payload = Field(description="What is sent.")
    expect: str = Field(description="The label that must come back.")


class SmokeTest(Thresholds):
    """Calls that a new revision must answer before consumers see it."""

    content_type: str = Field(default=JSON, pattern=MEDIA_TYPE, description="Media type of the payloads.")
    label: Label = Field(default="label", description="JMESPath of the label in the JSON answer.")
    cases: tuple[Case, ...] = Field(
        strict=False, json_schema_extra={"minItems": 1}, description="The calls and what they must answer."
    )

    @field_validator("cases")
    @classmethod
    def _try_something(cls, cases: tuple[Case, ...], info: ValidationInfo) -> tuple[Case, ...]:
        if not cases:
            raise ValueError("needs at least one case")
        content_type = info.data.get("content_type", JSON)
        if not is_json(content_type) and not all(isinstance(case.payload, str) for case in cases):
            raise ValueError(f"every payload must be text, in quotes, because content_type is {content_type}")
        return cases


class Pin(Settings):
    """One version, whatever else is approved."""

    version: int = Field(ge=1, description="The approved version that is to serve.")
    reason: Words = Field(description="Why, for whoever reads the status.")
    owner: Owner = Field(description="Who decided, and whom to ask.")
    until: date = Field(description="Last day, UTC, on which nobody needs to look at it again.")


class Hold(Settings):
    """What serves stays, whatever else is approved."""

    reason: Words = Field(description="Why, for whoever reads the status.")
    owner: Owner = Field(description="Who decided, and whom to ask.")
    until: date = Field(description="Last day, UTC, on which nobody needs to look at it again.")


class Retired(Settings):
    """A task that is gone, and where its callers go."""

    successor: Words = Field(description="What callers use instead; the task's output names it.")
    since: date = Field(description="Day from which it is gone.")


Share = Annotated[float, Field(gt=0, le=1)]


class Alarms(Settings):
    """What somebody is told of a task's endpoints, and from which value on (fleet/monitoring/alarms.py)."""

    level: Literal["none", "basic", "full"] = Field(
        default="basic", description="Which alarms each endpoint has: `none`, `basic` (three) or `full`."
    )
    error_rate: Share = Field(default=0.05, description="Share of calls that the endpoint answers with a 5XX.")
    latency_ms: int = Field(
        default=2000, ge=1, le=60_000, description="95th percentile of the model's own time, in milliseconds."
    )
    concurrency: Share = Field(default=0.8, description="Share of `max_concurrency` in use.")
    client_error_rate: Share = Field(default=0.2, description="`full`: share of calls that are answered with a 4XX.")
    memory: Share = Field(default=0.9, description="`full`: share of `memory_mb` in use.")
    cold_start_share: Share = Field(default=0.2, description="`full`: share of an hour's calls that start a container.")
    silent_hours: int | None = Field(
        default=None, ge=1, le=168, description="Hours without one call, from which on somebody is told."
    )


class Sizes(Settings):
    """What a serverless endpoint is made of, apart from the version of its model."""

    memory_mb: MemorySize = Field(default=2048, description="Memory in MB; SageMaker gives CPU in proportion.")
    max_concurrency: Concurrency = Field(
        default=5, description="Most calls at a time; more are refused, not queued. Counts against the account's quota."
    )
    provisioned_concurrency: Concurrency | None = Field(
        default=None,
        description="Calls at a time kept warm, at most `max_concurrency`. Costs money all day; without it, none.",
    )
    environment: Environment = Field(
        default={},
        validate_default=True,
        description="Environment variables of the container, values in quotes. Public: nothing secret goes here.",
    )
    inference_specification: str | None = Field(
        default=None,
        pattern=SPECIFICATION,
        description="Name of an additional inference specification of the package. Without it, the package's own.",
    )
    kms_key: str | None = Field(
        default=None,
        pattern=KEY,
        description="ARN of the KMS key that encrypts SageMaker's copy of the container image. Without it, AWS's own.",
    )
    scaling: Scaling | None = Field(default=None, description="Automatic scaling of `provisioned_concurrency`.")

    @field_validator("provisioned_concurrency")
    @classmethod
    def _fits(cls, provisioned: int, info: ValidationInfo) -> int:
        most = info.data.get("max_concurrency", provisioned)
        if provisioned > most:
            raise ValueError(f"{provisioned} is more than max_concurrency ({most})")
        return provisioned

    @field_validator("scaling")
    @classmethod
    def _holds_provisioned(cls, scaling: Scaling, info: ValidationInfo) -> Scaling:
        most = info.data.get("max_concurrency", scaling.max)
        if scaling.max > most:
            raise ValueError(f"max {scaling.max} is more than max_concurrency ({most})")
        provisioned = info.data.get("provisioned_concurrency")
        if provisioned is not None and not scaling.min <= provisioned <= scaling.max:
            raise ValueError(f"provisioned_concurrency ({provisioned}) is not within {scaling.min} and {scaling.max}")
        return scaling


def _needs_provisioned(scaling: Scaling, info: ValidationInfo) -> Scaling:
    if info.data.get("provisioned_concurrency", ...) is None:
        raise ValueError("needs provisioned_concurrency: that is what it scales")
    return scaling


class Variant(Sizes):
    """A challenger beside the champion; what it does not say is as the task says."""

    weight: float = Field(gt=0, lt=1, description="Share of the callers' keys; the champion has the rest.")
    pin: Pin | None = Field(default=None, description="One version, in place of `follow`.")
    follow: Literal["latest", "previous"] = Field(
        default="latest", description="`latest` approved version, or `previous`: the newest one below the champion's."
    )

    _scales = field_validator("scaling")(_needs_provisioned)

    @field_validator("follow")
    @classmethod
    def _not_pinned(cls, follow: str, info: ValidationInfo) -> str:
        if info.data.get("pin") is not None:
            raise ValueError("follow and pin exclude each other")
        return follow


class Defaults(Sizes):
    """What every task has that does not say otherwise."""

    owner: Owner | None = Field(default=None, description="Who answers for it: a tag, and who is named in messages.")
    soak_hours: int = Field(
        default=0, ge=0, le=8760, description="Hours since its approval before a version counts; 0 does not wait."
    )
    stage: str | None = Field(
        default=None,
        pattern=STAGE,
        description='Stage of the model life cycle in which a version counts, for example Production; "*": in any.',
    )
    stage_status: str | None = Field(
        default=None, pattern=SPECIFICATION, description="Status in that stage that a version must have, too."
    )
    image: str | None = Field(
        default=None, pattern=IMAGE, description="Container image that `fleet register` gives a version to run in."
    )
    gate: Gate | None = Field(
        default=None, description="What a version's evaluation has to say, beside its approval, for it to be chosen."
    )
    smoke_test: Thresholds | None = Field(
        default=None, description="When the smoke test of a task that has one has passed."
    )
    alarms: Alarms | None = Field(
        default=None, description="Which alarms the task's endpoints have, from which values on."
    )
    log_retention_days: LogRetention | None = Field(
        default=None,
        description="Days that the log lines of its endpoints are kept. Without it, as the log group has it.",
    )
    traffic: ExpectedTraffic | None = Field(
        default=None, description="How much it is called, for the cost estimate where CloudWatch cannot tell."
    )
    language_model: LanguageModel | None = Field(
        default=None, description="A language model whose price its own is compared with."
    )
    not_secret: tuple[Annotated[str, Field(pattern=VARIABLE)], ...] = Field(
        default=(),
        strict=False,
        description="Variables of `environment` that are named like a credential and are none, for example EOS_TOKEN.",
    )


class TaskSettings(Defaults):
    """A task as the file has it. Every setting may be left out: {} takes every default."""

    group: str | None = Field(
        default=None, pattern=GROUP, description="Model package group, name or ARN. Without it, the task's name."
    )
    regions: tuple[Region, ...] = Field(
        default=(),
        strict=False,
        json_schema_extra={"minItems": 1, "uniqueItems": True},
        description="Regions in which it is deployed, where stacks in several have this list. Without it, in all.",
    )
    part: str | None = Field(
        default=None,
        pattern=PART,
        description="Part of the fleet to which it belongs, where stacks have a `part` each. Without it, to all.",
    )
    attempt: int = Field(default=1, ge=1, description="Raise it by one to try again what is held after a failure.")
    enabled: bool = Field(default=True, description="false tears the task down and keeps its declaration.")
    pin: Pin | None = Field(default=None, description="One version, whatever else is approved. Needs all its fields.")
    hold: Hold | None = Field(default=None, description="What serves when the run starts stays. Needs all its fields.")
    retired: Retired | None = Field(default=None, description="Torn down; the output names the successor.")
    smoke_test: SmokeTest | None = Field(
        default=None, description="Calls that a new revision must answer before it serves."
    )
    variants: Annotated[Mapping[Name, Variant], AfterValidator(MappingProxyType), PlainSerializer(dict)] = Field(
        # With more, what an app is told of a task may not fit into one parameter (4,096 characters).
        default={},
        validate_default=True,
        max_length=7,
        description="Challengers of an A/B test, by name; at most 7.",
    )

    _scales = field_validator("scaling")(_needs_provisioned)

    @field_validator("regions")
    @classmethod
    def _somewhere_once(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        if not regions:
            raise ValueError("names none; enabled: false is how a task is deployed nowhere")
        if len(set(regions)) < len(regions):
            raise ValueError("names one twice")
        return regions

    @field_validator("stage_status")
    @classmethod
    def _is_of_a_stage(cls, status: str, info: ValidationInfo) -> str:
        if info.data.get("stage", "…") in (None, ANY_STAGE):
            raise ValueError("needs stage: it is the status in one")
        return status

    @field_validator("variants")
    @classmethod
    def _leave_the_champion_a_share(cls, variants: Mapping[str, Variant]) -> Mapping[str, Variant]:
        total = math.fsum(variant.weight for variant in variants.values())
        if total >= 1:
            raise ValueError(f"the weights sum to {total:g}; leave the champion a share, so less than 1")
        return variants


class TaskList(Settings):
    """The task list of the SageMaker Endpoint Manager."""

    defaults: Defaults = Field(
        default_factory=Defaults, description="Settings of every task that does not say otherwise."
    )
    tasks: Annotated[Mapping[Name, TaskSettings], Field(min_length=1)] = Field(
        description="The tasks, by name. A name becomes the endpoint's, and never changes while callers use it."
    )


class Task(TaskSettings):
    """One task with everything settled: defaults and names filled in."""

    name: str
    endpoint: str
    group: str

    @property
    def watched(self) -> Alarms:
        """Which alarms it has; where the task list says nothing, those of the level `basic`."""
        return self.alarms or Alarms()

    @property
    def goes_by_stage(self) -> bool:
        return self.stage not in (None, ANY_STAGE)

    def endpoint_of(self, variant: str) -> str:
        """The name of a variant's endpoint; the champion's is the task's own."""
        return self.endpoint if variant == CHAMPION else f"{self.endpoint}-{variant}"

    @property
    def endpoints(self) -> list[str]:
        """Of all variants, the champion's first."""
        return [self.endpoint_of(variant) for variant in (CHAMPION, *self.variants)]

    def sizes_of(self, variant: str) -> Sizes:
        """What an endpoint is made of; the champion's is the task's own."""
        return self if variant == CHAMPION else self.variants[variant]
