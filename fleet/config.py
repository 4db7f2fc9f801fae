"""What a stack's configuration may say: the program and `fleet validate` are to refuse the same, in the same words."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date

from fleet import characters
from fleet.characters import escaped
from fleet.tasks.values import NAME_PREFIX, PART, PATTERN_SAYS

TASKS = "tasks.yaml"  # where the configuration names no task list
PARAMETER_PATH = "/sagemaker-endpoint-manager"  # and the stack's name beneath, where nothing names another path
LEVELS, LONGEST_PATH = 14, 900  # Parameter Store allows 15 and 1011 with the parameter's own name and ARN (2026-11)
# An alarm has at most 5 actions a state (API reference, PutMetricAlarm, 2026-11), one of them the stack's own topic.
TOPICS = 4
LONGEST_SILENCE = 168  # hours: an alarm looks back at most 7 days (API reference, PutMetricAlarm, 2026-11)
LONGEST_RUNBOOK = 300  # characters, so that every description fits into an alarm's 1,024
# No FIFO topic: CloudWatch and EventBridge can publish to it, but no e-mail can subscribe.
TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}", re.ASCII)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
RUNBOOK = re.compile(r"https?://[^\s#]+")
# Names of S3 buckets (S3 user guide, bucket naming rules, 2026-11)
BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")

NOTHING_TO_WATCH = (
    "expectedRunHours: it watches the manager's own metrics, and ownMetrics is false, so that none is sent; take "
    "expectedRunHours out, or set ownMetrics to true"
)

Own = Mapping[str, str | None]  # the settings of the project's namespace; None is a secret, which only the engine reads


def unseen(config: Own) -> list[str]:
    """Names and values with a character that nobody sees: such a setting is another one, or says another thing."""
    return [
        f"{escaped(key)}: {'the name' if text is key else 'the value'}: {found[0].told()}; take it out"
        for key, value in config.items()
        for text in (key, value or "")
        if (found := list(characters.unseen(text)))
    ]


def mistakes(own: Own, region: str = "") -> list[str]:
    """Everything that is wrong with them, a sentence each; `region` is the stack's, "" where it is not known."""
    found = unseen(own)
    for key, sentence in CHECKS.items():
        if (value := own.get(key)) is not None and not unseen({key: value}):
            found.append(sentence(value))
    if "expectedRunHours" in own and own.get("ownMetrics") == "false":
        found.append(NOTHING_TO_WATCH)
    if region and not _topics(topics := own.get("alertTopicArns") or "[]"):
        found += [_of_region(topic, region) for topic in listed("alertTopicArns", topics)]
    if "executionRoleArn" not in own:
        found.insert(0, "executionRoleArn is not set; run `pulumi config set executionRoleArn <arn>`")
    return [sentence for sentence in found if sentence]


def _role(key: str, value: str) -> str:
    return "" if ROLE_ARN.fullmatch(value) else f"{key}: {value!r} is not the ARN of an IAM role"


def fits(prefix: str) -> bool:
    """Whether the names of endpoints can begin so."""
    return NAME_PREFIX.fullmatch(prefix) is not None


def _prefix(value: str) -> str:
    if fits(value):
        return ""
    return f"namePrefix: {value!r} is not possible; use letters, digits and hyphens, no hyphen in front"


def _part(value: str) -> str:
    return "" if re.search(PART, value) else f"part: {value!r} is not possible; use {PATTERN_SAYS[PART]}"


def _teardown(value: str) -> str:
    try:
        int(value)  # as pulumi.Config.get_int does
    except ValueError:
        return f"maxTeardown: {value!r} is not a whole number"
    return ""


def _day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        return f"recreateUntil: {value!r} is not a day; write it like 2027-01-31"
    return ""


def default_path(stack: str) -> str:
    """Beneath what the parameters of the tasks are made, where neither configuration nor the last run says."""
    return f"{PARAMETER_PATH}/{stack}"


