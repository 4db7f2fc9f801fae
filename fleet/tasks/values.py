"""What a single value of the task list may be: patterns, limits, and the words that say them."""

import difflib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from fleet.revision import MAX_ENDPOINT_NAME
from fleet.tasks import cron

MEMORY_SIZES_MB = tuple(range(1024, 6145, 1024))  # ServerlessMemorySizeInMB (AWS API reference, 2026-11)
# What a log group can be told to keep, in days (API reference, PutRetentionPolicy, 2026-11).
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096),
    *(1827, 2192, 2557, 2922, 3288, 3653),
)
ENVIRONMENT_MAX_BYTES = 32 * 1024  # all keys and values of a container (AWS API reference, ContainerDefinition)
JSON = "application/json"
NAME_PREFIX = re.compile(r"([a-zA-Z0-9][a-zA-Z0-9-]*)?")

EMPTY = "is empty; give it a value or take the line out"

NAME = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,46}[a-zA-Z0-9])?$"
GROUP = (
    r"^(arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package-group/)?"
    r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"
)
SPECIFICATION = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"
ANY_STAGE = "*"  # no stage can be called so (API reference, ModelLifeCycle, 2026-11)
# As AWS writes them, e.g. eu-west-1 or us-gov-west-1. Which there are grows by the year, so they are not listed here.
REGION = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$"
PART = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$"
STAGE = r"^(\*|[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$"
# No alias: it may come to mean another key, and the revision that serves would be another one.
KEY = r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$"
VARIABLE = r"^[a-zA-Z_][a-zA-Z0-9_]*$"
TAG_VALUE = r"^[\w .:/=+@-]+$"
# It becomes the key `metric.<name>` of a package's metadata (API reference, CreateModelPackage, 2026-11).
METRIC = r"^[\w.:/=+@-]([\w .:/=+@-]{0,119}[\w.:/=+@-])?$"
IMAGE = r"^[^\s]{1,255}$"
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
    REGION: "a Region, for example eu-west-1",
    PART: "letters, digits and hyphens, a letter or digit at both ends, at most 32 characters",
    VARIABLE: "letters, digits and underscores, no digit in front",
    TAG_VALUE: "letters, digits, spaces and _ . : / = + - @ (it becomes a tag)",
    METRIC: "letters, digits, spaces and _ . : / = + - @, no space at an end, at most 121 characters",
    IMAGE: "the URI of a container image, at most 255 characters, no spaces",
    CRON: 'the six fields of cron(…), a space between, for example "0 7 ? * MON-FRI *"',
    TIME_ZONE: "the name of a time zone, for example Europe/Berlin",
    MEDIA_TYPE: "a media type, for example application/json",
    NOT_BLANK: "some words",
}


def shown(value: object) -> str:
    """A value as a message repeats it, at most 60 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _serverless_size(memory_mb: int) -> int:
    if memory_mb not in MEMORY_SIZES_MB:
        *sizes, largest = MEMORY_SIZES_MB
        raise ValueError(f"{memory_mb} is not a serverless size; use {', '.join(map(str, sizes))} or {largest}")
    return memory_mb


def _log_retention(days: int) -> int:
    if days not in RETENTION_DAYS:
        *known, longest = RETENTION_DAYS
        said = f"use {', '.join(map(str, known))} or {longest}"
        raise ValueError(f"{days} days is not what CloudWatch Logs can keep; {said}")
    return days


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
        raise ValueError(f"{shown(expression)} is no JMESPath expression: {str(error).splitlines()[0]}") from None
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
            raise ValueError(f"{shown(name)} is no time zone; {advice}") from None
    return name


def is_json(content_type: str) -> bool:
    """Whether payloads of this media type are JSON; others are text, sent as it is."""
    return content_type.lower() == JSON or content_type.lower().endswith("+json")


MemorySize = Annotated[
    int, AfterValidator(_serverless_size), WithJsonSchema({"type": "integer", "enum": list(MEMORY_SIZES_MB)})
]
LogRetention = Annotated[
    int, AfterValidator(_log_retention), WithJsonSchema({"type": "integer", "enum": list(RETENTION_DAYS)})
]
Concurrency = Annotated[int, Field(ge=1, le=200)]
Cooldown = Annotated[int, Field(ge=0, le=86_400)]
COOLDOWN = 300  # seconds; AWS's own where a policy has none, but the provider sends 0 then (API reference, 2026-11)
MOST_CALLS = 10_000_000_000  # a month: 4,000 a second; more is a slip of the pen
TokenPrice = Annotated[float, Field(ge=0, le=1000)]  # USD a million; the dearest that is known is far below
Words = Annotated[str, Field(pattern=NOT_BLANK)]
Owner = Annotated[str, Field(pattern=TAG_VALUE, max_length=256)]
Name = Annotated[str, Field(pattern=NAME)]
Region = Annotated[str, Field(pattern=REGION)]
Cron = Annotated[str, Field(pattern=CRON), AfterValidator(_cron)]
TimeZone = Annotated[str, Field(pattern=TIME_ZONE), AfterValidator(_time_zone)]
Label = Annotated[Words, AfterValidator(_jmespath)]
Payload = Annotated[Any, AfterValidator(_plain_json)]
Environment = Annotated[
    Mapping[Annotated[str, Field(pattern=VARIABLE, max_length=1024)], Annotated[str, Field(max_length=1024)]],
    Field(max_length=100),
    AfterValidator(_fits_a_container),
    AfterValidator(MappingProxyType),
    PlainSerializer(dict),
]
