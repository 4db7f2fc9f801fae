"""Two versions of a task side by side: a challenger comes, moves and goes, and the champion knows nothing of it."""

from datetime import date

import pytest

PIN = {"version": 1, "reason": "while 2 is tried", "owner": "team-x", "until": date(2099, 12, 31)}


@pytest.fixture
def trial(fleet):
    """Toxicity pinned to version 1, with a challenger for a tenth of its callers; version 2 is approved."""
    fleet.sandbox.register("toxicity")
    fleet.change("toxicity", pin=PIN, variants={"b": {"weight": 0.1}})
    return fleet


def deployed(fleet):
    run = fleet.up()
    assert run.ok, run.text
    return fleet


def variant(fleet, name="b"):
    said = fleet.output("toxicity")["variants"][name]
    return said["status"], said["version"], said["reason"], said["weight"]


def test_a_challenger_comes_and_goes_and_nothing_of_the_champion_is_called(trial):
    serving = trial.sandbox.serving("toxicity")

    run = trial.up()
    assert run.ok, run.text
    revision = trial.sandbox.serving("toxicity-b")
    made = [f"CreateModel {revision}", f"CreateEndpointConfig {revision}", "CreateEndpoint toxicity-b"]
    assert trial.made() == made
    assert trial.serving("toxicity-b") == 2
    assert trial.weights("toxicity") == {"champion": 0.9, "b": 0.1}
    assert trial.up("--expect-no-changes").ok

    trial.change("toxicity", variants={"b": {"weight": 0.25}})
    assert trial.up().ok
    assert (trial.made(), trial.written()) == ([], ["PutParameter toxicity"])
    assert trial.weights("toxicity") == {"champion": 0.75, "b": 0.25}

    trial.change("toxicity", variants=None)
    assert trial.up().ok
    gone = ["DeleteEndpoint toxicity-b", f"DeleteEndpointConfig {revision}", f"DeleteModel {revision}"]
    assert trial.made() == gone
    assert trial.weights("toxicity") == {"champion": 1.0}
    assert trial.sandbox.serving("toxicity") == serving
    assert trial.sandbox.harm() == []


def test_a_challenger_on_the_champions_version_is_not_deployed_and_needs_no_attention(fleet):
    fleet.change("toxicity", variants={"b": {"weight": 0.1}})

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.made() == []
    assert variant(fleet) == ("NOT_DEPLOYED", 0, "same version as the champion", 0.0)
    assert fleet.weights("toxicity") == {"champion": 1.0, "b": 0.0}
    assert fleet.stack.fleet("status").code == 0


def test_a_rejected_version_takes_the_challenger_away_and_nothing_else(trial):
    deployed(trial)
    trial.sandbox.reject("toxicity", 2)

    run = trial.up()

    assert run.ok, run.text
    assert [call.split()[0] for call in trial.made()] == ["DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel"]
    assert variant(trial)[:3] == ("NOT_DEPLOYED", 0, "same version as the champion")


def test_a_challenger_follows_the_version_before_the_champions(fleet):
    for _ in (2, 3):
        fleet.sandbox.register("toxicity")
    fleet.change("toxicity", variants={"b": {"weight": 0.1, "follow": "previous", "memory_mb": 3072}})

    deployed(fleet)
    assert (fleet.serving("toxicity"), fleet.serving("toxicity-b")) == (3, 2)

    fleet.sandbox.ending("toxicity", "update", "silent-rollback")
    fleet.sandbox.register("toxicity")
    assert not fleet.up().ok  # the champion stays on 3; what it was to serve was handed over
    assert fleet.up().ok
    assert (fleet.serving("toxicity"), fleet.serving("toxicity-b")) == (3, 2)


def test_a_challenger_that_cannot_be_created_takes_no_calls_and_harms_nobody(trial):
    trial.sandbox.ending("toxicity-b", "create", "failed", reason="no such image")
    trial.sandbox.register("spam")

    run = trial.up()

    assert not run.ok
    assert "toxicity/b: version 2 not deployed: creation failed: no such image" in run.text
    assert (trial.serving("toxicity"), trial.serving("spam")) == (1, 2)
    assert trial.weights("toxicity") == {"champion": 1.0, "b": 0.0}

    assert deployed(trial).weights("toxicity") == {"champion": 0.9, "b": 0.1}


def test_a_challenger_that_is_rolled_back_takes_no_calls_until_another_version_serves(trial):
    deployed(trial)
    trial.sandbox.ending("toxicity-b", "update", "silent-rollback", reason="exited")
    trial.sandbox.register("toxicity")

    run = trial.up()

    assert not run.ok
    assert "toxicity/b: version 3 rolled back: exited; version 2 keeps serving" in run.text
    assert [call for call in trial.made() if "toxicity-b" not in call] == []
    assert trial.weights("toxicity") == {"champion": 1.0, "b": 0.0}

    assert trial.up().ok
    assert "UpdateEndpoint toxicity-b" not in trial.made()
    assert trial.weights("toxicity") == {"champion": 1.0, "b": 0.0}


def test_an_outage_leaves_every_variant_and_the_parameter_as_they_are(trial):
    deployed(trial)
    before = trial.parameter("toxicity")
    trial.sandbox.fault("ListModelPackages", action="error", code="AccessDeniedException", match={}, times=0)

    run = trial.up()

    assert not run.ok
    assert (trial.made(), trial.written()) == ([], [])
    assert trial.serving("toxicity-b") == 2
    assert trial.parameter("toxicity") == before


def test_a_task_with_a_challenger_that_leaves_the_list_takes_both_with_it(trial):
    deployed(trial)
    trial.remove("toxicity")

    run = trial.up()

    assert run.ok, run.text
    assert set(trial.sandbox.endpoints()) == {"spam", "urgency"}
    assert trial.in_state() == trial.in_aws()
    assert trial.written() == ["DeleteParameter toxicity"]


def test_a_promotion_that_is_rolled_back_leaves_the_challenger(trial):
    deployed(trial)
    trial.change("toxicity", pin={**PIN, "version": 2})
    trial.sandbox.ending("toxicity", "update", "silent-rollback", reason="exited")

    run = trial.up()

    assert not run.ok
    assert (trial.serving("toxicity"), trial.serving("toxicity-b")) == (1, 2)
    assert trial.weights("toxicity") == {"champion": 0.9, "b": 0.1}
    assert trial.up().ok
    assert trial.made() == []


def test_an_endpoint_that_a_killed_run_made_goes_with_its_challenger(trial):
    trial.kill_at("CreateEndpoint", "after", EndpointName="toxicity-b")
    trial.sandbox.reject("toxicity", 2)

    run = trial.up()

    assert run.ok, run.text
    assert "toxicity-b" not in trial.sandbox.endpoints()


def test_a_targeted_run_does_not_go_by_answers_to_other_questions(trial):
    deployed(trial)
    trial.sandbox.register("toxicity")
    trial.change("toxicity", variants={"b": {"weight": 0.1, "pin": {**PIN, "version": 3, "until": date(2099, 1, 1)}}})

    run = trial.up("--target", "**toxicity*")  # without ApprovedModels, which was not asked for 3

    assert not run.ok
    assert "toxicity/b: registry: the registry was not asked in this run" in run.text
    assert trial.serving("toxicity-b") == 2
