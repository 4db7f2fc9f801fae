"""What `fleet approve` and `fleet reject` write, why they refuse to, and what the next run makes of it.

Pure. Approval, reason and who decided are ONE UpdateModelPackage: a second call would be a second event, and begin the
soak anew, which counts from the package's last change. Nothing else in the program writes to a package.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fleet import seen
from fleet.choice import NOTHING_SAID, Choice, choose
from fleet.evidence import metadata
from fleet.evidence.facts import APPROVED, COMPLETED, REJECTED, Facts
from fleet.gate import Said
from fleet.seen import Answer, Approved, NothingApproved, OnHold, Refused, Unknown, Version
from fleet.tasks.model import Task

LONGEST_REASON = 1024  # characters of ApprovalDescription, in one line (API reference, UpdateModelPackage, 2026-11)
WORDS = {APPROVED: ("approve", "approved"), REJECTED: ("reject", "rejected")}


@dataclass(frozen=True)
class Update:
    """What UpdateModelPackage is sent."""

    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class NoCall:
    """It is as it should be already: another call would only restart the soak."""

    said: str


@dataclass(frozen=True)
class Declined:
    """Why it is not done; a sentence each."""

    reasons: tuple[str, ...]


def decide(
    facts: Facts,
    properties: Mapping[str, str],
    wanted: str,
    *,
    reason: str,
    identity: str,
    on_behalf_of: str = "",
    now: datetime,
    unsuitable: Sequence[str] = (),
) -> Update | NoCall | Declined:
    """What comes of approving or rejecting (`wanted`) a version.

    `properties` is the package's metadata, `identity` the caller's ARN, `on_behalf_of` whom a service account acts for,
    `unsuitable` why a serverless endpoint cannot run it (fleet/preflight.py), `now` is aware.
    """
    if facts.approval == wanted:
        by = f", {facts.by_whom}" if facts.by_whom else ""
        return NoCall(f"{facts.title} is {WORDS[wanted][1]} already{by}")
    who = _who(identity, on_behalf_of.strip())
    written = {metadata.DECIDED_BY: who, metadata.DECIDED_AT: f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    said = " ".join(reason.split())
    found = (
        *_of_the_version(facts, wanted, unsuitable),
        *_of_the_words(said, who, on_behalf_of),
        *_of_the_metadata(facts, properties, written),
    )
    if found:
        return Declined(found)
    return Update(
        {
            "ModelPackageArn": facts.package,
            "ModelApprovalStatus": wanted,
            "ApprovalDescription": said,
            "CustomerMetadataProperties": written,
        }
    )


def _who(identity: str, on_behalf_of: str) -> str:
    """Both, where both can be written; the identity is in the package's LastModifiedBy and in CloudTrail anyway."""
    if not on_behalf_of:
        return identity
    both = f"{on_behalf_of} via {identity}"
    return on_behalf_of if metadata.complaint_of(metadata.DECIDED_BY, both) else both


def _of_the_version(facts: Facts, wanted: str, unsuitable: Sequence[str]) -> tuple[str, ...]:
    """Why it cannot be deployed. Rejecting is possible all the same."""
    if wanted != APPROVED:
        return ()
    if facts.status != COMPLETED:
        return (f"{facts.title} is {facts.status or 'of no known status'}: only a {COMPLETED} version can be deployed",)
    return tuple(f"{facts.title} cannot be deployed: {why}" for why in unsuitable)


def _of_the_words(reason: str, who: str, on_behalf_of: str) -> tuple[str, ...]:
    found = []
    if not reason:
        found.append("--reason is empty: say why, for whoever asks later")
    if len(reason) > LONGEST_REASON:
        found.append(f"--reason has {len(reason)} characters; SageMaker takes {LONGEST_REASON}")
    if complaint := metadata.complaint_of(metadata.DECIDED_BY, who):
        advice = "; write it otherwise" if on_behalf_of.strip() else "; say who decides with --as"
        found.append(f'"{who}" cannot be written into the metadata: {complaint}{advice}')
    return tuple(found)


def _of_the_metadata(facts: Facts, properties: Mapping[str, str], written: Mapping[str, str]) -> tuple[str, ...]:
    if len(properties.keys() | written.keys()) <= metadata.MOST:
        return ()
    has = f"the metadata of {facts.title} has {len(properties)} entries, of {metadata.MOST} that it can have"
    return (f"{has}: there is no room for who decided and when; remove {len(written)}",)


def approved_after(approved: Sequence[Version], version: Version, wanted: str) -> Answer:
    """What the registry will say: the approved versions, with this one or without it. `approved` is newest first."""
    others = [other for other in approved if other.number != version.number]
    versions = sorted([*others, *([version] if wanted == APPROVED else [])], key=lambda one: one.number, reverse=True)
    return seen.approved(versions) if versions else NothingApproved()


def foretold(
    task: Task, after: Answer, number: int, serves: int, now: datetime, said: Mapping[int, Said] = NOTHING_SAID
) -> str:
    """What the next run does, once the registry answers `after`; `number` is the version that was decided on.

    `serves` is the version that serves, 0 for none; `said` is as fleet.choice.choose() takes it.
    """
    choice = choose(task, after, now, serves, said)
    return f"the next run {_does(choice, serves)}{_why(choice, number, serves)}"


def _does(choice: Choice, serves: int) -> str:
    match choice.answer:
        case Approved(version) if version == serves:
            return f"moves nothing: version {serves} keeps serving"
        case Approved(version, passed_over=over) if serves and any(one.number == serves for one in over):
            return f"moves nothing: version {serves} keeps serving"
        case Approved(version) if not serves:
            return f"deploys version {version}"
        case Approved(version):
            return f"moves from version {serves} {'on' if version > serves else 'back'} to version {version}"
        case Refused(reason) | Unknown(reason):
            return f"moves nothing: {reason}"
        case OnHold():
            return "moves nothing"
    if serves:
        return f"moves nothing: nothing else may be chosen, so version {serves} keeps serving, OUT_OF_DATE"
    return "deploys nothing"


def _why(choice: Choice, number: int, serves: int) -> str:
    if choice.decided:
        return f"; {choice.decided}"
    if isinstance(choice.answer, Approved) and choice.answer.version == serves > number:
        return f", which is newer; to go back to version {number}, reject what is newer or pin it"
    return ""
