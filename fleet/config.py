"""What a stack's configuration may say: the program and `fleet validate` are to refuse the same, in the same words."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from fleet import characters
from fleet.characters import escaped
from fleet.tasks.values import NAME_PREFIX

TASKS = "tasks.yaml"  # where the configuration names no task list
PARAMETER_PATH = "/sagemaker-endpoint-manager"  # and the stack's name beneath, where nothing names another path
LEVELS, LONGEST_PATH = 14, 900  # Parameter Store allows 15 and 1011 with the parameter's own name and ARN (2026-11)
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")

Own = Mapping[str, str | None]  # the settings of the project's namespace; None is a secret, which only the engine reads


def unseen(config: Own) -> list[str]:
    """Names and values with a character that nobody sees: such a setting is another one, or says another thing."""
    return [
        f"{escaped(key)}: {'the name' if text is key else 'the value'}: {found[0].told()}; take it out"
        for key, value in config.items()
        for text in (key, value or "")
        if (found := list(characters.unseen(text)))
    ]


def mistakes(own: Own) -> list[str]:
    """Everything that is wrong with them, a sentence each."""
    found = unseen(own)
    for key, sentence in CHECKS.items():
        if (value := own.get(key)) is not None and not unseen({key: value}):
            found.append(sentence(value))
    if "executionRoleArn" not in own:
        found.insert(0, "executionRoleArn is not set; run `pulumi config set executionRoleArn <arn>`")
    return [sentence for sentence in found if sentence]


def _role(value: str) -> str:
    return "" if ROLE_ARN.fullmatch(value) else f"executionRoleArn: {value!r} is not the ARN of an IAM role"


def fits(prefix: str) -> bool:
    """Whether the names of endpoints can begin so."""
    return NAME_PREFIX.fullmatch(prefix) is not None


def _prefix(value: str) -> str:
    if fits(value):
        return ""
    return f"namePrefix: {value!r} is not possible; use letters, digits and hyphens, no hyphen in front"


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


CHECKS: Mapping[str, Callable[[str], str]] = {
    "executionRoleArn": _role,
    "namePrefix": _prefix,
    "maxTeardown": _teardown,
    "recreateUntil": _day,
    "parameterPath": _path,
}
