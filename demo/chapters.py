"""Some weeks of a team that owns 22 classifiers, chapter by chapter. What each step does and checks is team.py."""

import yaml

from demo.team import PARAMETERS, TASK, TEXT, Team, check, say
from fleet.cli.commands.alarms import NONE_IN_ALARM, SOME_IN_ALARM
from sandbox.lab.callers import THREADS, Callers
from sandbox.lab.folder import ROOT, groups

GROUPS = groups(ROOT / "tasks.yaml")
FLEET = len(GROUPS)
REMOVED = "sarcasm"
ALARMS = 3  # of an endpoint, at level `basic`
HOUR = 3600  # seconds
# A model update, a rollback and a promotion touch no alarm. A challenger has alarms of its own, and stands in the rule
# for SageMaker's events.
MOVED = ("PutDashboard", "PutMetricData")
TRIAL = """\
    pin: {version: 1, reason: while 3 is tried, owner: customer-support, until: 2099-12-31}
    variants: {challenger: {weight: 0.4}}
"""

APPROVED = "It is approved"
SAME_CALL = "The same call to the same endpoint"
TRIED = "Version 2 was rejected. Version 3 is tried beside version 1: a challenger, for 40 % of the callers"
PROMOTED = "The challenger is promoted, and leaves"
FAILS = f"Half of the calls of {TASK} fail, and somebody is told"
PICTURE = (APPROVED, SAME_CALL, TRIED, PROMOTED, FAILS)  # the chapters that the README shows


def play(team: Team) -> None:
    """The whole story. Raises NotAsItShouldBe."""
    for part in (deploy_the_fleet, follow_what_is_approved, try_two_versions, count_the_cost, be_told, take_away):
        part(team)


def deploy_the_fleet(team: Team) -> None:
    team.chapter(f"A first version of {FLEET} models is registered and approved")
    team.sandbox.seed({group: [{"approval": "Approved"}] for group in GROUPS})
    say(f"{FLEET} model package groups in the Model Registry, one approved version each; no endpoint yet")

    team.chapter("What would be deployed, and what would it cost?")
    team.read_prices()
    team.preview(f"{FLEET} NOT_DEPLOYED")

    team.chapter("Deploy the fleet")
    team.up(f"{FLEET} UP_TO_DATE")
    check(set(team.sandbox.endpoints().values()) == {"InService"}, "every endpoint is in service")
    team.confirm()


def follow_what_is_approved(team: Team) -> None:
    team.chapter("An app calls an endpoint")
    first = team.call()

    team.chapter(f"Version 2 of {TASK} is registered; until somebody approves it, nothing moves")
    team.sandbox.register(TASK, approval="PendingManualApproval")
    team.preview(f"{FLEET} UP_TO_DATE")

    team.chapter(APPROVED)
    team.sandbox.approve(TASK, 2)
    team.status(f"{FLEET - 1} UP_TO_DATE, 1 OUT_OF_DATE")
    team.up(f"{FLEET} UP_TO_DATE", ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "PutParameter"], MOVED)

    team.chapter(SAME_CALL)
    check(team.call() != first, "the answer is another one")

    team.chapter("Version 2 is rejected after all: the fleet goes back")
    team.sandbox.reject(TASK, 2)
    team.up(f"{FLEET} UP_TO_DATE", ["UpdateEndpoint", "PutParameter"], MOVED)
    check(team.call() == first, "the first answer is back")


def try_two_versions(team: Team) -> None:
    with Callers(team.sandbox, PARAMETERS, TASK, {"text": TEXT}, pause_seconds=0.5) as callers:
        team.chapter(TRIED)
        team.sandbox.register(TASK)
        written = team.stack.task_list.read_text()
        team.stack.task_list.write_text(written.replace(f"  {TASK}:\n", f"  {TASK}:\n{TRIAL}"))
        for line in TRIAL.splitlines():
            say(f"    +{line}")
        made = ["CreateModel", "CreateEndpointConfig", "CreateEndpoint", "PutParameter"]
        team.up(f"{FLEET} UP_TO_DATE", made, ["PutMetricAlarm"] * ALARMS + ["PutRule", *MOVED])
        team.app()

        team.chapter("How do the two compare?")
        team.compare()

        team.chapter(PROMOTED)
        team.promote()
        moved = ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "PutParameter"]
        gone = ["DeleteEndpoint", *["DeleteEndpointConfig", "DeleteModel"] * 2]  # the challenger's, and version 2's
        team.up(f"{FLEET} UP_TO_DATE", [*moved, *gone], ["DeleteAlarms"] * ALARMS + [*MOVED])
        check(f"{TASK}-challenger" not in team.sandbox.endpoints(), "the challenger is gone")
    check(not callers.errors, "no call fails", str(callers.errors[:3]))
    say(f"{THREADS} other apps called {TASK} all the while: no call failed")
    check({given.variant for _, given in callers.answers} == {"champion", "challenger"}, "both have answered")


def count_the_cost(team: Team) -> None:
    team.chapter("What does it cost, by what was really called?")
    team.cost()


def be_told(team: Team) -> None:
    team.sandbox.move_clock(HOUR)  # each new alarm has said by then that it is OK, and what was called before is over
    team.chapter(FAILS)
    since = len(team.sandbox.outbox())
    team.fail()
    team.alarms(SOME_IN_ALARM, f"1 ALARM, {FLEET * ALARMS - 1} OK")
    team.mail(since, "ALARM", "Owner: customer-support.")

    team.chapter("The container is mended: the alarm clears by itself")
    since = len(team.sandbox.outbox())
    team.sandbox.move_clock(HOUR)
    team.alarms(NONE_IN_ALARM, f"{FLEET * ALARMS} OK")
    team.mail(since, "OK", "Owner: customer-support.")


def take_away(team: Team) -> None:
    team.chapter(f"{REMOVED} leaves the task list")
    tasks = yaml.safe_load(team.stack.task_list.read_text())
    del tasks["tasks"][REMOVED]
    team.stack.task_list.write_text(yaml.safe_dump(tasks, sort_keys=False))
    gone = ["DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteParameter"]
    team.up(f"{FLEET - 1} UP_TO_DATE", gone, ["DeleteAlarms"] * ALARMS + ["PutRule", *MOVED])
    check(REMOVED not in team.sandbox.endpoints(), f"{REMOVED} is gone, the others serve")

    team.chapter("Tear everything down")
    team.destroy()
    check(not team.sandbox.models() | set(team.sandbox.endpoints()), "nothing is left in the account")
    check(not team.sandbox.harm(), "nothing that served was deleted before its endpoint, in all these runs")
