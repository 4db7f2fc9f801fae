"""The task list: what the team wants deployed, read from one YAML file into frozen values.

Every mistake is found here, all at once, each with its line. Whether the groups exist is asked elsewhere
(providers/registry.py), and what a setting does to a revision is fleet/revision.py. For people: docs/tasks.md.
"""

import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo, available_timezones

import jmespath
import yaml
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, core_schema
from yaml.error import MarkedYAMLError

from fleet import credentials, cron
from fleet.characters import escape, escaped
from fleet.document import Document, Mistake, Place, Span, dotted, read, unseen_outside_comments
from fleet.revision import MAX_ENDPOINT_NAME, reads_as_revision

CHAMPION = "champion"  # the variant that every task has, under the task's own name


def title(task: str, variant: str) -> str:
    """How messages call a variant: the champion by its task's name alone."""
    return task if variant == CHAMPION else f"{task}/{variant}"


MEMORY_SIZES_MB = tuple(range(1024, 6145, 1024))  # ServerlessMemorySizeInMB (AWS API reference, 2026-11)
ENVIRONMENT_MAX_BYTES = 32 * 1024  # all keys and values of a container (AWS API reference, ContainerDefinition)
JSON = "application/json"
NAME_PREFIX = re.compile(r"([a-zA-Z0-9][a-zA-Z0-9-]*)?")


EMPTY = "is empty; give it a value or take the line out"


class TaskListError(Exception):
    """The task list cannot be used. `errors` holds every reason, a line each, in the order of the file."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


# --- the syntax -----------------------------------------------------------------------------------------------------

NAME = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,46}[a-zA-Z0-9])?$"
GROUP = (
    r"^(arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package-group/)?"
    r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"
)
SPECIFICATION = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"
ANY_STAGE = "*"  # no stage can be called so (API reference, ModelLifeCycle, 2026-11)
STAGE = r"^(\*|[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$"
# No alias: it may come to mean another key, and the revision that serves would be another one.
KEY = r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$"
VARIABLE = r"^[a-zA-Z_][a-zA-Z0-9_]*$"
TAG_VALUE = r"^[\w .:/=+@-]+$"
CRON = r"^[0-9A-Za-z*?,/#-]+( [0-9A-Za-z*?,/#-]+){5}$"
TIME_ZONE = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"
MEDIA_TYPE = r"^[\w.+-]+/[\w.+-]+$"
NOT_BLANK = r"\S"

PATTERN_SAYS = {
    NAME: f"letters, digits and hyphens, a letter or digit at both ends, at most {MAX_ENDPOINT_NAME} characters",
    GROUP: "the name of a model package group (letters, digits and hyphens, at most 63) or its ARN",
    SPECIFICATION: "letters, digits and hyphens, a letter or digit at both ends, at most 63 characters",
    KEY: "the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>, not of an alias",
    STAGE: 'letters, digits and hyphens, a letter or digit at both ends, at most 63 characters, or "*" for any stage',
    VARIABLE: "letters, digits and underscores, no digit in front",
    TAG_VALUE: "letters, digits, spaces and _ . : / = + - @ (it becomes a tag)",
    CRON: 'the six fields of cron(…), a space between, for example "0 7 ? * MON-FRI *"',
    TIME_ZONE: "the name of a time zone, for example Europe/Berlin",
    MEDIA_TYPE: "a media type, for example application/json",
    NOT_BLANK: "some words",
}


def _serverless_size(memory_mb: int) -> int:
    if memory_mb not in MEMORY_SIZES_MB:
        *sizes, largest = MEMORY_SIZES_MB
        raise ValueError(f"{memory_mb} is not a serverless size; use {', '.join(map(str, sizes))} or {largest}")
    return memory_mb


def _fits_a_container(environment: Mapping[str, str]) -> Mapping[str, str]:
    size = sum(len(key.encode()) + len(value.encode()) for key, value in environment.items())
    if size > ENVIRONMENT_MAX_BYTES:
        raise ValueError(f"has {size} bytes of keys and values; a container takes {ENVIRONMENT_MAX_BYTES}")
    return environment


def _plain_json(payload: object) -> object:
    try:
        json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError("must be plain JSON; put a date in quotes") from None
    return payload


def _jmespath(expression: str) -> str:
    try:
        jmespath.search(expression, {})  # unknown functions are only found when it is used
    except JMESPathTypeError:
        pass  # a function that does not take what is not there
    except JMESPathError as error:
        raise ValueError(f"{_shown(expression)} is no JMESPath expression: {str(error).splitlines()[0]}") from None
    return expression


def _cron(expression: str) -> str:
    if said := cron.complaint(expression):
        raise ValueError(said)
    return expression


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # the last: "Europe" is a folder
        if known := available_timezones():  # none on a machine without time zone data, where nothing can be said
            close = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]}?" if close else "use one of the IANA database, for example Europe/Berlin"
            raise ValueError(f"{_shown(name)} is no time zone; {advice}") from None
    return name


def _not_below_min(most: int, info: ValidationInfo) -> int:
    if most < info.data.get("min", most):
        raise ValueError(f"{most} is less than min ({info.data['min']})")
    return most


def is_json(content_type: str) -> bool:
    """Whether payloads of this media type are JSON; others are text, sent as it is."""
    return content_type.lower() == JSON or content_type.lower().endswith("+json")


Memory = Annotated[
    int, AfterValidator(_serverless_size), WithJsonSchema({"type": "integer", "enum": list(MEMORY_SIZES_MB)})
]
Concurrency = Annotated[int, Field(ge=1, le=200)]
Cooldown = Annotated[int, Field(ge=0, le=86_400)]
COOLDOWN = 300  # seconds; AWS's own where a policy has none, but the provider sends 0 then (API reference, 2026-11)
Words = Annotated[str, Field(pattern=NOT_BLANK)]
Owner = Annotated[str, Field(pattern=TAG_VALUE, max_length=256)]
Name = Annotated[str, Field(pattern=NAME)]
Environment = Annotated[
    Mapping[Annotated[str, Field(pattern=VARIABLE, max_length=1024)], Annotated[str, Field(max_length=1024)]],
    Field(max_length=100),
    AfterValidator(_fits_a_container),
    AfterValidator(MappingProxyType),
    PlainSerializer(dict),
]


class Settings(BaseModel):
    """What every part of the task list has in common: no guessing, no unknown keys, no empty values, no changes."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, value: object) -> object:
        if value is None:
            raise ValueError(EMPTY)
        return value


