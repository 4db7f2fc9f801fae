"""The text of a first task list: a task for each model package group, above it what its newest version says of itself.

Pure. What the registry says is other people's text: it must not get out of its comment.
"""

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime
from typing import Any

from fleet.aws.operator.catalog import Entry
from fleet.cli.writing import dump
from fleet.revision import MAX_ENDPOINT_NAME, reads_as_revision
from fleet.tasks.values import NAME

WIDTH = 120  # of a line; a longer word stands on a line of its own
LONGEST = 300  # characters of a text that is quoted in a comment

_WRAPPER = textwrap.TextWrapper(
    WIDTH - 2,  # it stands two spaces in
    initial_indent="# ",
    subsequent_indent="#   ",
    break_long_words=False,
    break_on_hyphens=False,
)
_HEAD = """\
# yaml-language-server: $schema={schema}
#
# Begun by `fleet init` with the model package groups of {region} that have an approved version. Above each task is
# what that version says of itself; sizes are the defaults. Every setting is explained in docs/tasks.md.
# A task's name is its endpoint's name: callers rely on it, so it never changes.

tasks:
"""


def names(groups: Set[str], prefixes: Collection[str]) -> dict[str, str]:
    """The name of each group's task: its own where that is possible under every name prefix, else one made from it.

    A group is left out that no task can name.
    """
    chosen: dict[str, str] = {}

    def choose(group: str, names: Iterable[str]) -> None:
        taken = {name.lower() for name in chosen.values()}  # SageMaker ignores case when it creates an endpoint
        free = (name for name in names if _fits(name, prefixes) and name.lower() not in taken)
        if name := next(free, ""):
            chosen[group] = name

    for group in sorted(groups):
        choose(group, [group])
    for group in sorted(groups - chosen.keys()):  # those that cannot keep theirs take no other group's
        choose(group, _like(group, prefixes))
    return chosen


def _fits(name: str, prefixes: Collection[str]) -> bool:
    endpoints = [prefix + name for prefix in prefixes]
    return bool(re.fullmatch(NAME, name)) and not any(
        len(endpoint) > MAX_ENDPOINT_NAME or reads_as_revision(endpoint.lower()) for endpoint in endpoints
    )


def _like(group: str, prefixes: Collection[str]) -> Iterator[str]:
    room = MAX_ENDPOINT_NAME - max(map(len, prefixes))
    for end in ("", *(f"-{number}" for number in range(2, 1000))):
        yield group[: room - len(end)].rstrip("-") + end


def text(entries: Mapping[str, Entry], names: Mapping[str, str], region: str, schema: str) -> str:
    """The whole file, in the order of the groups' names. `schema` is the path to the editors' schema from it."""
    tasks = (_task(names[group], group, entries[group]) for group in sorted(names))
    return _HEAD.format(schema=schema, region=region) + "\n".join(tasks)


def _task(name: str, group: str, entry: Entry) -> str:
    settings = {} if name == group else {"group": group}
    lines = [*_comments(entry), dump({name: settings})]  # quotes what reads as a number
    return textwrap.indent("\n".join(lines), "  ")


def _comments(entry: Entry) -> Iterator[str]:
    for fact in _facts(entry):
        yield from _WRAPPER.wrap(_harmless(fact))


def _facts(entry: Entry) -> Iterator[str]:
    package = entry.package
    when, by = package.get("CreationTime"), (package.get("CreatedBy") or {}).get("UserProfileName")
    registered = f", registered {when.astimezone(UTC):%Y-%m-%d}" if isinstance(when, datetime) else ""
    cycle = package.get("ModelLifeCycle") or {}
    stage = f", in stage {cycle['Stage']} ({cycle.get('StageStatus', '')})" if cycle.get("Stage") else ""
    yield f"version {entry.version}{registered}" + (f" by {by}" if by else "") + stage
    yield from (f"cannot be deployed: {reason}" for reason in entry.refused)
    yield from (f"doubtful: {doubt}" for doubt in entry.doubts)
    for what, key in (("description", "ModelPackageDescription"), ("approval", "ApprovalDescription")):
        if said := package.get(key):
            yield f"{what}: {_cut(said)}"
    properties = dict(package.get("CustomerMetadataProperties") or {})
    yield from (f"{key}: {properties.pop(key)}" for key in sorted(properties) if key.lower() == "owner")
    if properties:
        yield ", ".join(f"{key}: {properties[key]}" for key in sorted(properties))
    yield from _reports(package.get("ModelMetrics") or {})


def _reports(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Where the reports of an evaluation are: the registry knows only their addresses."""
    for subject, reports in sorted(metrics.items()):
        for kind, source in sorted(reports.items()):
            if address := source.get("S3Uri"):
                yield f"{subject}, {kind}: {address}"


def _cut(said: str) -> str:
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _harmless(said: str) -> str:
    # More than "\n" ends a comment for YAML (U+0085, U+2028), and a control character makes the file unreadable
    return " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
