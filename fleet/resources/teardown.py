"""No mass teardown, and none by mistake: what would take many endpoints away stops the run before anything changes.

The rules, and what an operator reads, are fleet/guard.py's.
"""

import asyncio
from collections.abc import Collection, Container
from datetime import date

import pulumi

from fleet import guard
from fleet.aws.gateway import Gateway
from fleet.guard import Asked, Listed, Place
from fleet.resources.config import StackSettings
from fleet.resources.last_run import LastRun
from fleet.seen import IN_TRANSITION, Unknown

NO_MORE = "this run takes no more than maxTeardown endpoints away"


class Leave:
    """How many endpoints may still go in this run: those that leave because of a version take from it."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self) -> bool:
        """True where one more may go."""
        self._left -= 1
        return self._left >= 0


async def guarded(
    staying: Collection[str], last: LastRun, gateway: Gateway, settings: StackSettings, today: date
) -> Leave:
    """How many endpoints may still go in this run; `staying` names those that the run keeps.

    Raises pulumi.RunError where the run looks for the fleet in the wrong place, or would take too much of it away.
    """
    objection = await gateway.objection()
    if objection:
        raise pulumi.RunError(objection if isinstance(objection, str) else f"whose account is it? {objection.error}")
    rows = await gateway.listed()
    listed: Listed | Unknown = rows if isinstance(rows, Unknown) else {name: row.arn for name, row in rows.items()}
    asked = await _asked(last, listed, gateway, settings)
    leaving = guard.going(last.written, set(staying), listed)
    accepted = settings.recreate_until is not None and today <= settings.recreate_until
    for stop in (
        guard.elsewhere(last.places, asked),
        "" if accepted else guard.vanished(last.written, listed, asked, settings.max_teardown),
        guard.too_many(leaving, settings.max_teardown),
    ):
        if stop:
            raise pulumi.RunError(stop)
    return Leave(settings.max_teardown - len(leaving))


async def _asked(last: LastRun, listed: Listed | Unknown, gateway: Gateway, settings: StackSettings) -> Asked:
    """Where this run looks. What is listed tells the account; AWS is asked only where that tells nothing."""
    access, caller = settings.access, ""
    arns = () if isinstance(listed, Unknown) else listed.values()
    account = next((guard.place(arn).account for arn in arns if arn), "")
    if guard.missing(last.written, listed):
        found = await gateway.caller()
        if not isinstance(found, Unknown):
            account, caller = found.account, found.arn
    return Asked(Place(access.region, account), access.region_from, caller)


async def wait_for(wanted: Container[str], last: LastRun, gateway: Gateway) -> None:
    """Wait, in an `up`, for endpoints in transition that go away at its end: SageMaker does not delete them before."""
    rows = await gateway.listed()
    if pulumi.runtime.is_dry_run() or isinstance(rows, Unknown):
        return
    names = {outcome.endpoint for variants in last.written.values() for outcome in variants.values()}
    going = (name for name in names if name not in wanted and name in rows and rows[name].status in IN_TRANSITION)
    await asyncio.gather(*(gateway.final(name) for name in going))
