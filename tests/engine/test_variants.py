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

    told = trial.parameter("toxicity")
    outage = trial.sandbox.fault("ListModelPackages", action="error", code="AccessDeniedException", message="no")
    assert not trial.up().ok
    assert (trial.made(), trial.written()) == ([], [])
    assert trial.serving("toxicity-b") == 2
    assert trial.parameter("toxicity") == told
    trial.sandbox.release(outage)

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


def test_whatever_befalls_a_challenger_it_harms_nobody_and_takes_calls_only_while_it_serves_as_it_should(trial):
    """Toxicity's loses its version, spam's is rolled back, urgency's goes with its task, mood's cannot be made."""
    settings = {"pin": PIN, "variants": {"b": {"weight": 0.1}}}
    trial.sandbox.register("mood")
    for task in ("spam", "urgency", "mood"):
        trial.sandbox.register(task)
    trial.declare(**dict.fromkeys(("toxicity", "spam", "urgency", "mood"), settings))
    trial.sandbox.ending("mood-b", "create", "failed", reason="no such image")

    run = trial.up()
    assert not run.ok
    assert "mood/b: version 2 not deployed: creation failed: no such image" in run.text
    assert {task: trial.serving(f"{task}-b") for task in trial.tasks} == {
        "toxicity": 2,
        "spam": 2,
        "urgency": 2,
        "mood": 0,
    }
    assert trial.weights("mood") == {"champion": 1.0, "b": 0.0}

    trial.sandbox.reject("toxicity", 2)
    trial.sandbox.register("spam")
    trial.sandbox.ending("spam-b", "update", "silent-rollback", reason="exited")
    trial.remove("urgency")
    champions = {task: trial.sandbox.serving(task) for task in trial.tasks}

    run = trial.up()
    assert not run.ok
    assert "spam/b: version 3 rolled back: exited; version 2 keeps serving" in run.text
    went = [call.split()[0] for call in trial.made() if "toxicity" in call]
    assert went == ["DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel"]
    assert variant(trial) == ("NOT_DEPLOYED", 0, "same version as the champion", 0.0)
    assert {task: trial.weights(task)["b"] for task in trial.tasks} == {"toxicity": 0.0, "spam": 0.0, "mood": 0.1}
    assert set(trial.sandbox.endpoints()) == {*champions, "spam-b", "mood-b"}
    assert {task: trial.sandbox.serving(task) for task in champions} == champions
    assert "DeleteParameter urgency" in trial.written()
    assert trial.in_state() == trial.in_aws()
    assert trial.sandbox.harm() == []

    assert trial.up().ok
    assert trial.made() == []
    assert trial.weights("spam") == {"champion": 1.0, "b": 0.0}  # until another version serves


def test_whatever_befalls_a_champion_its_challenger_stays(fleet):
    """Toxicity's follows the version before the champion's; spam's is on its way to be the champion's."""
    for _ in (2, 3):
        fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.change("toxicity", variants={"b": {"weight": 0.1, "follow": "previous", "memory_mb": 3072}})
    fleet.change("spam", pin=PIN, variants={"b": {"weight": 0.1}})
    run = fleet.up()
    assert run.ok, run.text
    both = {"toxicity": 3, "toxicity-b": 2, "spam": 1, "spam-b": 2}
    assert {endpoint: fleet.serving(endpoint) for endpoint in both} == both

    fleet.sandbox.register("toxicity")
    fleet.change("spam", pin={**PIN, "version": 2})
    for task in ("toxicity", "spam"):
        fleet.sandbox.ending(task, "update", "silent-rollback", reason="exited")
    assert not fleet.up().ok
    assert (fleet.serving("spam"), fleet.serving("spam-b")) == (1, 2)
    assert fleet.weights("spam") == {"champion": 0.9, "b": 0.1}

    assert fleet.up().ok
    assert [call for call in fleet.made() if "spam" in call] == []
    assert {endpoint: fleet.serving(endpoint) for endpoint in both} == both


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
    assert "toxicity/b: the registry was not asked in this run" in run.text
    assert trial.serving("toxicity-b") == 2
