"""What AWS would refuse later is found in preview, and stops no more than it concerns."""

from datetime import date
from typing import Any

from sandbox.lab.connection import wait_until
from tests.engine.conftest import PARAMETERS

NOBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
STRANGER = [{"Key": "team", "Value": "somebody-else"}]


def move_to_instances(fleet, task):
    """As somebody does it with plain boto3, with a model of the fleet."""
    client = fleet.sandbox.client("sagemaker")
    variant = {"VariantName": "AllTraffic", "ModelName": fleet.sandbox.serving(task), "InitialInstanceCount": 1}
    client.create_endpoint_config(
        EndpointConfigName="on-instances", ProductionVariants=[{**variant, "InstanceType": "ml.m5.large"}]
    )
    client.update_endpoint(EndpointName=task, EndpointConfigName="on-instances")


def make_endpoint_of_a_stranger(fleet, name):
    client = fleet.sandbox.client("sagemaker")
    client.create_endpoint(EndpointName=name, EndpointConfigName=fleet.sandbox.serving("spam"), Tags=STRANGER)
    wait_until(lambda: fleet.sandbox.endpoints()[name] == "InService", 5, "theirs serves")


def test_what_cannot_be_had_is_refused_in_preview_and_stops_its_task_alone(fleet):
    parameter = f"{PARAMETERS}/topic"
    refused = {
        "toxicity": 'pin: version 2 of model package group "toxicity" is not approved',
        "spam": "version 2: its package is an inference pipeline of 2 containers",
        "urgency": "its endpoint runs on instances",
        "mood": "an endpoint of this name exists and is not this stack's",
        "topic": f"parameter {parameter} exists and is not this stack's",
        "tone": "version 1: its package is the AWS Marketplace product prod-abc123",
        "accent": 'version 1: its package has no additional inference specification "small" (it has none)',
        "dialect": "version 1: kms_key is in us-east-1, the endpoint in eu-west-1",
    }
    fleet.sandbox.register("toxicity", approval="Rejected")
    fleet.sandbox.register("spam", containers=2)
    fleet.sandbox.register("tone", product_id="prod-abc123")
    for group in ("mood", "topic", "intent", "accent", "dialect"):
        fleet.sandbox.register(group)
    move_to_instances(fleet, "urgency")
    make_endpoint_of_a_stranger(fleet, "mood")
    fleet.sandbox.client("ssm").put_parameter(Name=parameter, Value="mine", Type="String")
    pin = {"version": 2, "reason": "mine", "owner": "team-x", "until": date(2099, 1, 31)}
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    own = {"toxicity": {"pin": pin}, "accent": {"inference_specification": "small"}, "dialect": {"kms_key": key}}
    fleet.declare(*refused, "intent", **own)
    serving = {task: fleet.sandbox.serving(task) for task in ("toxicity", "spam", "urgency", "mood")}

    preview = fleet.preview()
    assert not preview.ok
    assert [why for task, why in refused.items() if f"{task}: {why}" not in preview.text] == []
    assert "Traceback" not in preview.text and "unhandled error" not in preview.text

    for made in ({"CreateModel", "CreateEndpointConfig", "CreateEndpoint"}, set()):
        run = fleet.up()
        assert not run.ok
        assert [why for why in refused.values() if why not in run.text] == []
        assert {call.split()[0] for call in fleet.made() if "intent" in call} == made
        assert [call for call in fleet.made() if "intent" not in call and "topic" not in call] == []
        assert {task: fleet.sandbox.serving(task) for task in serving} == serving
        assert fleet.sandbox.parameters()[parameter] == "mine"
    assert (fleet.serving("intent"), fleet.serving("topic"), fleet.serving("tone")) == (1, 1, 0)
    assert refused["spam"] in fleet.output("spam")["reason"]
    assert fleet.output("toxicity")["version"] == 1


