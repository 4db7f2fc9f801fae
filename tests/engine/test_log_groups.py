"""How long log lines are kept: a group is taken over where SageMaker has made it, and outlives its endpoint."""

import pytest
from botocore.exceptions import ClientError

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def group(task):
    return f"/aws/sagemaker/Endpoints/{task}"


def found(fleet):
    groups = fleet.sandbox.client("logs").describe_log_groups()["logGroups"]
    return {one["logGroupName"].rpartition("/")[2]: one for one in groups}


def kept(fleet):
    """Endpoint -> days for which its lines are kept; 0 for ever."""
    return {endpoint: one.get("retentionInDays", 0) for endpoint, one in found(fleet).items()}


def tags(fleet, task):
    arn = found(fleet)[task]["logGroupArn"]
    return fleet.sandbox.client("logs").list_tags_for_resource(resourceArn=arn).get("tags", {})


def invoke(fleet, *tasks):
    """The first calls, at which SageMaker makes the groups. No models run here."""
    for task in tasks:
        with pytest.raises(ClientError, match="ModelError"):
            fleet.sandbox.invoke(task, {})


def keep(fleet, days):
    for task in fleet.tasks:
        fleet.change(task, log_retention_days=days)


def changed(fleet):
    """What the last run changed of groups."""
    calls = [call for call in fleet.sandbox.mutations(fleet.seen) if call.service == "logs"]
    named = [(call.operation, call.params.get("logGroupName") or call.params["resourceArn"]) for call in calls]
    return sorted((operation, name.rpartition("/")[2]) for operation, name in named)


def in_the_state(fleet):
    return {one["outputs"]["name"] for one in fleet.stack.state() if one["type"].endswith(":LogGroup")}


def test_a_group_that_sagemaker_has_made_is_taken_over_and_a_later_run_changes_it_in_place(fleet):
    """Toxicity's keeps for ever, spam's for a week and has somebody's tag and key; urgency has none yet."""
    invoke(fleet, "toxicity", "spam")
    client = fleet.sandbox.client("logs")
    client.put_retention_policy(logGroupName=group("spam"), retentionInDays=7)
    client.tag_resource(resourceArn=found(fleet)["spam"]["logGroupArn"], tags={"whose": "theirs"})
    client.associate_kms_key(logGroupName=group("spam"), kmsKeyId=KEY)
    fleet.stack.configure_aws(defaultTags={"tags": {"team": "x"}})
    keep(fleet, 30)

    preview, run = fleet.preview(), fleet.up()

    assert preview.ok, preview.text
    assert run.ok, run.text
    assert kept(fleet) == {"spam": 30, "toxicity": 30, "urgency": 30}
    assert changed(fleet) == [("CreateLogGroup", "urgency")] + [
        ("PutRetentionPolicy", task) for task in ("spam", "toxicity", "urgency")
    ]
    assert (tags(fleet, "toxicity"), tags(fleet, "spam")) == ({}, {"whose": "theirs"})
    assert found(fleet)["spam"]["kmsKeyId"] == KEY
    invoke(fleet, "urgency")
    for again in (fleet.up("--expect-no-changes"), fleet.plain_up("--expect-no-changes")):
        assert again.ok, again.text
    assert "DescribeLogGroups" not in fleet.operations()  # without a refresh
    fleet.change("toxicity", log_retention_days=60)
    assert fleet.up().ok
    assert changed(fleet) == [("PutRetentionPolicy", "toxicity")]


def test_a_group_stays_with_its_lines_when_its_task_its_challenger_or_the_setting_goes(fleet):
    fleet.sandbox.register("toxicity")
    fleet.change("toxicity", variants={"blue": {"weight": 0.1, "follow": "previous"}})
    keep(fleet, 30)
    run = fleet.up()
    assert run.ok, run.text
    assert kept(fleet) == dict.fromkeys(("spam", "toxicity", "toxicity-blue", "urgency"), 30)

    fleet.remove("spam")
    fleet.change("toxicity", variants=None)
    fleet.change("urgency", log_retention_days=None)
    run = fleet.up()

    assert run.ok, run.text
    assert changed(fleet) == []
    assert in_the_state(fleet) == {group("toxicity")}
    run = fleet.stack.destroy()
    assert run.ok, run.text
    assert kept(fleet) == dict.fromkeys(("spam", "toxicity", "toxicity-blue", "urgency"), 30)


def test_a_retention_that_may_not_be_set_makes_the_run_red_and_harms_no_endpoint(fleet):
    """Toxicity's group is there and urgency's is not; spam asks for nothing, and nothing is asked of it."""
    invoke(fleet, "toxicity")
    for task in ("toxicity", "urgency"):
        fleet.change(task, log_retention_days=30)
    fleet.sandbox.register("toxicity")
    for operation in ("PutRetentionPolicy", "CreateLogGroup"):
        fleet.sandbox.fault(operation, service="logs", action="error", code="AccessDeniedException", message="not you")

    run = fleet.up()

    assert not run.ok
    assert f"toxicity: log group {group('toxicity')}: its retention was not set: PutRetentionPolicy: " in run.text
    assert fleet.status("toxicity").startswith("UP_TO_DATE 2: version 2 serves; PutRetentionPolicy: AccessDenied")
    assert fleet.status("urgency").startswith("UP_TO_DATE 1: version 1 serves; CreateLogGroup: AccessDenied")
    assert fleet.parameter("toxicity")["version"] == 2
    assert in_the_state(fleet) == set()

    fleet.sandbox.clear_faults()
    run = fleet.up()

    assert run.ok, run.text
    assert kept(fleet) == {"toxicity": 30, "urgency": 30}
    assert fleet.status("toxicity") == "UP_TO_DATE 2: version 2 serves"
