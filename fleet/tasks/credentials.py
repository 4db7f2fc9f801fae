"""What looks like a credential in a task list: it is a public file, and so are the state and the console that show it.

Pure. A value is never repeated in what is said of it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fleet.tasks.document import Document, Mistake, Place


class Credential(NamedTuple):
    what: str
    pattern: re.Pattern[str]


CREDENTIALS = (
    Credential("an AWS access key", re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")),
    Credential(
        "an AWS secret key",  # both cases and a digit: 40 hexadecimal digits are a commit
        re.compile(
            r"(?<![\w/+=])(?=[A-Za-z0-9/+]{0,39}[a-z])(?=[A-Za-z0-9/+]{0,39}[A-Z])(?=[A-Za-z0-9/+]{0,39}[0-9])"
            r"[A-Za-z0-9/+]{40}(?![\w/+=])"
        ),
    ),
    Credential("a private key", re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")),
    Credential("a GitHub token", re.compile(r"\b(gh[oprsu]_|github_pat_)\w{10,}")),
    Credential("a GitLab token", re.compile(r"\bglpat-[\w-]{10,}")),
    Credential("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{20,}")),
    Credential("a Slack token", re.compile(r"\bxox[a-z]-[\w-]{10,}")),
    Credential("a Google API key", re.compile(r"\bAIza[\w-]{35}")),
    Credential("an API key", re.compile(r"\bsk[-_][\w-]*[A-Za-z0-9]{16,}")),
    Credential("a JSON web token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}")),
    Credential("a password in a URL", re.compile(r"://[^/\s:@]*:[^/\s@]+@")),
)
CREDENTIAL_NAME = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|_PWD$|_PASS$|SECRET|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE
)
# Text models have tokens of their own: TOKENIZERS_PARALLELISM, MAX_TOKENS: "512".
TOKEN_NAME, TOKEN_COUNT = re.compile(r"TOKEN(?!I[SZ])", re.IGNORECASE), re.compile(r"\d{1,7}|true|false", re.IGNORECASE)
NAMED_SO = "is named like a credential"
SECRET_REFERENCE = re.compile(r"arn:aws[a-z-]*:(secretsmanager|ssm):\S+")


def mistakes(document: Document, expanded: Mapping[str, Any]) -> Iterator[Mistake]:
    """Variables that look like a credential, and names in `not_secret` that are no variable of `expanded`."""
    declared = _declared(document)
    for place, (_, value) in document.entries.items():
        if is_of_environment(place):
            name = str(place[-1])
            is_declared = any(name in declared.get(above, ()) for above in (("defaults",), place[:2]))
            if looks := _looks_secret(name, str(value), is_declared=is_declared):
                advice = "this file is public; keep it in Secrets Manager or Parameter Store and give its ARN"
                none = f"; if it is none, name {name} in not_secret" if looks == NAMED_SO else ""
                yield document.mistake(place, f"{looks}; {advice}{none}")
    for above, names in declared.items():
        for name in sorted(names - _variables(expanded, above)):
            yield document.mistake((*above, "not_secret"), f"{name} is no variable of an environment here; take it out")


def is_of_environment(place: Place) -> bool:
    """A variable of a container, whose value is never shown."""
    match place:
        case (
            ("defaults", "environment", _)
            | ("tasks", _, "environment", _)
            | ("tasks", _, "variants", _, "environment", _)
        ):
            return True
    return False


def _declared(document: Document) -> Mapping[Place, set[str]]:
    """What is said to be no secret, by the place of the defaults and of each task."""
    found: dict[Place, set[str]] = {}
    for place, (_, value) in document.entries.items():
        match place:
            case ("defaults", "not_secret", int()) | ("tasks", _, "not_secret", int()) if isinstance(value, str):
                found.setdefault(place[:-2], set()).add(value)
    return found


def _variables(expanded: Mapping[str, Any], above: Place) -> set[str]:
    """The variables of a task and its variants, or of all tasks."""
    tasks = _mapping(expanded.get("tasks"))
    sizes = [_mapping(task) for task in ([tasks.get(above[1])] if above[0] == "tasks" else tasks.values())]
    sizes += [_mapping(variant) for task in sizes for variant in _mapping(task.get("variants")).values()]
    if above[0] == "defaults":
        sizes.append(_mapping(expanded.get("defaults")))
    return {name for one in sizes for name in _mapping(one.get("environment"))}


def _mapping(value: object) -> Mapping[Any, Any]:
    """Whatever else stands there is told elsewhere."""
    return value if isinstance(value, dict) else {}


def _looks_secret(name: str, value: str, *, is_declared: bool) -> str:
    if SECRET_REFERENCE.fullmatch(value):
        return ""
    for what, pattern in CREDENTIALS:
        if pattern.search(value):
            return f"looks like {what}"
    is_named_so = CREDENTIAL_NAME.search(name) or (TOKEN_NAME.search(name) and not TOKEN_COUNT.fullmatch(value))
    return NAMED_SO if is_named_so and not is_declared else ""