def test_what_aws_will_refuse_of_a_package_is_said_alike_by_preview_run_status_validate_and_init(fleet, tmp_path):
    """And what it may refuse, as a warning that stops nothing."""
    ours = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/text"
    archive = {"S3DataSource": {"S3Uri": "s3://b/m.tar.gz", "S3DataType": "S3Object", "CompressionType": "Gzip"}}
    content = {"SupportedContentTypes": ["application/json"], "SupportedResponseMIMETypes": ["application/json"]}
    more = {"Name": "cpu", "Containers": [{"Image": f"{ours}:1"}], **content}
    packages: dict[str, tuple[dict[str, Any], str]] = {
        "toxicity": ({"inference_specification": {}}, "has no inference specification"),
        "spam": (
            {"inference_specification": {}, "members": {"AdditionalInferenceSpecifications": [more]}},
            "has additional inference specifications alone (cpu)",
        ),
        "urgency": ({"model_data_source": archive}, "its model is named by ModelDataSource alone"),
        "mood": (
            {"inference_specification": {"Containers": [{"Image": ours.replace("eu-west-1", "us-east-1")}], **content}},
            "its image is in the registry of us-east-1",
        ),
    }
    doubts = {"topic": ("gpu-1", 'says "gpu"'), "tone": ("large", "has 12.0 GB; serverless takes 10 GB")}
    for task, (members, _) in packages.items():
        fleet.sandbox.register(task, **members)
    for task, (tag, _) in doubts.items():
        model = {"Image": f"{ours}:{tag}", "ModelDataUrl": f"s3://sandbox-models/{task}/1/model.tar.gz"}
        fleet.sandbox.register(task, inference_specification={"Containers": [model], **content})
    fleet.sandbox.settings(image_bytes={"text:large": 12_000_000_000})
    fleet.declare(*packages, *doubts)
    reasons = [reason for _, reason in (*packages.values(), *doubts.values())]

    drafted = tmp_path / "first.yaml"
    for said in (
        fleet.preview().text,
        fleet.stack.fleet("status").text,
        fleet.stack.fleet("validate", "--registry").text,
        fleet.stack.fleet("init", "--output", str(drafted)).text
        + " ".join(drafted.read_text().replace("#", "").split()),
        fleet.up().text,
    ):
        assert [reason for reason in reasons if reason not in said] == []
        assert "Traceback" not in said

    assert {task: fleet.serving(task) for task in packages} == {"toxicity": 1, "spam": 1, "urgency": 1, "mood": 0}
    assert [call for call in fleet.made() if call.startswith("CreateModel ") and "-v2-" in call] == []
    assert (fleet.serving("topic"), fleet.serving("tone")) == (1, 1)


def test_a_package_whose_model_card_is_encrypted_is_looked_at_like_any_other(fleet):
    """Nobody here may decrypt the card, and nothing that is in it is used."""
    encrypted = {
        "ModelCard": {"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
        "SecurityConfig": {"KmsKeyId": "alias/cards"},
    }
    fleet.sandbox.register("toxicity", members=encrypted)
    fleet.sandbox.register("spam", members=encrypted, containers=2)
    fleet.change("toxicity", soak_hours=1)

    preview = fleet.preview()
    assert "spam: version 2: its package is an inference pipeline of 2 containers" in preview.text
    assert "toxicity: UNKNOWN" not in preview.text
    assert not fleet.up().ok
    assert fleet.output("toxicity")["reason"].startswith("version 2 approved, eligible from ")
    fleet.change("toxicity", soak_hours=None)
    fleet.change("spam", enabled=False)
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2


def test_what_could_not_be_looked_at_is_said_and_stops_nothing(fleet):
    for operation, service in (
        ("DescribeModelPackage", "sagemaker"),
        ("DescribeImages", "ecr"),
        ("GetRole", "iam"),
        ("ListServiceQuotas", "service-quotas"),
    ):
        fleet.sandbox.fault(operation, service=service, action="error", code="AccessDenied", message="not you")
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("mood")
    fleet.declare(*fleet.tasks, "mood")

    preview = fleet.preview()

    assert preview.ok, preview.text
    assert "toxicity: version 2: its package could not be looked at" in preview.text
    assert "execution role" in preview.text and "could not be looked at: GetRole: AccessDenied" in preview.text
    assert "the quotas of this account could not be read" in preview.text
    run = fleet.up()
    assert run.ok, run.text
    fleet.sandbox.clear_faults()  # the next line asks too
    assert (fleet.serving("toxicity"), fleet.serving("mood")) == (2, 1)


def test_more_than_the_account_allows_stops_the_run_before_anything_changes(fleet):
    """And tells at once what else is in the way."""
    fleet.sandbox.settings(endpoint_limit=3, concurrency_limit=20)
    fleet.sandbox.register("topic")
    fleet.sandbox.register("toxicity", containers=2)
    fleet.sandbox.register("spam")
    fleet.declare("toxicity", "spam", "topic", urgency={"max_concurrency": 100})

    for run in (fleet.preview(), fleet.up()):
        assert not run.ok
        assert "this stack wants 4 serverless endpoints; the limit is 3" in run.text
        assert "wants 115 concurrent calls" in run.text
        assert "toxicity: version 2: its package" in run.text
        assert fleet.made() == []
    assert fleet.output("spam")["version"] == 1


def test_quotas_that_may_not_be_read_stop_nothing(fleet):
    fleet.sandbox.fault("*", service="service-quotas", action="error", code="AccessDeniedException", message="no")
    fleet.sandbox.register("topic")
    fleet.declare(*fleet.tasks, "topic")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("topic") == 1


def test_a_role_that_sagemaker_cannot_assume_is_refused_where_a_revision_is_to_be_made(fleet):
    fleet.sandbox.settings(roles={"sagemaker-execution": NOBODY})
    fleet.sandbox.register("toxicity")

    preview = fleet.preview()

    assert not preview.ok
    assert "toxicity: execution role" in preview.text
    assert "cannot be assumed by SageMaker" in preview.text
    assert "spam: " not in preview.text
