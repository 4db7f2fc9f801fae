"""Gates: what an approved version was evaluated with keeps it back until a person decides, and moves nothing else."""

from datetime import date

from tests.engine.conftest import forget_everything

GATE = {"metric": "f1", "min": 0.8}
BY = {"owner": "team-x", "until": date(2099, 1, 31)}
ASKED = "DescribeModelPackage"


def register(fleet, task, f1="", **of):
    properties = {"metric.f1": f1, "mlflow.run_id": f"run{f1}"} if f1 else {}
    return fleet.sandbox.register(task, members={"CustomerMetadataProperties": properties} if f1 else {}, **of)


def add_figure(fleet, task, version, f1):
    package = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{task}/{version}"
    client = fleet.sandbox.client("sagemaker")
    client.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"metric.f1": f1})


def test_a_version_that_does_not_pass_waits_for_a_person_and_one_that_does_is_asked_once(fleet):
    register(fleet, "toxicity", "0.79")
    register(fleet, "spam", "0.92")
    register(fleet, "urgency")
    register(fleet, "mood", "0.5")
    fleet.declare(**{task: {"gate": GATE} for task in ("toxicity", "spam", "urgency", "mood")})

    preview = fleet.preview()
    assert preview.ok, preview.text
    held = "toxicity: OUT_OF_DATE: version 2 does not pass the gate: f1 0.79 is below min 0.8; version 1 keeps serving"
    assert held in preview.text
    assert (
        "new version 2 approved; version 1 keeps serving; version 1 -> version 2; f1 0.92; MLflow run run0.92"
        in preview.text
    )

    run = fleet.up()
    assert run.ok, run.text
    assert fleet.operations().count(ASKED) == 4  # one for each version that is new, whatever it is looked at for
    assert fleet.made()[-1] == "UpdateEndpoint spam"
    assert "mood" not in fleet.sandbox.endpoints()
    assert fleet.status("spam") == "UP_TO_DATE 2: version 2 serves; version 1 -> version 2; f1 0.92; MLflow run run0.92"
    assert fleet.status("urgency").startswith("OUT_OF_DATE 1: version 2 does not pass the gate: its package has no f1")
    assert fleet.status("mood") == "NOT_DEPLOYED 0: version 1 does not pass the gate: f1 0.5 is below min 0.8"

    again = fleet.preview("--expect-no-changes")
    assert again.ok, again.text
    assert fleet.operations().count(ASKED) == 3  # somebody may have mended those that are held; spam's is known

    pin = {"version": 2, "reason": "the holdout was wrong", **BY}
    fleet.change("toxicity", pin=pin)
    add_figure(fleet, "urgency", 2, "0.85")
    assert fleet.up().ok
    assert {task: fleet.serving(task) for task in ("toxicity", "spam", "urgency")} == dict.fromkeys(
        ("toxicity", "spam", "urgency"), 2
    )
    assert "the holdout was wrong, whatever the gate says (f1, min 0.8)" in fleet.status("toxicity")


def test_what_serves_passes_whatever_the_gate_says_also_after_a_loss(fleet):
    for task in fleet.tasks:
        register(fleet, task, "0.5")
        fleet.change(task, gate=GATE, memory_mb=4096)

    run = fleet.up()
    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, 1)
    assert fleet.status("toxicity").startswith(
        "OUT_OF_DATE 1: version 2 does not pass the gate: f1 0.5 is below min 0.8"
    )

    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="spam")
    assert fleet.up().ok
    assert fleet.serving("spam") == 1

    again = forget_everything(fleet)
    run = again.up()
    assert run.ok, run.text
    assert {task: again.serving(task) for task in again.tasks} == dict.fromkeys(again.tasks, 1)
    assert not [call for call in again.made() if call.startswith(("UpdateEndpoint", "DeleteEndpoint"))]


def test_a_version_that_is_rejected_falls_back_however_much_worse_the_one_before_it_is(fleet):
    drop = {"gate": {"metric": "f1", "max_drop": 0.01, "missing": "allow"}}
    fleet.declare(toxicity=drop)
    for f1 in ("0.80", "0.95"):
        register(fleet, "toxicity", f1)
        assert fleet.up().ok
    register(fleet, "toxicity", "0.93")
    run = fleet.up()
    assert run.ok, run.text
    said = (
        "version 4 does not pass the gate: f1 0.93 is 0.02 below the 0.95 of version 3, which serves; max_drop is 0.01"
    )
    assert fleet.status("toxicity") == f"OUT_OF_DATE 3: {said}; version 3 keeps serving"

    fleet.sandbox.reject("toxicity", 4)
    fleet.sandbox.reject("toxicity", 3)
    run = fleet.up()
    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2


def test_a_version_that_passed_and_was_rolled_back_is_not_asked_again(fleet):
    fleet.change("toxicity", gate=GATE)
    register(fleet, "toxicity", "0.90")
    fleet.sandbox.ending("toxicity", "update", "rollback")
    assert not fleet.up().ok
    assert fleet.status("toxicity").startswith("OUT_OF_DATE 1: version 2 rolled back")
    assert fleet.up().ok  # writes down where the endpoint is

    again = fleet.preview("--expect-no-changes")
    assert again.ok, again.text
    assert ASKED not in fleet.operations()


def test_what_a_version_was_evaluated_with_cannot_be_read_and_nothing_moves_for_that(fleet):
    fleet.change("toxicity", gate=GATE)
    register(fleet, "toxicity", "0.9")
    register(fleet, "toxicity", "0.95")
    package = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/3"
    denied = {"action": "error", "code": "AccessDeniedException", "message": "no"}
    outage = fleet.sandbox.fault(ASKED, match={"ModelPackageName": package}, **denied)

    run = fleet.up()
    assert run.ok, run.text
    assert "UpdateEndpoint toxicity" not in fleet.made()
    said = "version 3 does not pass the gate: f1 could not be read: DescribeModelPackage: AccessDeniedException: no"
    assert fleet.status("toxicity") == f"OUT_OF_DATE 1: {said}; version 1 keeps serving"

    fleet.sandbox.release(outage)
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 3
