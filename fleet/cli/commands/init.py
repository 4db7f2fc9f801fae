"""`fleet init`: a first task list from what the Model Registry has, so that nobody types twenty names by hand.

Its text is draft.py's.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from fleet import config as rules
from fleet.access import Access
from fleet.aws import session
from fleet.aws.operator import catalog
from fleet.cli import draft, stack
from fleet.cli.command import CommandError
from fleet.seen import NothingApproved, Unknown
from fleet.tasks.load import TaskListError, load

SCHEMA = "tasks.schema.json"

T = TypeVar("T")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="groups to take, as 'sentiment-*'; default: all")
    parser.add_argument("--output", type=Path, default=Path(rules.TASKS), metavar="FILE", help="default: %(default)s")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--stack", metavar="NAME", help="whose registry to read; default: the selected stack's")
    place.add_argument("--region", help="in place of a stack, with the default credentials")


def run(options: argparse.Namespace) -> int:
    output: Path = options.output
    if os.path.lexists(output):
        raise _exists(output)
    access = _access(options)
    client = _known(session.ask(lambda: session.sagemaker(access)))
    groups = _matching(_known(session.ask(lambda: catalog.groups(client))), options.patterns, access.region)
    answers, note = catalog.newest(client, access, groups)

    prefixes = _prefixes()
    entries = {group: answer for group, answer in answers.items() if isinstance(answer, catalog.Entry)}
    names = draft.names(entries.keys(), prefixes)
    nothing = [group for group, answer in answers.items() if isinstance(answer, NothingApproved)]
    unknown = [answer.error for answer in answers.values() if isinstance(answer, Unknown)]
    _say_left_out("nothing approved", nothing)
    _say_left_out("no task can be called so", [group for group in entries if group not in names])
    for error in unknown:
        print(f"left out: {error}", file=sys.stderr)
    if not names:
        raise CommandError("there is nothing to write: approve a version first")

    schema = os.path.relpath(SCHEMA, output.parent)
    _write(output, draft.text(entries, names, access.region, schema), prefixes)
    for line in _refused(entries, names):
        print(line)
    if note:
        print(f"note: {note}")
    print(f"{output}: {len(names)} {'task' if len(names) == 1 else 'tasks'}")
    print("next: settle sizes and owners there (docs/tasks.md), then `fleet validate` and `pulumi preview`")
    return 1 if unknown else 0


def _exists(output: Path) -> CommandError:
    return CommandError(f"{output} exists and is never overwritten; move it away, or name another with --output")


def _access(options: argparse.Namespace) -> Access:
    if options.region:
        return Access(options.region)
    try:
        config = stack.read(stack.selected(options.stack))
    except CommandError as error:
        raise CommandError(f"{error}; or name the registry's Region with --region") from None
    if not config.access.region:
        raise CommandError(f"stack {config.ownership.stack} has no aws:region; set it, or give --region")
    return config.access


def _known(answer: T | Unknown) -> T:
    if isinstance(answer, Unknown):
        raise CommandError(answer.error)
    return answer


def _matching(groups: Sequence[str], patterns: Sequence[str], region: str) -> list[str]:
    if not groups:
        raise CommandError(f"there is no model package group in {region}")
    if idle := [pattern for pattern in patterns if not any(fnmatchcase(group, pattern) for group in groups)]:
        raise CommandError(f"no model package group in {region} is called {' or '.join(idle)}")
    return [group for group in groups if any(fnmatchcase(group, pattern) for pattern in patterns or "*")]


def _prefixes() -> set[str]:
    """The name prefixes of every stack here: the same list is for all of them."""
    prefixes = {""}
    with contextlib.suppress(CommandError):  # `fleet validate` says what is wrong with the files
        for name in stack.names():
            with contextlib.suppress(CommandError):
                prefixes.add(stack.read_files(name).name_prefix)
    return {prefix for prefix in prefixes if rules.fits(prefix)}


def _refused(entries: Mapping[str, catalog.Entry], names: Mapping[str, str]) -> Iterator[str]:
    """What keeps the tasks that are written from being deployed; it stands above each of them too."""
    for group, name in sorted(names.items(), key=lambda item: item[1]):
        entry = entries[group]
        yield from (f"{name}: version {entry.version}: {reason}" for reason in entry.refused)


def _say_left_out(why: str, groups: Collection[str]) -> None:
    if groups:
        print(f"left out, {why}: {', '.join(groups)}")


def _write(output: Path, text: str, prefixes: Collection[str]) -> None:
    """All or nothing, and never over another file, one that has come meanwhile included."""
    unfinished = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        for prefix in prefixes:
            load(unfinished, name_prefix=prefix)
        os.link(unfinished, output)  # a rename would overwrite
    except FileExistsError:
        raise _exists(output) from None
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}") from None
    except TaskListError as error:
        raise CommandError(f"would not pass `fleet validate`, so nothing is written: {error.errors[0]}") from None
    finally:
        with contextlib.suppress(OSError):  # it was never there
            unfinished.unlink()