class Schedule(Settings):
    """Other limits of provisioned concurrency from a point in time on."""

    name: Name = Field(description="Name of the schedule, once a task.")
    cron: Annotated[str, Field(pattern=CRON), AfterValidator(_cron)] = Field(
        description="When it begins: what Application Auto Scaling takes inside cron(…)."
    )
    timezone: Annotated[str, Field(pattern=TIME_ZONE), AfterValidator(_time_zone)] = Field(
        default="UTC", description="Time zone of `cron`, for example Europe/Berlin."
    )
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

    payload: Annotated[Any, AfterValidator(_plain_json)] = Field(description="What is sent.")
    expect: str = Field(description="The label that must come back.")


class SmokeTest(Thresholds):
    """Calls that a new revision must answer before consumers see it."""

    content_type: str = Field(default=JSON, pattern=MEDIA_TYPE, description="Media type of the payloads.")
    label: Annotated[Words, AfterValidator(_jmespath)] = Field(
        default="label", description="JMESPath of the label in the JSON answer."
    )
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


class Sizes(Settings):
    """What a serverless endpoint is made of, apart from the version of its model."""

    memory_mb: Memory = Field(default=2048, description="Memory in MB; SageMaker gives CPU in proportion.")
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
    smoke_test: Thresholds | None = Field(
        default=None, description="When the smoke test of a task that has one has passed."
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


# --- reading --------------------------------------------------------------------------------------------------------


def load(path: Path, *, name_prefix: str = "") -> tuple[Task, ...]:
    """The tasks of a file, in its order; the names of their endpoints begin with `name_prefix`.

    Raises TaskListError with every mistake: `tasks.yaml:41: toxicity.memory_mb: 2500 is not a serverless size; use …`.
    """
    try:
        return parse(path.read_text(encoding="utf-8"), path, name_prefix=name_prefix)
    except OSError as error:
        raise TaskListError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise TaskListError([f"{path}: is not UTF-8 text: {error.reason} at byte {error.start}"]) from None


def parse(text: str, path: Path, *, name_prefix: str = "") -> tuple[Task, ...]:
    """The tasks of a file that holds `text`; as load() in everything else."""
    try:
        document = read(text)
    except yaml.YAMLError as error:
        raise TaskListError(_not_yaml(text, path, error)) from None
    if not isinstance(document.root, dict):
        what = "is empty" if document.root is None else "is not a mapping"
        raise TaskListError([f"{path}: {what}; it needs `tasks:` with at least one task"])

    expanded = _expand(document.root)
    found = _found(expanded)
    mistakes = [
        *document.mistakes,
        *_writing(document, found),
        *_shape(document, found),
        *_names(document, name_prefix),
        *credentials.mistakes(document, expanded),
    ]
    if mistakes:
        mistakes.sort(key=lambda mistake: mistake.line)
        lines = (f"{path}:{line}: {text}" if line else f"{path}: {text}" for line, text in mistakes)
        raise TaskListError([escaped(line) for line in lines])
    return tuple(
        Task.model_validate({"group": name, **settings, "name": name, "endpoint": name_prefix + name})
        for name, settings in expanded["tasks"].items()
    )


def _not_yaml(text: str, path: Path, error: yaml.YAMLError) -> list[str]:
    found = [f"{path}:{one.line}: {one.told()}; take it out" for one in unseen_outside_comments(text)]
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        context = f"{error.context}: " if error.context else ""
        found.append(f"{path}:{error.problem_mark.line + 1}: is not plain YAML: {context}{error.problem}")
    elif not found:  # else that is what the error is about
        found.append(f"{path}: is not plain YAML: {getattr(error, 'reason', error)}")
    return [escaped(line) for line in found]


def _expand(root: dict[str, Any]) -> dict[str, Any]:
    """The file with every task's share of `defaults` in it, and every variant's share of its task."""
    tasks = root.get("tasks")
    if not isinstance(tasks, dict):
        return root
    expanded = {name: _inherit(Defaults, root.get("defaults"), settings) for name, settings in tasks.items()}
    for name, settings in expanded.items():
        if isinstance(settings, dict) and isinstance(variants := settings.get("variants"), dict):
            inherited = {variant: _inherit(Sizes, settings, own) for variant, own in variants.items()}
            expanded[name] = {**settings, "variants": inherited}
    return {**root, "tasks": expanded}


def _inherit(shared: type[Settings], under: object, over: object) -> object:
    """Settings `over` others: those of the `shared` model are taken over, mappings key by key."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    merged = {key: value for key, value in under.items() if key in shared.model_fields} | over
    for key, value in over.items():
        if key in shared.model_fields and isinstance(value, dict) and isinstance(under.get(key), dict):
            merged[key] = under[key] | value
    # Thresholds without a test, limits without anything to scale: of no use to this task, so not its mistake.
    if "smoke_test" not in over:
        merged.pop("smoke_test", None)
    if "scaling" not in over and "provisioned_concurrency" not in merged:
        merged.pop("scaling", None)
    if "stage_status" not in over and merged.get("stage", ANY_STAGE) == ANY_STAGE:
        merged.pop("stage_status", None)
    return merged


# --- what can be wrong ----------------------------------------------------------------------------------------------

# Pydantic's types of error, in the words of this file. An environment's values are never shown.
SAYS = {
    "missing": "is missing",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be a number, without quotes",
    "string_type": "must be text; put it in quotes",
    "bool_type": "must be true or false, without quotes",
    "date_type": "must be a day, for example 2027-01-31, without quotes",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping of settings",
    "tuple_type": "must be a list",
    "literal_error": "{input} is not possible; use {expected}",
    "greater_than_equal": "{input} is too small; use at least {ge}",
    "less_than_equal": "{input} is too large; use at most {le}",
    "greater_than": "{input} is too small; use more than {gt}",
    "less_than": "{input} is too large; use less than {lt}",
    "string_pattern_mismatch": "{input} is not possible; use {pattern}",
    "string_too_long": "has more than {max_length} characters",
    "too_long": "has more than {max_length} entries",
    "too_short": "needs at least one entry",
}


Found = Mapping[tuple[Place, str], None]  # places and what is wrong with each, once


def _found(expanded: Mapping[str, object]) -> Found:
    """Types, limits, unknown and missing settings, and what settings of one task ask of each other."""
    try:
        TaskList.model_validate(expanded)
    except ValidationError as invalid:
        return dict.fromkeys((_place(error), _sentence(error)) for error in invalid.errors(include_url=False))
    return {}


def _writing(document: Document, found: Found) -> Iterator[Mistake]:
    """What is written so that somebody reads it as something else."""
    text_wanted = SAYS["string_type"]
    for place, told in document.doubts.items():
        is_text = credentials.is_of_environment(place) or (place, text_wanted) in found
        yield document.mistake(place, text_wanted if is_text else told)
    said: set[tuple[int, Span | None]] = set()
    for one, span in document.unseen:
        if (one.line, span) in said or (span and _is_free_text(span.place) and not one.is_deceptive):
            continue
        said.add((one.line, span))  # one of several tells where to look
        where = f"{dotted(span.place)}: " if span else ""
        instead = (
            f', or write "{escape(one.sign)}" in double quotes if it is meant' if span and not span.is_name else ""
        )
        yield Mistake(one.line, f"{where}{one.told()}; take it out{instead}")


def _is_free_text(place: Place) -> bool:
    """What people or models read, and nothing is compared with: emoji and scripts need characters that nobody sees."""
    match place:
        case (*_, "pin" | "hold", "reason") | ("tasks", _, "smoke_test", "cases", _, "payload", *_):
            return True
    return False


def _shape(document: Document, found: Found) -> Iterator[Mistake]:
    """What was found, each where it was written."""
    spoiled = {*document.doubts, *(span.place for _, span in document.unseen if span)}  # told already
    for place, sentence in found:
        origin, where = _origin(document, place)
        if spoiled.intersection((place, origin)):
            continue
        if not where:
            yield document.mistake(place, sentence)
        elif (origin, sentence) not in found:  # else said once, where it was written
            yield document.mistake(place, f"{sentence} (from {where})")


def _place(error: ErrorDetails) -> Place:
    return tuple(step for step in error["loc"] if step != "[key]")


def _origin(document: Document, place: Place) -> tuple[Place, str]:
    """Where an inherited setting was written, and how to call that; the place itself and "" for what is its own."""
    match place:
        case ("tasks", task, "variants", _, *rest) if place not in document.entries:
            for origin, where in ((("tasks", task, *rest), str(task)), (("defaults", *rest), "defaults")):
                if origin in document.entries:
                    return origin, where
        case ("tasks", _, *rest) if place not in document.entries and ("defaults", *rest) in document.entries:
            return ("defaults", *rest), "defaults"
    return place, ""


def _sentence(error: ErrorDetails) -> str:
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        return _unknown(_place(error))
    if given is None:
        is_task = kind == "model_type" and len(_place(error)) == 2
        return "is empty; write {} to take every default" if is_task else EMPTY
    if kind not in SAYS:
        return error["msg"]
    pattern = PATTERN_SAYS.get(context.get("pattern", ""))
    return SAYS[kind].format(**{**context, "input": _shown(given), "pattern": pattern})


def _unknown(place: Place) -> str:
    known = list(_model_at(place[:-1]).model_fields)
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"unknown setting; did you mean {close[0]}?" if close else f"unknown setting; use {', '.join(known)}"


def _model_at(place: Place) -> type[BaseModel]:
    """The model of what stands at a place."""
    model: type[BaseModel] = TaskList
    steps = iter(place)
    for step in steps:
        annotation = model.model_fields[str(step)].annotation
        kinds = (annotation, *get_args(annotation))
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
        if get_origin(annotation) in (tuple, Mapping):
            next(steps, None)  # the number or the name of one of many
    return model


def _names(document: Document, prefix: str) -> Iterator[Mistake]:
    """Endpoint names that are too long, taken or misleading; the characters of a name are checked with the shape."""
    if not NAME_PREFIX.fullmatch(prefix):
        sentence = "is not possible; use letters, digits and hyphens, no hyphen in front"
        yield Mistake(0, f"namePrefix of the stack: {_shown(prefix)} {sentence}")
    taken: dict[str, Place] = {}
    for place in document.entries:
        match place:
            case ("tasks", str(name)):
                endpoint = prefix + name
            case ("tasks", str(task), "variants", str(name)):
                endpoint = f"{prefix}{task}-{name}"
                if name.lower() == CHAMPION:
                    yield document.mistake(place, f"{CHAMPION} is the task itself; give the variant another name")
            case _:
                continue
        if len(endpoint) > MAX_ENDPOINT_NAME and re.search(NAME, name):
            yield document.mistake(
                place, f'endpoint "{endpoint}" has {len(endpoint)} characters; at most {MAX_ENDPOINT_NAME} are possible'
            )
        if reads_as_revision(endpoint.lower()):
            yield document.mistake(place, f'endpoint "{endpoint}" reads as the name of a revision; choose another')
        other = taken.setdefault(endpoint.lower(), place)  # SageMaker ignores case when it creates an endpoint
        if other != place:
            line = document.entries[other].line
            yield document.mistake(place, f'endpoint "{endpoint}" is that of {dotted(other)} (line {line}) too')


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


# --- for editors ----------------------------------------------------------------------------------------------------


class _EditorSchema(GenerateJsonSchema):
    """What the loader takes: no empty values, no other names."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        absent = schema.get("default") is None
        return self.generate_inner(schema["schema"]) if absent else super().default_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        return {**made, "additionalProperties": False} if "patternProperties" in made else made

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the whole file, for editors; what a schema cannot say, load() checks."""
    schema = TaskList.model_json_schema(schema_generator=_EditorSchema)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}  # the draft that editors know


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
