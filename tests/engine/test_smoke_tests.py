"""A new revision answers its smoke test on a candidate before callers see it."""

from fleet.revision import candidate
from tests.engine.conftest import revision

FRIENDLY, RUDE = "you are lovely", "you are a stupid idiot"
LABELS = {"toxicity": "toxic", "spam": "spam", "urgency": "low", "topic": "unknown"}  # of the models of these groups
FAILS = {"cases": [{"payload": {"text": FRIENDLY}, "expect": "no such label"}]}
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not authorized"}


def passing(task):
    return {"cases": [{"payload": {"text": RUDE}, "expect": LABELS[task]}]}


def candidates(fleet):
    return [name for name in fleet.in_aws() if name.endswith("-c")]


def test_a_version_that_passes_serves_and_leaves_no_candidate(fleet):
    for task in fleet.tasks:
        fleet.change(task, smoke_test=passing(task))
    fleet.sandbox.register("toxicity")

    assert fleet.preview().ok
    assert "InvokeEndpoint" not in fleet.operations()
    run = fleet.up()

    assert run.ok, run.text
    assert "InvokeEndpoint" in fleet.operations()
    assert [call for call in fleet.made() if "spam" in call or "urgency" in call] == []  # what serves is not tested
    assert fleet.serving("toxicity") == 2
    assert candidates(fleet) == []
    fleet.sandbox.reject("toxicity", 2)
    assert fleet.up().ok
    assert fleet.made() == ["UpdateEndpoint toxicity"]  # version 1 has served: it needs no test


def test_a_version_that_fails_its_smoke_test_is_never_seen_by_callers(fleet):
    """A wrong label, an error, an answer that is too slow, a container that does not start, a very first version."""
    fleet.sandbox.register("topic")
    fleet.sandbox.register("mood")
    fleet.declare(
        toxicity={"smoke_test": FAILS},
        spam={"smoke_test": {"cases": [{"payload": "", "expect": "toxic"}]}},
        urgency={"smoke_test": {**passing("urgency"), "max_latency_ms": 100}},
        topic={"smoke_test": passing("topic")},
        mood={},
    )
    for task in ("toxicity", "spam", "urgency"):
        fleet.sandbox.register(task)
    fleet.sandbox.ending(candidate(revision("topic", 1)), "create", "failed", "container exited")
    fleet.sandbox.fault("InvokeEndpoint", action="delay", seconds=0.3)

    run = fleet.up()

    assert not run.ok
    assert [call for call in fleet.made() if call.startswith("UpdateEndpoint ")] == []
    serving = {task: fleet.serving(task) for task in fleet.tasks}
    assert serving == {"toxicity": 1, "spam": 1, "urgency": 1, "topic": 0, "mood": 1}
    for task, status, reason in (
        ("toxicity", "OUT_OF_DATE 1: version 2", "0 of 1 cases agree"),
        ("spam", "OUT_OF_DATE 1: version 2", "the container answered 400"),
        ("urgency", "OUT_OF_DATE 1: version 2", "slowest warm call took"),
        ("topic", "NOT_DEPLOYED 0: version 1", "does not start: container exited"),
    ):
        assert fleet.status(task).startswith(f"{status} failed its smoke test: ")
        assert reason in fleet.status(task)
    assert candidates(fleet) == []
    assert fleet.sandbox.harm() == []

    fleet.sandbox.clear_faults()
    held = fleet.up()
    assert held.ok, held.text
    assert fleet.made() == []

    fleet.change("toxicity", smoke_test=passing("toxicity"))
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("topic")
    run = fleet.up()
    assert run.ok, run.text
    assert (fleet.serving("toxicity"), fleet.serving("topic")) == (3, 2)


def test_a_smoke_test_that_cannot_be_run_is_no_verdict(fleet):
    refused = {"toxicity": "CreateEndpoint", "spam": "InvokeEndpoint"}
    for task, operation in refused.items():
        fleet.change(task, smoke_test=passing(task))
        fleet.sandbox.register(task)
        fleet.sandbox.fault(operation, match={"EndpointName": candidate(revision(task, 2))}, **DENIED)

    run = fleet.up()
    assert not run.ok
    for task, operation in refused.items():
        assert fleet.serving(task) == 1
        because = f"smoke test could not be run: {operation}: AccessDeniedException"
        assert f"{task}: {because}" in run.text
        assert fleet.output(task)["reason"].startswith(f"version 2 not deployed: {because}")

    fleet.sandbox.clear_faults()
    assert fleet.up().ok
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (2, 2)


def test_where_an_account_asks_for_tags_the_default_tags_are_on_candidates_too(fleet):
    """Else no smoke test could run there: the provider tags what it makes, and a candidate is the program's own."""
    fleet.sandbox.settings(required_tags=["team"])
    fleet.change("toxicity", smoke_test=passing("toxicity"))
    fleet.sandbox.register("toxicity")
    fleet.stack.pulumi("config", "set", "--path", "aws:defaultTags.tags.team", "x", check=True)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2
    made = [call for call in fleet.sandbox.mutations(fleet.seen) if call.operation.startswith("CreateEndpoint")]
    assert [call.params["Tags"] for call in made if {"Key": "team", "Value": "x"} not in call.params["Tags"]] == []
    assert any(call.params.get("EndpointName", "").endswith("-c") for call in made)
    assert candidates(fleet) == []


def test_what_a_killed_run_left_of_a_candidate_is_removed_by_the_next(fleet):
    """Of one its configuration, of the other, whose test leaves the task list, the endpoint as well."""
    for task in ("toxicity", "spam"):
        fleet.change(task, smoke_test=passing(task))
        fleet.sandbox.register(task)
    left = {task: candidate(revision(task, 2)) for task in ("toxicity", "spam")}
    fleet.kill_while(
        fleet.hold("CreateEndpoint", "before", EndpointName=left["toxicity"]),
        fleet.hold("CreateEndpoint", "after", EndpointName=left["spam"]),
    )
    assert set(candidates(fleet)) == set(left.values())
    assert left["spam"] in fleet.sandbox.endpoints()
    for task in ("toxicity", "spam"):
        fleet.sandbox.register(task)  # the killed run's revision is not even wanted any more
    fleet.change("spam", smoke_test=None)

    run = fleet.up()

    assert run.ok, run.text
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (3, 3)
    assert candidates(fleet) == []
