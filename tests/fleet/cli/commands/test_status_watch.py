"""Which endpoints a watch waits for, how far they are, what came of them, and when it ends."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from fleet.cli import report, table, watch
from fleet.cli.command import CommandError
from fleet.cli.preview import Target
from fleet.cli.report import Row
from fleet.cli.watch import Move, Moves, Phase, follow, judge, to_do
from fleet.seen import LiveEndpoint
from fleet.status import Status
from tests.fleet.cli.previews import (
    OUTDATED,
    RETIRED,
    SERVES,
    before_0_4,
    configuration,
    endpoint,
    output,
    read,
    variant,
)

LATER = "2026-11-24T09:00:00+00:00"
NEW = [configuration("toxicity-v2", 2), endpoint("toxicity", "toxicity-v2")]
SAME = [configuration("toxicity-v1", 1), endpoint("toxicity", "toxicity-v1")]
ABSENT = output(variant("NOT_DEPLOYED", "version 2 approved", version=0, weight=0, approved_version=2))
NOTHING = output(variant("NOT_DEPLOYED", "nothing approved", version=0, approved_version=0))
UNKNOWN = output(variant("UNKNOWN", "registry: down"))
UPDATING = output(variant("OUT_OF_DATE", "updating", endpoint_status="Updating", approved_version=2))
ON_NEW = LiveEndpoint("InService", "toxicity-v2", LATER)
ON_OLD = LiveEndpoint("InService", "toxicity-v1", LATER)


def move(task: dict[str, Any] = OUTDATED) -> Move:
    preview = read({"toxicity": task}, *NEW)
    return to_do(preview, report.read(preview))[0]


# What there is to do


@pytest.mark.parametrize(
    ("what", "task", "declared", "waits"),
    [
        ("a new version", OUTDATED, NEW, True),
        ("not deployed", ABSENT, NEW, True),
        ("updating already", UPDATING, NEW, True),
        ("up to date", SERVES, SAME, False),
        ("held after a failure, or nothing approved any more: declared with what serves", OUTDATED, SAME, False),
        ("nothing approved: not declared", NOTHING, [], False),
        ("by decision: not declared", RETIRED, [], False),
        ("not found out: declared as it is", UNKNOWN, SAME, False),
    ],
)
def test_only_what_an_update_would_move_is_waited_for(
    what: str, task: dict[str, Any], declared: list[Any], waits: bool
):
    preview = read({"toxicity": task}, *declared)

    assert bool(to_do(preview, report.read(preview))) is waits, what


def test_what_releases_up_to_0_3_wrote_is_waited_for_in_the_same_way():
    assert move(before_0_4(OUTDATED)) == move(OUTDATED)


def test_a_variant_is_waited_for_by_its_own_endpoint():
    challenger = variant("OUT_OF_DATE", "x", endpoint="toxicity-challenger")
    preview = read(
        {"toxicity": output(variant(), challenger=challenger)}, *SAME, endpoint("toxicity-challenger", "new")
    )

    assert [one.row.name for one in to_do(preview, report.read(preview))] == ["toxicity/challenger"]


# What came of it


@pytest.mark.parametrize(
    ("live", "status", "version", "reason"),
    [
        (ON_NEW, Status.UP_TO_DATE, 2, "version 2 serves"),
        (ON_OLD, Status.OUT_OF_DATE, 1, "version 2 rolled back; version 1 keeps serving"),
        (
            replace(ON_OLD, status="UpdateRollbackFailed", failure="no capacity"),
            Status.OUT_OF_DATE,
            1,
            "version 2 rolled back: no capacity; version 1 keeps serving",
        ),
        (
            LiveEndpoint("Failed", "toxicity-v2", LATER, failure="image"),
            Status.NOT_DEPLOYED,
            0,
            "version 2 not deployed: endpoint Failed: image",
        ),
    ],
)
def test_an_endpoint_at_rest_tells_what_came_of_it(live: LiveEndpoint, status: Status, version: int, reason: str):
    ended = judge(move(), live)

    standing = ended.row.standing
    assert ended.phase is Phase.ENDED
    assert (standing.status, standing.serving_version, standing.reason) == (status, version, reason)
    assert (standing.endpoint_status, standing.modified) == (live.status, LATER)


def test_an_autoscaler_that_moved_an_endpoint_is_no_rollback():
    moved = judge(move(), replace(ON_OLD, provisioned=3))

    assert (moved.phase, moved.modified, moved.provisioned) == (Phase.NOT_BEGUN, LATER, 3)


# Looking, at AWS on this machine


def test_a_look_follows_an_endpoint_through_its_update_with_lists_and_one_describe(account: Any):
    account.deploy("toxicity", "toxicity-v1")
    account.configure("toxicity-v2")
    [row] = account.client.list_endpoints()["Endpoints"]
    moves: Moves = (replace(move(), modified=row["LastModifiedTime"].isoformat()),)
    seen = [*(moves := watch.look(account.its_client, moves))]

    account.sandbox.settings(update_seconds=3600)
    account.client.update_endpoint(EndpointName="toxicity", EndpointConfigName="toxicity-v2")
    seen += (moves := watch.look(account.its_client, moves))
    account.sandbox.set_status("toxicity", "InService")
    mark = account.sandbox.mark()
    seen += watch.look(account.its_client, moves)

    assert [one.words for one in seen[:2]] == ["not begun (version 1 to 2)", "Updating (version 1 to 2)"]
    assert seen[2].phase is Phase.ENDED
    assert [call.operation for call in account.sandbox.calls(mark)] == ["ListEndpoints", "DescribeEndpoint"]


def test_an_update_that_was_under_way_is_looked_at_when_it_is_at_rest_though_its_time_stands_still(account: Any):
    account.deploy("toxicity", "toxicity-v2")
    [row] = account.client.list_endpoints()["Endpoints"]

    [seen] = watch.look(account.its_client, (replace(move(UPDATING), modified=row["LastModifiedTime"].isoformat()),))

    assert seen.words == "version 2 serves"


def test_what_has_ended_is_not_looked_at_again(account: Any):
    account.deploy("toxicity", "toxicity-v1")

    assert watch.look(account.its_client, (judge(move(), ON_NEW),)) == (judge(move(), ON_NEW),)
    assert account.operations() == ["ListEndpoints"]


def test_a_revision_under_test_is_told_by_its_candidate(account: Any):
    account.configure("toxicity-v2")
    account.client.create_endpoint(EndpointName="toxicity-v2-c", EndpointConfigName="toxicity-v2")

    [seen] = watch.look(account.its_client, (move(ABSENT),))

    assert seen.words == "smoke test (version 2)"


def test_a_failed_endpoint_that_is_to_be_made_again_is_not_taken_for_its_end(account: Any):
    account.sandbox.ending("toxicity", "create", "failed")
    account.deploy("toxicity", "toxicity-v1")
    [row] = account.client.list_endpoints()["Endpoints"]
    before = replace(move(ABSENT), modified=row["LastModifiedTime"].isoformat(), status="Failed")

    [seen] = watch.look(account.its_client, (before,))

    assert (row["EndpointStatus"], seen.phase) == ("Failed", Phase.NOT_BEGUN)


def test_a_list_that_is_refused_is_an_error_in_aws_words(account: Any):
    account.sandbox.fault("ListEndpoints", action="error", status=400, code="ExpiredTokenException", message="expired")

    with pytest.raises(CommandError, match="ListEndpoints: ExpiredTokenException: expired"):
        watch.look(account.its_client, (move(),))


# Until when


def looks(*phases: Phase) -> Callable[[Moves], Moves]:
    """One after the other; the last one stays."""
    script = iter(phases)
    return lambda moves: tuple(replace(one, phase=next(script, one.phase)) for one in moves)


def never() -> bool:
    return False


def test_it_ends_when_all_have_ended():
    steps = follow((move(),), looks(Phase.MOVES, Phase.MOVES, Phase.ENDED), never, seconds=60, pause=0)

    assert [one.phase for [one] in steps] == [Phase.MOVES, Phase.MOVES, Phase.ENDED]


def test_with_nothing_to_do_it_ends_at_once():
    assert list(follow((), looks(), never, seconds=60, pause=0)) == []


def test_it_ends_with_the_update_though_some_have_not_moved():
    steps = follow((move(), move()), looks(Phase.ENDED, Phase.NOT_BEGUN), lambda: True, seconds=60, pause=0)

    assert len(list(steps)) == 1


def test_what_is_under_way_when_the_update_ends_is_seen_to_its_end():
    steps = follow((move(),), looks(Phase.MOVES, Phase.ENDED), lambda: True, seconds=60, pause=0)

    assert [one.phase for [one] in steps] == [Phase.MOVES, Phase.ENDED]


def test_it_ends_after_a_time_whatever_happens():
    with pytest.raises(TimeoutError):
        list(follow((move(),), looks(Phase.MOVES), never, seconds=0, pause=0))


@pytest.mark.parametrize(
    ("updates", "ended"),
    [
        (["10:00 succeeded", "10:00 succeeded"], False),
        (["10:00 succeeded", "10:30 failed"], True),
        (["none yet", "10:30 succeeded"], True),
        (["10:00 succeeded", "10:30 in-progress"], False),
        (["10:30 in-progress", "10:30 succeeded"], True),
        (["", "10:30 succeeded"], False),
        (["10:00 succeeded", ""], False),
    ],
)
def test_an_update_has_ended_when_the_history_has_another(
    monkeypatch: pytest.MonkeyPatch, updates: list[str], ended: bool
):
    script = iter(updates)
    monkeypatch.setattr(watch, "_last_update", lambda _: next(script))

    assert watch.end_of_update("prod")() is ended


# What is told


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[watch.Watched, str]]:
    """Watches two tasks, one of them to move, while that is seen as given; gives what it found and printed."""
    monkeypatch.setattr(watch, "PAUSE_SECONDS", 0)
    out = io.StringIO()

    def run(*seen: LiveEndpoint | Exception, minutes: float = 1, ended: bool = False) -> tuple[watch.Watched, str]:
        script = iter(seen)

        def look(_: object, moves: Moves) -> Moves:
            live = next(script)
            if isinstance(live, BaseException):
                raise live
            return tuple(judge(one, live) for one in moves)

        monkeypatch.setattr(watch, "look", look)
        preview = read({"toxicity": OUTDATED, "spam": SERVES}, *NEW)
        console = table.console(out)
        found = watch.watch(preview, report.read(preview), cast(Any, None), lambda: ended, console, minutes=minutes)
        return found, out.getvalue()

    return run


def test_every_change_is_a_line_with_how_many_are_done(watched):
    updating = replace(ON_OLD, status="Updating")

    found, printed = watched(updating, updating, ON_NEW)

    assert printed.splitlines() == [
        "0 of 1 done; toxicity: Updating (version 1 to 2)",
        "1 of 1 done; toxicity: version 2 serves",
    ]
    assert (found.report.total, found.report.exit_code) == ("2 UP_TO_DATE", 0)


def test_the_table_has_what_was_seen_last_for_task_and_variant(watched):
    task = watched(ON_NEW)[0].report.tasks["toxicity"]

    assert (task.serving_version, task.variants["champion"].serving_version, task.modified) == (2, 2, LATER)


def test_what_came_to_serve_has_a_weight():
    assert judge(move(ABSENT), ON_NEW).row.standing.weight == 1


def test_what_the_update_did_not_move_is_told(watched):
    found, _ = watched(replace(ON_OLD, provisioned=1), ended=True)

    assert found.report.warnings == ["toxicity: the update has ended without moving it"]
    assert found.report.exit_code == 2


def test_the_end_of_the_time_is_told_with_where_it_was(watched):
    found, _ = watched(replace(ON_OLD, status="Updating"), minutes=0)

    assert found.report.warnings == ["toxicity: Updating (version 1 to 2); watched for 0 minutes"]


def test_an_endpoint_that_cannot_be_seen_any_more_is_an_error_beside_what_was_seen(watched):
    found, _ = watched(replace(ON_OLD, status="Updating"), CommandError("ListEndpoints: ExpiredToken: x"))

    assert found.report.error == "lost sight of the update: ListEndpoints: ExpiredToken: x"
    assert found.report.tasks["toxicity"].endpoint_status == "Updating"
    assert found.report.exit_code == 1


def test_ctrl_c_ends_it_with_what_was_seen(watched):
    found, _ = watched(replace(ON_OLD, status="Updating"), KeyboardInterrupt())

    assert found.is_interrupted
    assert found.report.tasks["toxicity"].endpoint_status == "Updating"


def test_a_terminal_sees_it_in_place():
    waiting = replace(move(), row=Row("spam", "champion", move().row.standing), target=Target("spam-v2", 2))
    out = io.StringIO()
    console = table.console(out)

    console.print(watch._view((judge(move(), ON_NEW), waiting), 125))

    assert out.getvalue().split("\n")[0].rstrip() == "1 of 2 done after 2 min 5 s; waiting for spam"
    assert "not begun (version 1 to 2)" in out.getvalue()
