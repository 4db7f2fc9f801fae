"""What stops a run before anything changes: it looks for the fleet where that is not, or would take much of it away.

Pure: what the last run wrote and what AWS lists come in, a sentence for the operator goes out, "" where nothing is
wrong. Whatever led there (credentials, a Region, a prefix, a bad merge), more than a few endpoints never go at once.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass

from fleet.memory import Outcome
from fleet.seen import Unknown
from fleet.tasks.model import title

Written = Mapping[str, Mapping[str, Outcome]]  # what the last run wrote, by task and variant
Listed = Mapping[str, str]  # the ARN of every endpoint that AWS lists, by name

ANOTHER_STACK = "A fleet moves by a second stack: docs/operations.md"
_SEVERAL = 2  # of a single endpoint, that all are gone says nothing


@dataclass(frozen=True)
class Place:
    """Where endpoints lie, or are looked for."""

    region: str
    account: str  # "" where it is not known


@dataclass(frozen=True)
class Asked:
    """Where this run looks, and as whom."""

    place: Place
    region_from: str  # the setting or the variable that says the Region
    caller: str = ""  # ARN, "" where it is not known

    def __str__(self) -> str:
        whom = f"account {self.place.account or 'unknown'}{f' as {self.caller}' if self.caller else ''}"
        return f"{self.place.region} ({self.region_from}) in {whom}"


def place(arn: str) -> Place:
    """Where the ARN says that a resource lies."""
    _, _, _, region, account, *_ = arn.split(":", 5)
    return Place(region, account)


def served(written: Written) -> dict[str, str]:
    """The endpoints that the last run has seen serve: name -> ARN, "" where that is not known."""
    return {
        outcome.endpoint: outcome.arn
        for variants in written.values()
        for outcome in variants.values()
        if outcome.serving and outcome.endpoint in outcome.declared
    }


def elsewhere(places: Collection[Place], asked: Asked) -> str:
    """Why this run may not go on where the stack's resources lie in another Region or account."""
    if regions := sorted({one.region for one in places} - {asked.place.region}):
        return (
            f"this stack's endpoints are in {', '.join(regions)}, as the last run left them, and this run looks in "
            f"{asked.place.region}, which {asked.region_from} says. Nothing was changed. Go back: "
            f"`pulumi config set aws:region {regions[0]}`. {ANOTHER_STACK}"
        )
    accounts = sorted({one.account for one in places} - {asked.place.account, ""})
    if accounts and asked.place.account:
        return (
            f"this stack's endpoints are in account {', '.join(accounts)}, as the last run left them, and this run "
            f"looks in {asked}. Nothing was changed. Mend the credentials: aws:profile, aws:assumeRoles, and the "
            f"AWS_… variables of this shell. {ANOTHER_STACK}"
        )
    return ""


def vanished(written: Written, listed: Listed | Unknown, asked: Asked, most: int) -> str:
    """Why a run stops that finds all of several endpoints gone at once, or more than `most`."""
    gone = missing(written, listed)
    several = len(gone) >= _SEVERAL and len(gone) == len(served(written))
    if not several and len(gone) <= most:
        return ""
    return (
        f"{len(gone)} of the {len(served(written))} endpoints that served when the last run ended are not there: "
        f"{', '.join(gone)}. Looked in {asked}. Nothing was changed. If that is not where they are, mend the "
        "credentials. If they were really deleted: `pulumi config set recreateUntil <today, UTC, as 2027-01-31>`, and "
        "runs of that day make them again"
    )


def missing(written: Written, listed: Listed | Unknown) -> list[str]:
    """The endpoints that the last run has seen serve and that are not listed now."""
    return [] if isinstance(listed, Unknown) else sorted(served(written).keys() - listed.keys())


def going(written: Written, staying: Container[str], listed: Listed | Unknown) -> list[str]:
    """The variants whose endpoints go away in this run by the task list or the configuration.

    `staying` names the endpoints of this run. Where those there are could not be listed, every one of the last run
    counts. A challenger that leaves because of its version is decided later, see fleet/resources/teardown.py.
    """
    return sorted(
        title(task, variant)
        for task, variants in written.items()
        for variant, outcome in variants.items()
        if outcome.endpoint in outcome.declared
        and outcome.endpoint not in staying
        and (isinstance(listed, Unknown) or outcome.endpoint in listed)
    )


def too_many(leaving: Sequence[str], most: int) -> str:
    """Why a run stops in which these go away; "" where they are at most `most`."""
    if len(leaving) <= most:
        return ""
    what = "deployed endpoint" if any("/" in name for name in leaving) else "deployed task"
    return (
        f"{len(leaving)} {what}{'s' if len(leaving) > 1 else ''} would be torn down in this run, and maxTeardown is "
        f"{most}: {', '.join(leaving)}. Nothing was changed. If that is meant, run "
        f"`pulumi config set maxTeardown {len(leaving)}`"
    )
