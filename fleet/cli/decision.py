"""What `fleet approve` and `fleet reject` do: show, refuse or ask, and write it in one call.

What is written, and what the next run makes of it, is decided in fleet/evidence/decision.py.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fleet import choice
from fleet.aws import identity, packages, registry
from fleet.aws.operator import approval, catalog, versions
from fleet.aws.packages import Inspected, Use
from fleet.cli import aws, serving, task_list
from fleet.cli.command import CommandError
from fleet.cli.commands.versions import one, registered, specification
from fleet.cli.confirmation import add_yes, confirmed
from fleet.cli.serving import Serving
from fleet.cli.stack import StackConfig, add_stack, read, selected
from fleet.evidence import forms, side_by_side
from fleet.evidence.decision import WORDS, Declined, NoCall, Update, approved_after, decide, foretold
from fleet.evidence.evaluation import Package
from fleet.evidence.facts import APPROVED, Facts
from fleet.seen import Approved, Unknown, Version
from fleet.tasks.model import CHAMPION, Task

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Ground:
    """What a person decides by."""

    task: Task
    config: StackConfig
    client: "SageMakerClient"  # that reads the registry
    serves: Serving
    version: Version
    package: Package
    facts: Facts
    before: Facts | None  # what serves; None where nothing does, or this version itself
    notes: tuple[str, ...] = ()


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task")
    parser.add_argument("version", metavar="VERSION", type=_number, help="the number of a version of its group")
    parser.add_argument("--reason", required=True, help="why, for whoever asks later")
    parser.add_argument(
        "--as", dest="on_behalf_of", default="", metavar="WHO", help="whom a service account acts for, e.g. jane"
    )
    add_yes(parser)
    add_stack(parser)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be the number of a version")
    return int(text)


def run(options: argparse.Namespace, wanted: str) -> int:
    """Bring a version to the approval `wanted`; gives the exit code."""
    now = datetime.now(UTC)
    ground = _look(options)
    print(_shown(ground))
    verb, done = WORDS[wanted]
    refused, doubts = _inspected(ground) if wanted == APPROVED else ((), ())
    found = decide(
        ground.facts,
        ground.package.get("CustomerMetadataProperties") or {},
        wanted,
        reason=options.reason,
        identity=aws.ask(lambda: identity.caller(ground.config.access)).arn,
        on_behalf_of=options.on_behalf_of,
        now=now,
        unsuitable=refused,
    )
    match found:
        case NoCall(said):
            print(f"\n{ground.task.name}: {said}; nothing was changed")
            return 0
        case Declined(reasons):
            raise CommandError("\n".join(f"{ground.task.name}: {reason}" for reason in reasons))
    sys.stdout.flush()  # else what follows on standard error may come first
    for note in (*ground.notes, *doubts):
        print(f"note: {note}", file=sys.stderr)
    then = _foretold(ground, wanted, now)
    print(f"\nthen {then}" if not then.startswith("what") else f"\n{then}", flush=True)
    if not confirmed(f"{verb} version {ground.version.number} of {ground.task.name}?", yes=options.yes):
        print("nothing was changed", file=sys.stderr)
        return 1
    _write(ground, found)
    print(f"{ground.task.name}: version {ground.version.number} {done}")
    return 0


def _look(options: argparse.Namespace) -> Ground:
    name = selected(options.stack)
    config = read(name)
    task = task_list.one(config, options.task)
    serves = serving.read(name, config, task.name)
    client, access = aws.reader(config, task.group)
    known = registered(client, task)
    version = one(known, options.version, task)
    others = [other for other in known if other.number == serves.champion != version.number]
    looked = aws.ask(lambda: versions.look(client, access, [version, *others], specification=specification(task)))
    package, (facts, *before) = looked.packages[version.number], looked.facts
    notes = tuple(filter(None, (serves.unknown, *looked.notes)))
    return Ground(task, config, client, serves, version, package, facts, before[0] if before else None, notes)


def _shown(ground: Ground) -> str:
    """The version beside what serves; alone where there is nothing to compare it with."""
    if ground.before:
        return forms.text(side_by_side.compare(ground.before, ground.facts), ground.task.name)
    serves = ground.serves.champion == ground.version.number
    beside = "which serves" if serves else "with nothing to compare: " + (ground.serves.unknown or "nothing serves")
    return forms.alone(ground.facts, f"{ground.task.name}: {ground.facts.title}, {beside}")


def _inspected(ground: Ground) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Why a serverless endpoint cannot run the version, and why it may not be able to, of any variant."""
    of = {name: ground.task.sizes_of(name) for name in (CHAMPION, *ground.task.variants)}
    uses = {Use(ground.version.package, sizes.inference_specification, sizes.kms_key) for sizes in of.values()}
    client = aws.sagemaker(ground.config)  # who would make a model of it
    looked = aws.ask(lambda: packages.inspect(client, ground.config.access, uses))
    found = [_judged(answer) for answer in looked.of.values()]
    refused = dict.fromkeys(why for one in found for why in one.refused)
    doubts = dict.fromkeys((*(why for one in found for why in one.doubts), *filter(None, [looked.note])))
    return tuple(refused), tuple(doubts)


def _judged(answer: Inspected | Unknown) -> Inspected:
    if isinstance(answer, Unknown):
        raise CommandError(packages.NOT_LOOKED_AT.format(error=answer.error))
    return answer


def _foretold(ground: Ground, wanted: str, now: datetime) -> str:
    """What the next run does, by the task list as it is here and by the registry as it will be."""
    task, serves = ground.task, ground.serves.champion
    if ground.serves.unknown:
        return f"what the next run does cannot be told: {ground.serves.unknown}"
    if why := choice.torn_down(task, now.date()):
        return f"the next run deploys nothing: {why}"
    after = approved_after(list(_approved(ground)), _once_approved(ground, now), wanted)
    ask = catalog.asking(ground.client, ground.config.access, task)
    _, said = choice.settle(lambda said: choice.choose(task, after, now, serves, said), ask, {})
    return foretold(task, after, ground.version.number, serves, now, said)


def _approved(ground: Ground) -> Iterator[Version]:
    """Every approved version of the group, dated where versions have to soak."""
    asked = choice.questions([ground.task])
    group = ground.task.group
    answers = aws.ask(lambda: registry.ask(ground.client, [group], asked.pins, asked.soaks, [group], asked.stages))
    match answers[group]:
        case Approved(versions=found):
            yield from found
        case Unknown(error):
            raise CommandError(f"{ground.task.name}: {error}")


def _once_approved(ground: Ground, now: datetime) -> Version:
    """The version as the registry will have it: its soak begins with this call."""
    cycle = ground.package.get("ModelLifeCycle") or {}
    stage = {"stage": cycle.get("Stage", ""), "stage_status": cycle.get("StageStatus", "")}
    return replace(ground.version, approved=now.isoformat() if ground.task.soak_hours else "", **stage)


def _write(ground: Ground, update: Update) -> None:
    client = aws.sagemaker(ground.config)  # the role that reads another account's registry is for reading only
    if not aws.ask(lambda: approval.write(client, ground.package, update.arguments)):
        raise CommandError(
            f"{ground.task.name}: version {ground.version.number} was changed by somebody meanwhile; look at it again"
        )