def _path(value: str) -> str:
    if not re.fullmatch(r"(/[a-zA-Z0-9_.-]+)+", value):
        allowed = "letters, digits and _ . - between slashes, one in front and none at the end"
        return f"parameterPath: {value!r} is not possible; write it like /fleets/prod: {allowed}"
    if value.lower().startswith(("/aws", "/ssm")):
        return f"parameterPath: {value!r} begins with aws or ssm, which AWS keeps for itself"
    if value.count("/") > LEVELS or len(value) > LONGEST_PATH:
        return f"parameterPath: {value!r} is too long; use at most {LEVELS} levels and {LONGEST_PATH} characters"
    return ""


def listed(key: str, value: str) -> tuple[str, ...]:
    """The texts of a list, as the engine keeps it: as JSON. Raises ValueError with the sentence for the operator."""
    how = f"{key}: {value!r} is not a list of texts; write `pulumi config set --path '{key}[0]' <text>`"
    try:
        items = json.loads(value)
    except ValueError:
        raise ValueError(how) from None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(how)
    return tuple(items)


def _of_a_list(key: str, value: str, one: re.Pattern[str], what: str, most: int | None = None) -> str:
    try:
        items = listed(key, value)
    except ValueError as error:
        return str(error)
    if wrong := next((item for item in items if not one.fullmatch(item)), None):
        return f"{key}: {wrong!r} is not {what}"
    if len(set(items)) < len(items):
        return f"{key}: names one twice"
    return f"{key}: names {len(items)}; an alarm takes at most {most}" if most and len(items) > most else ""


def _topics(value: str) -> str:
    return _of_a_list("alertTopicArns", value, TOPIC_ARN, "the ARN of an SNS topic", most=TOPICS)


def _of_region(topic: str, region: str) -> str:
    # CloudWatch: "Invalid region us-east-1 specified. Only eu-west-1 is supported."
    if topic.split(":")[3] == region:
        return ""
    return f"alertTopicArns: {topic!r} is in another Region: alarms tell topics of their own, {region}"


def _emails(value: str) -> str:
    return _of_a_list("alertEmails", value, EMAIL, "an e-mail address")


def _runbook(value: str) -> str:
    if RUNBOOK.fullmatch(value) and len(value) <= LONGEST_RUNBOOK:
        return ""
    return (
        f"runbookUrl: {value!r} is not possible; write where docs/alarms.md can be read, https://…, without #, at most "
        f"{LONGEST_RUNBOOK} characters"
    )


def _run_hours(value: str) -> str:
    if re.fullmatch(r"[0-9]{1,3}", value) and 1 <= int(value) <= LONGEST_SILENCE:
        return ""
    return f"expectedRunHours: {value!r} is not possible; use a whole number of hours, 1 to {LONGEST_SILENCE}"


def _budget(value: str) -> str:
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", value) and float(value) > 0:
        return ""
    return f"monthlyBudgetUsd: {value!r} is not an amount; write USD a month, like 250 or 99.50, without a sign"


def _bucket(value: str) -> str:
    if BUCKET.fullmatch(value):
        return ""
    return f"artifactBucket: {value!r} is not the name of an S3 bucket; write the name alone, without s3:// and folders"


def _yes_or_no(key: str, value: str) -> str:
    return "" if value in ("true", "false") else f"{key}: {value!r} is neither true nor false"


CHECKS: Mapping[str, Callable[[str], str]] = {
    "executionRoleArn": lambda value: _role("executionRoleArn", value),
    "registryRoleArn": lambda value: _role("registryRoleArn", value),
    "namePrefix": _prefix,
    "part": _part,
    "maxTeardown": _teardown,
    "recreateUntil": _day,
    "parameterPath": _path,
    "alertTopicArns": _topics,
    "alertEmails": _emails,
    "runbookUrl": _runbook,
    "expectedRunHours": _run_hours,
    "dashboard": lambda value: _yes_or_no("dashboard", value),
    "monthlyBudgetUsd": _budget,
    "artifactBucket": _bucket,
    "ownMetrics": lambda value: _yes_or_no("ownMetrics", value),
}
