"""The stand-in `aws` provider, driven by gRPC as the engine drives it, against a SageMaker of a few lines.

What the strict control plane adds (validation, faults, timing) is tested with it, not here.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from sandbox.aws import autoscaling, logs
from sandbox.aws.control import State
from sandbox.plugin import wire
from sandbox.plugin.catalogue.row import Properties
from sandbox.plugin.provider import DEFAULTED, AwsProvider
from sandbox.plugin.wire import SECRET, SIGNATURE, decode, encode

MODEL = "aws:sagemaker/model:Model"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
PARAMETER = "aws:ssm/parameter:Parameter"
TARGET = "aws:appautoscaling/target:Target"
POLICY = "aws:appautoscaling/policy:Policy"
SCHEDULED_ACTION = "aws:appautoscaling/scheduledAction:ScheduledAction"
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TOPIC_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
EXECUTABLE = Path(__file__).parents[3] / "sandbox/plugin/pulumi-resource-aws"


class SageMaker:
    """Remembers what it was told. `statuses` are shown one by one after the next create or update of an endpoint."""

    def __init__(self) -> None:
        self.things: dict[tuple[str, str], Properties] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.calls: list[tuple[str, Properties]] = []
        self.errors: dict[str, tuple[str, str]] = {}  # operation -> code, message
        self.statuses: list[str] = []
        self.rolls_back = False
        self.failure = ""

    def answer(self, operation: str, request: Properties) -> tuple[int, Properties]:
        self.calls.append((operation, request))
        if operation in self.errors:
            code, message = self.errors[operation]
            return 400, {"__type": code, "message": message}
        if operation.endswith("Tags"):
            return 200, getattr(self, operation)(**request)
        verb, kind = next((v, operation.removeprefix(v)) for v in VERBS if operation.startswith(v))
        name = request[kind + "Name"]
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:{kind.lower()}/{name}"
        if verb != "Create" and (kind, name) not in self.things:
            return 400, {"__type": "ValidationException", "message": f'Could not find {SAID[kind]} "{arn}".'}
        thing = self.things.setdefault((kind, name), {})
        match verb:
            case "Create":
                self.tags[arn] = {tag["Key"]: tag["Value"] for tag in request.pop("Tags", [])}
                thing.update(request | {kind + "Arn": arn, "CreationTime": 1})
            case "Update" if not self.rolls_back:
                thing.update(request)
            case "Delete":
                del self.things[kind, name]
        if verb == "Describe" and kind == "Endpoint":
            status = self.statuses.pop(0) if self.statuses else "InService"
            return 200, thing | {"EndpointStatus": status, "FailureReason": self.failure, "LastModifiedTime": 1}
        return 200, dict(thing)

    def AddTags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> Properties:
        self.tags[ResourceArn] |= {tag["Key"]: tag["Value"] for tag in Tags}
        return {"Tags": Tags}

    def DeleteTags(self, ResourceArn: str, TagKeys: list[str]) -> Properties:
        self.tags[ResourceArn] = {key: value for key, value in self.tags[ResourceArn].items() if key not in TagKeys}
        return {}

    def ListTags(self, ResourceArn: str, NextToken: str = "0") -> Properties:
        """One tag a page, so that whoever does not follow the token is caught."""
        at, tags = int(NextToken), sorted(self.tags[ResourceArn].items())
        page = [{"Key": key, "Value": value} for key, value in tags[at : at + 1]]
        return {"Tags": page} | ({"NextToken": str(at + 1)} if at + 1 < len(tags) else {})

    def called(self, operation: str) -> list[Properties]:
        return [request for name, request in self.calls if name == operation]

    def has(self, kind: str, name: str) -> bool:
        return (kind, name) in self.things


VERBS = ("Create", "Describe", "Update", "Delete")
ASSUMABLE = (
    'Please ensure that the role exists and that its trust relationship policy allows the action "sts:AssumeRole" for '
    'the service principal "sagemaker.amazonaws.com"'
)
SAID = {"Model": "model", "EndpointConfig": "endpoint configuration", "Endpoint": "endpoint"}


@pytest.fixture(scope="module")
def account() -> Iterator[SageMaker]:
    fake = SageMaker()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = fake.answer(self.headers["X-Amz-Target"].partition(".")[2], request)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        environment.setenv("AWS_REGION", "eu-west-1")
        environment.setenv("SANDBOX_PROVIDER_SECOND", "0.005")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def aws(account: SageMaker) -> SageMaker:
    """An empty account; the server stays, as a client takes long to make."""
    SageMaker.__init__(account)
    return account


class Engine:
    """The engine's side of the protocol, in plain values."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub

    def configure(self, **config: object) -> Any:
        """Without a look at the account, unless it is asked for."""
        silent = {"skipCredentialsValidation": "true", "skipRequestingAccountId": "true"}
        return self.stub.Configure(proto.ConfigureRequest(args=encode(silent | config)))

    def check_config(self, **config: object) -> list[tuple[str, str]]:
        """The failures."""
        failures = self.stub.CheckConfig(proto.CheckRequest(news=encode(config))).failures
        return [(failure.property, failure.reason) for failure in failures]

    def check(self, token: str, news: Properties, olds: Properties | None = None) -> Any:
        request = proto.CheckRequest(
            name="thing", type=token, news=encode(news), olds=encode(olds or {}), randomSeed=b"\xab\xcd\xef\x01\x23"
        )
        return self.stub.Check(request)

    def checked(self, token: str, news: Properties) -> Properties:
        return decode(self.inputs(token, news))

    def inputs(self, token: str, news: Properties) -> Any:
        """What Check makes of what a program gives; what was checked stays as it is."""
        return encode(news) if DEFAULTED in news else self.check(token, news).inputs

    def diff(self, token: str, state: Properties, news: Properties, ignore: tuple[str, ...] = ()) -> Any:
        inputs = self.inputs(token, news)
        return self.stub.Diff(
            proto.DiffRequest(type=token, olds=encode(state), news=inputs, ignoreChanges=list(ignore))
        )

    def create(self, token: str, news: Properties, preview: bool = False) -> Properties:
        inputs = self.inputs(token, news)
        answer = self.stub.Create(proto.CreateRequest(type=token, properties=inputs, preview=preview))
        return decode(answer.properties) | ({"id": answer.id} if answer.id else {})

    def read(self, token: str, id_: str, inputs: Properties | None = None, state: Properties | None = None) -> Any:
        state = {name: value for name, value in (state or {}).items() if name != "id"}
        return self.stub.Read(
            proto.ReadRequest(type=token, id=id_, inputs=encode(inputs or {}), properties=encode(state))
        )

    def update(self, token: str, state: Properties, news: Properties, preview: bool = False) -> Properties:
        inputs, id_ = self.inputs(token, news), str(state.get("id", state.get("name")))
        request = proto.UpdateRequest(type=token, id=id_, olds=encode(state), news=inputs, preview=preview)
        return decode(self.stub.Update(request).properties) | {"id": request.id}

    def delete(self, token: str, id_: str, state: Properties | None = None) -> None:
        self.stub.Delete(proto.DeleteRequest(type=token, id=id_, properties=encode(state or {})))


@contextmanager
def serving() -> Iterator[Engine]:
    cloud: Future[ModuleType] = Future()
    cloud.set_result(importlib.import_module("sandbox.plugin.cloud"))
    server = grpc.server(ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(cloud), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        engine = Engine(provider_pb2_grpc.ResourceProviderStub(channel))
        engine.configure(region="eu-west-1")
        yield engine
    server.stop(None)


@pytest.fixture(scope="module")
def shared(account: SageMaker) -> Iterator[Engine]:
    with serving() as engine:
        yield engine


@pytest.fixture
def engine(shared: Engine, aws: SageMaker) -> Engine:
    return shared


@pytest.fixture
def own_engine(aws: SageMaker) -> Iterator[Engine]:
    """For a test that configures or cancels it."""
    with serving() as engine:
        yield engine


def model(**changes: object) -> Properties:
    container = {"modelPackageName": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/7"}
    return {
        "name": "toxicity-v7",
        "executionRoleArn": "arn:aws:iam::123456789012:role/r",
        "primaryContainer": container,
    } | changes


def configuration(memory: int = 2048, **changes: object) -> Properties:
    serverless = {"memorySizeInMb": memory, "maxConcurrency": 5}
    variant = {"variantName": "AllTraffic", "modelName": "toxicity-v7", "serverlessConfig": serverless}
    return {"name": "toxicity-v7", "productionVariants": [variant]} | changes


def endpoint(config: str = "toxicity-v7", **changes: object) -> Properties:
    return {"name": "toxicity", "endpointConfigName": config} | changes


def error_of(call: Any, *arguments: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments)
    return caught.value


def state_kept_by(error: grpc.RpcError) -> proto.ErrorResourceInitFailed | None:
    """What a partial failure puts into the state; None for a failure that is none."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            kept = proto.ErrorResourceInitFailed()
            assert status_pb2.Status.FromString(value).details[0].Unpack(kept)
            return kept
    return None


# Configuration


def test_a_configuration_that_is_refused_creates_nothing(own_engine: Engine) -> None:
    details = error_of(lambda: own_engine.configure(allowedAccountIds=json.dumps(["210987654321"]))).details()
    assert details == "AWS account ID not allowed: "


def test_credentials_are_looked_at_before_anything_else_unless_that_is_skipped(real: Engine) -> None:
    role = {"roleArn": "arn:aws:iam::123456789012:role/missing"}
    [(name, reason)] = real.check_config(assumeRoles=json.dumps([role]))
    assert name == ""
    assert reason.startswith("unable to validate AWS credentials.\nDetails: Cannot assume IAM Role: ")
    assert real.check_config(assumeRoles=json.dumps([role]), skipCredentialsValidation="true") == []
    assert real.check_config(region="eu-west-1") == []
    assert real.check_config(assumeRole=json.dumps(role)) == [
        ("assumeRole", "invalid config key 'aws:assumeRole', should be 'aws:assumeRoles'")
    ]


# Check


def test_an_unknown_property_is_refused_by_name(engine: Engine) -> None:
    [failure] = engine.check(ENDPOINT, endpoint(endpointConfig="x")).failures
    assert failure.property == "endpointConfig"


def test_an_unknown_type_is_refused(engine: Engine) -> None:
    assert "aws:s3/bucket:Bucket" in error_of(engine.check, "aws:s3/bucket:Bucket", {}).details()


def test_a_name_that_is_not_given_is_the_logical_one_and_seven_hex_digits(engine: Engine) -> None:
    inputs = engine.checked(ENDPOINT, {"endpointConfigName": "c"})
    assert inputs["name"] == "thing-abcdef0"
    assert inputs["__defaults"] == ["name"]


def test_a_generated_name_stays(engine: Engine) -> None:
    olds = {"name": "thing-1234567", "__defaults": ["name"]}
    assert decode(engine.check(ENDPOINT, {"endpointConfigName": "c"}, olds).inputs)["name"] == "thing-1234567"


def test_defaults_are_filled_in_where_the_bridge_does(engine: Engine) -> None:
    assert engine.checked(MODEL, model())["primaryContainer"]["mode"] == "SingleModel"
    assert engine.checked(CONFIGURATION, configuration())["productionVariants"][0]["initialVariantWeight"] == 1


def test_a_secret_stays_one(engine: Engine) -> None:
    secret = {SIGNATURE: SECRET, "value": "s3cret"}
    news = model(primaryContainer={"modelPackageName": "p", "environment": {"KEY": secret}})
    inputs = engine.check(MODEL, news).inputs
    created = engine.stub.Create(proto.CreateRequest(type=MODEL, properties=inputs)).properties
    for struct in (inputs, created):
        assert struct["primaryContainer"][SIGNATURE] == SECRET
        assert struct["primaryContainer"]["value"]["environment"]["KEY"] == "s3cret"


# Diff


def test_what_was_just_created_is_no_change(engine: Engine) -> None:
    for token, inputs in ((MODEL, model()), (CONFIGURATION, configuration()), (ENDPOINT, endpoint(tags={"a": "b"}))):
        state = engine.create(token, inputs)
        assert engine.diff(token, state, engine.checked(token, inputs)).changes == proto.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(
    ("token", "before", "after", "path"),
    [
        (MODEL, model(), model(executionRoleArn="other"), "executionRoleArn"),
        (MODEL, model(), model(primaryContainer={"modelPackageName": "p8"}), "primaryContainer.modelPackageName"),
        (
            CONFIGURATION,
            configuration(),
            configuration(memory=3072),
            "productionVariants[0].serverlessConfig.memorySizeInMb",
        ),
        (ENDPOINT, endpoint(), endpoint(name="other"), "name"),
    ],
)
def test_what_cannot_be_changed_in_place_replaces(
    engine: Engine, token: str, before: Properties, after: Properties, path: str
) -> None:
    diff = engine.diff(token, engine.create(token, before), engine.checked(token, after))
    assert [(at, change.kind) for at, change in diff.detailedDiff.items()] == [
        (path, proto.PropertyDiff.UPDATE_REPLACE)
    ]
    assert list(diff.replaces) == [path.partition(".")[0].partition("[")[0]]


def test_a_new_configuration_and_tags_update_an_endpoint_in_place(engine: Engine) -> None:
    state = engine.create(ENDPOINT, endpoint())
    diff = engine.diff(ENDPOINT, state, engine.checked(ENDPOINT, endpoint("toxicity-v8", tags={"fleet:task": "t"})))
    assert {path: change.kind for path, change in diff.detailedDiff.items()} == {
        "endpointConfigName": proto.PropertyDiff.UPDATE,
        'tags["fleet:task"]': proto.PropertyDiff.ADD,
        'tagsAll["fleet:task"]': proto.PropertyDiff.ADD,
    }
    assert not diff.replaces


def test_only_the_rollback_alarms_of_a_deployment_replace_an_endpoint(engine: Engine) -> None:
    state = engine.create(ENDPOINT, endpoint())
    rolling = {"maximumBatchSize": {"type": "INSTANCE_COUNT", "value": 1}, "waitIntervalInSeconds": 60}
    alarms = {"alarms": [{"alarmName": "errors"}]}
    in_place = engine.diff(ENDPOINT, state, endpoint(deploymentConfig={"rollingUpdatePolicy": rolling}))
    anew = engine.diff(ENDPOINT, state, endpoint(deploymentConfig={"autoRollbackConfiguration": alarms}))
    assert (list(in_place.replaces), list(anew.replaces)) == ([], ["deploymentConfig"])


def test_another_rollback_alarm_replaces_an_endpoint(engine: Engine) -> None:
    def watched(alarm: str) -> Properties:
        return endpoint(deploymentConfig={"autoRollbackConfiguration": {"alarms": [{"alarmName": alarm}]}})

    diff = engine.diff(ENDPOINT, watched("errors"), watched("latency"))
    assert list(diff.replaces) == ["deploymentConfig"]


def test_the_tag_that_changed_is_named(engine: Engine) -> None:
    state = engine.create(MODEL, model(tags={"fleet:task": "a", "fleet:owner": "b"}))
    diff = engine.diff(MODEL, state, engine.checked(MODEL, model(tags={"fleet:task": "x", "fleet:owner": "b"})))
    assert set(diff.detailedDiff) == {'tags["fleet:task"]', 'tagsAll["fleet:task"]'}
    assert not diff.replaces


def test_a_new_tag_of_the_provider_updates_every_resource(own_engine: Engine, aws: SageMaker) -> None:
    state = own_engine.create(MODEL, model(tags={"a": "b"}))
    own_engine.configure(region="eu-west-1", defaultTags=json.dumps({"tags": {"team": "x"}}))
    news = own_engine.checked(MODEL, model(tags={"a": "b"}))
    assert list(own_engine.diff(MODEL, state, news).detailedDiff) == ["tagsAll.team"]
    assert own_engine.update(MODEL, state, news)["tagsAll"] == {"a": "b", "team": "x"}


def test_an_unknown_value_is_a_change(engine: Engine) -> None:
    state = engine.create(MODEL, model())
    diff = engine.diff(MODEL, state, model(primaryContainer={"modelPackageName": UNKNOWN, "mode": "SingleModel"}))
    assert list(diff.replaces) == ["primaryContainer"]


def test_a_resource_with_a_name_of_its_own_is_deleted_before_it_is_replaced(engine: Engine) -> None:
    news = engine.checked(MODEL, model(executionRoleArn="other"))
    assert engine.diff(MODEL, engine.create(MODEL, model()), news).deleteBeforeReplace


def test_a_resource_with_a_generated_name_is_created_before_the_old_one_is_deleted(engine: Engine) -> None:
    nameless = {key: value for key, value in model().items() if key != "name"}
    news = engine.checked(MODEL, nameless | {"executionRoleArn": "other"})
    assert not engine.diff(MODEL, engine.create(MODEL, nameless), news).deleteBeforeReplace


def test_a_change_that_is_to_be_ignored_is_none(engine: Engine) -> None:
    state = engine.create(ENDPOINT, endpoint())
    diff = engine.diff(ENDPOINT, state, endpoint("toxicity-v8"), ignore=("endpointConfigName",))
    assert diff.changes == proto.DiffResponse.DIFF_NONE


def test_all_tags_are_an_input_beside_the_resources_own(own_engine: Engine) -> None:
    own_engine.configure(region="eu-west-1", defaultTags=json.dumps({"tags": {"team": "x", "cost": "1"}}))
    inputs = own_engine.checked(ENDPOINT, endpoint(tags={"team": "y"}))
    assert (inputs["tags"], inputs["tagsAll"]) == ({"team": "y"}, {"team": "y", "cost": "1"})
    assert own_engine.checked(POLICY, policy()).get("tagsAll") is None  # a policy takes no tags


def test_tags_that_are_not_known_yet_make_all_tags_unknown(engine: Engine) -> None:
    assert engine.checked(ENDPOINT, endpoint(tags=UNKNOWN))["tagsAll"] == UNKNOWN


def test_tags_stay_only_where_changes_of_all_tags_are_ignored_too(engine: Engine, aws: SageMaker) -> None:
    """As the engine asks: the old inputs in place of what is ignored, and Check's `tagsAll` of them."""
    state = engine.create(ENDPOINT, endpoint(tags={"ours": "1"}))
    aws.tags[state["arn"]] = {"theirs": "1"}
    read = engine.read(ENDPOINT, "toxicity", engine.checked(ENDPOINT, endpoint(tags={"ours": "1"})), state)
    state, olds = decode(read.properties), decode(read.inputs)
    news = engine.checked(ENDPOINT, endpoint(tags=olds["tags"]))

    assert list(engine.diff(ENDPOINT, state, news, ignore=("tags",)).diffs) == ["tagsAll"]
    assert engine.diff(ENDPOINT, state, news, ignore=("tags", "tagsAll")).changes == proto.DiffResponse.DIFF_NONE


def test_a_tag_that_the_provider_ignores_is_neither_set_nor_taken_away(own_engine: Engine, aws: SageMaker) -> None:
    ignored = {"keys": ["billing"], "keyPrefixes": ["scan:"]}
    own_engine.configure(region="eu-west-1", ignoreTags=json.dumps(ignored))
    state = own_engine.create(MODEL, model(tags={"a": "b", "billing": "x"}))
    aws.tags[state["arn"]] |= {"billing": "y", "scan:last": "today"}
    read = decode(own_engine.read(MODEL, "toxicity-v7", own_engine.checked(MODEL, model()), state).properties)
    assert read["tagsAll"] == {"a": "b"}
    own_engine.update(MODEL, read, model(tags={"a": "c"}))
    assert aws.tags[state["arn"]] == {"a": "c", "billing": "y", "scan:last": "today"}


# Create


def test_a_preview_calls_nothing_and_leaves_out_what_it_cannot_know(engine: Engine, aws: SageMaker) -> None:
    outputs = engine.create(ENDPOINT, endpoint(), preview=True)
    assert outputs == {"name": "toxicity", "endpointConfigName": "toxicity-v7", "region": "eu-west-1", "tagsAll": {}}
    assert aws.calls == []


def test_numbers_reach_aws_as_integers(engine: Engine, aws: SageMaker) -> None:
    engine.create(CONFIGURATION, configuration())
    [request] = aws.called("CreateEndpointConfig")
    memory = request["ProductionVariants"][0]["ServerlessConfig"]["MemorySizeInMB"]
    assert (memory, type(memory)) == (2048, int)


def test_a_configuration_says_that_nobody_logs_in_unless_the_program_does(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(CONFIGURATION, configuration())
    assert aws.called("CreateEndpointConfig")[0]["ProductionVariants"][0]["EnableSSMAccess"] is False
    assert engine.diff(CONFIGURATION, state, configuration()).changes == proto.DiffResponse.DIFF_NONE


def test_an_endpoint_is_created_when_it_is_in_service(engine: Engine, aws: SageMaker) -> None:
    aws.statuses = ["Creating", "Creating"]
    outputs = engine.create(ENDPOINT, endpoint(tags={"a": "b"}))
    assert aws.statuses == []
    assert outputs["arn"].endswith("endpoint/toxicity")
    assert (outputs["tags"], outputs["tagsAll"]) == ({"a": "b"}, {"a": "b"})


def test_an_endpoint_whose_creation_fails_is_not_in_the_state(engine: Engine, aws: SageMaker) -> None:
    aws.statuses, aws.failure = ["Creating", "Failed"], "no such image"
    error = error_of(engine.create, ENDPOINT, endpoint())
    assert "unexpected state 'Failed', wanted target 'InService'. last error: no such image" in error.details()
    assert state_kept_by(error) is None


def test_a_model_that_is_refused_is_sent_again_for_two_minutes(engine: Engine, aws: SageMaker) -> None:
    aws.errors["CreateModel"] = ("ValidationException", "no such package")
    assert "ValidationException: no such package" in error_of(engine.create, MODEL, model()).details()
    assert 3 < len(aws.called("CreateModel")) <= 18  # fewer where this machine is slow
    aws.errors["CreateModel"] = ("AccessDeniedException", "not allowed")
    aws.calls.clear()
    error_of(engine.create, MODEL, model())
    assert len(aws.called("CreateModel")) == 1


def test_a_creation_that_fails_on_the_role_is_deleted_and_made_again_until_nothing_is_left(
    engine: Engine, aws: SageMaker
) -> None:
    aws.statuses, aws.failure = ["Failed"] * 1000, f'The execution role ARN "r" is invalid. {ASSUMABLE}'
    error = error_of(engine.create, ENDPOINT, endpoint())
    assert error.details().startswith(
        "unexpected state 'Failed', wanted target 'InService'. last error: The execution "
    )
    assert error.details().endswith(ASSUMABLE)
    assert 3 < len(aws.called("CreateEndpoint")) <= 31
    assert len(aws.called("DeleteEndpoint")) == len(aws.called("CreateEndpoint"))
    assert not aws.has("Endpoint", "toxicity")
    assert state_kept_by(error) is None


def test_a_role_that_heals_meanwhile_is_enough_for_a_creation(engine: Engine, aws: SageMaker) -> None:
    aws.statuses, aws.failure = ["Creating", "Failed"], ASSUMABLE
    assert engine.create(ENDPOINT, endpoint())["name"] == "toxicity"
    assert len(aws.called("CreateEndpoint")) == 2


def test_what_was_created_but_cannot_be_read_is_in_the_state(engine: Engine, aws: SageMaker) -> None:
    aws.errors["DescribeModel"] = ("AccessDeniedException", "not allowed")
    kept = state_kept_by(error_of(engine.create, MODEL, model()))
    assert kept and (kept.id, decode(kept.properties)["name"]) == ("toxicity-v7", "toxicity-v7")


def refusal(operation: str, code: str) -> str:
    """The words of the AWS SDK for Go, before the message."""
    answered = "https response error StatusCode: 400, RequestID: "
    return f"operation error SageMaker: {operation}, {answered}, api error {code}: "


def test_a_refusal_is_one_sentence(engine: Engine, aws: SageMaker) -> None:
    aws.errors["CreateEndpoint"] = ("ValidationException", "Cannot create already existing endpoint")
    error = error_of(engine.create, ENDPOINT, endpoint())
    assert error.details() == (
        f"creating SageMaker AI Endpoint (toxicity): {refusal('CreateEndpoint', 'ValidationException')}"
        "Cannot create already existing endpoint"
    )


def test_a_request_that_boto3_refuses_is_one_sentence_too(engine: Engine) -> None:
    details = error_of(engine.create, CONFIGURATION, configuration(productionVariants="AllTraffic")).details()
    assert details.startswith("creating SageMaker AI Endpoint Configuration (toxicity-v7): ParamValidationError: ")


def test_the_tags_of_the_provider_go_to_every_resource_under_its_own(own_engine: Engine, aws: SageMaker) -> None:
    own_engine.configure(region="eu-west-1", defaultTags=json.dumps({"tags": {"team": "a", "cost": "1"}}))
    outputs = own_engine.create(MODEL, model(tags={"team": "b"}))
    assert outputs["tags"] == {"team": "b"}
    assert outputs["tagsAll"] == {"team": "b", "cost": "1"}
    assert list(aws.tags.values()) == [{"team": "b", "cost": "1"}]


# Read


def test_what_is_gone_has_no_id(engine: Engine) -> None:
    assert engine.read(ENDPOINT, "toxicity").id == ""


def test_an_endpoint_that_is_being_deleted_is_gone_for_a_refresh(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint())
    aws.statuses = ["Deleting"]
    assert engine.read(ENDPOINT, "toxicity", engine.checked(ENDPOINT, endpoint()), state).id == ""


def test_an_import_gives_the_inputs_that_would_have_made_it(engine: Engine) -> None:
    for token, inputs in ((MODEL, model()), (CONFIGURATION, configuration()), (ENDPOINT, endpoint(tags={"a": "b"}))):
        engine.create(token, inputs)
        imported = engine.read(token, inputs["name"])
        assert imported.id == inputs["name"]
        wanted = engine.checked(token, inputs)
        assert engine.diff(token, decode(imported.properties), wanted).changes == proto.DiffResponse.DIFF_NONE
        assert decode(imported.inputs).keys() == {name for name, value in wanted.items() if value or name == DEFAULTED}


def test_an_import_reads_no_defaults_as_inputs(engine: Engine) -> None:
    engine.create(MODEL, model())
    container = decode(engine.read(MODEL, "toxicity-v7").inputs)["primaryContainer"]
    assert container == {"modelPackageName": model()["primaryContainer"]["modelPackageName"]}


def test_a_refresh_keeps_to_the_inputs_that_were_given(engine: Engine, aws: SageMaker) -> None:
    engine.create(ENDPOINT, endpoint())
    aws.things["Endpoint", "toxicity"]["EndpointConfigName"] = "by-hand"
    refreshed = engine.read(ENDPOINT, "toxicity", engine.checked(ENDPOINT, endpoint()))
    given = {"name": "toxicity", "endpointConfigName": "by-hand", "region": "eu-west-1", "tagsAll": {}}
    assert decode(refreshed.inputs) == given | {DEFAULTED: []}


def test_a_refresh_reads_no_tag_as_an_input_that_was_not_given(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint(tags={"ours": "1", "gone": "1"}))
    aws.tags[state["arn"]] = {"ours": "2", "theirs": "1"}
    refreshed = engine.read(ENDPOINT, "toxicity", engine.checked(ENDPOINT, endpoint(tags={"ours": "1", "gone": "1"})))
    inputs, outputs = decode(refreshed.inputs), decode(refreshed.properties)
    assert (inputs["tags"], inputs["tagsAll"]) == ({"ours": "2"}, {"ours": "2"})
    assert outputs["tags"] == outputs["tagsAll"] == {"ours": "2", "theirs": "1"}


def test_a_refreshed_endpoint_that_serves_something_else_is_moved_back(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint("toxicity-v8"))
    diff = engine.diff(ENDPOINT, state | {"endpointConfigName": "toxicity-v7"}, endpoint("toxicity-v8"))
    assert list(diff.diffs) == ["endpointConfigName"]


def test_all_pages_of_tags_are_read(engine: Engine) -> None:
    engine.create(MODEL, model(tags={"a": "1", "b": "2", "c": "3"}))
    assert decode(engine.read(MODEL, "toxicity-v7").properties)["tags"] == {"a": "1", "b": "2", "c": "3"}


def test_an_outage_is_not_read_as_gone(engine: Engine, aws: SageMaker) -> None:
    aws.errors["DescribeEndpoint"] = ("AccessDeniedException", "not allowed")
    error = error_of(engine.read, ENDPOINT, "toxicity")
    assert error.details() == (
        f"reading SageMaker AI Endpoint (toxicity): {refusal('DescribeEndpoint', 'AccessDeniedException')}not allowed"
    )


# Update


def test_an_endpoint_is_moved_and_waited_for(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint())
    aws.statuses = ["Updating", "SystemUpdating"]
    outputs = engine.update(ENDPOINT, state, endpoint("toxicity-v8"))
    assert aws.called("UpdateEndpoint") == [{"EndpointName": "toxicity", "EndpointConfigName": "toxicity-v8"}]
    assert aws.statuses == []
    assert outputs["endpointConfigName"] == "toxicity-v8"


def test_a_previewed_update_knows_the_arn_and_calls_nothing(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint())
    aws.calls.clear()
    outputs = engine.update(ENDPOINT, state, endpoint("toxicity-v8"), preview=True)
    assert (outputs["arn"], outputs["endpointConfigName"]) == (state["arn"], "toxicity-v8")
    assert aws.calls == []


def test_a_silent_rollback_is_a_success_and_the_outputs_tell_what_serves(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint())
    aws.rolls_back, aws.statuses = True, ["Updating"]
    assert engine.update(ENDPOINT, state, endpoint("toxicity-v8"))["endpointConfigName"] == "toxicity-v7"


def test_a_rollback_that_is_seen_fails_and_the_state_takes_what_was_wanted(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint())
    aws.rolls_back, aws.statuses, aws.failure = True, ["Updating", "RollingBack"], "bad model"
    error = error_of(engine.update, ENDPOINT, state, endpoint("toxicity-v8"))
    assert "unexpected state 'RollingBack', wanted target 'InService'. last error: bad model" in error.details()
    kept = state_kept_by(error)
    assert kept and decode(kept.properties)["endpointConfigName"] == "toxicity-v8"
    assert list(kept.reasons) == [error.details()]


def test_an_update_that_is_refused_leaves_the_wanted_configuration_in_the_state(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint())
    aws.errors["UpdateEndpoint"] = ("ValidationException", "Cannot update in-progress endpoint")
    error = error_of(engine.update, ENDPOINT, state, endpoint("toxicity-v8"))
    assert error.details() == (
        f"updating SageMaker AI Endpoint (toxicity): {refusal('UpdateEndpoint', 'ValidationException')}"
        "Cannot update in-progress endpoint"
    )
    kept = state_kept_by(error)
    assert kept and decode(kept.properties)["endpointConfigName"] == "toxicity-v8"


def test_tags_change_without_an_update_of_the_endpoint(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint(tags={"stays": "1", "moves": "1", "goes": "1"}))
    outputs = engine.update(ENDPOINT, state, endpoint(tags={"stays": "1", "moves": "2", "comes": "1"}))
    [removed], [added] = aws.called("DeleteTags"), aws.called("AddTags")
    assert removed["TagKeys"] == ["goes"]
    assert added["Tags"] == [{"Key": "comes", "Value": "1"}, {"Key": "moves", "Value": "2"}]
    assert outputs["tags"] == {"stays": "1", "moves": "2", "comes": "1"}
    assert aws.called("UpdateEndpoint") == []


def test_an_update_with_nothing_to_change_only_reads(engine: Engine, aws: SageMaker) -> None:
    state = engine.create(ENDPOINT, endpoint())
    aws.calls.clear()
    engine.update(ENDPOINT, state, endpoint())
    assert {operation for operation, _ in aws.calls} == {"DescribeEndpoint", "ListTags"}


# Delete


def test_an_endpoint_is_deleted_when_it_is_gone(engine: Engine, aws: SageMaker) -> None:
    engine.create(ENDPOINT, endpoint())
    engine.delete(ENDPOINT, "toxicity")
    assert not aws.has("Endpoint", "toxicity")
    assert aws.calls[-1][0] == "DescribeEndpoint"


@pytest.mark.parametrize("token", [MODEL, CONFIGURATION, ENDPOINT])
def test_deleting_what_is_gone_is_fine(engine: Engine, token: str) -> None:
    engine.delete(token, "gone")


def test_a_deletion_that_is_refused_is_an_error(engine: Engine, aws: SageMaker) -> None:
    engine.create(ENDPOINT, endpoint())
    aws.errors["DeleteEndpoint"] = ("ConflictException", "busy")
    assert error_of(engine.delete, ENDPOINT, "toxicity").details() == (
        f"deleting SageMaker AI Endpoint (toxicity): {refusal('DeleteEndpoint', 'ConflictException')}busy"
    )


# The table


@pytest.fixture
def real(own_engine: Engine, served: Any) -> Engine:
    """An engine before the sandbox's strict AWS, with the endpoint toxicity on 2 of provisioned concurrency."""
    served.endpoint(ProvisionedConcurrency=2)
    return own_engine


def last_sent(state_served: tuple[State, str], operation: str) -> Properties:
    """The members of the last such call."""
    calls = state_served[0].log.since(0)
    return next(dict(call.params) for call in reversed(calls) if call.operation == operation)


def parameter(**changes: object) -> Properties:
    wanted = {"name": "/fleet/toxicity", "type": "String", "insecureValue": "7", "tags": {"a": "b"}} | changes
    return {name: value for name, value in wanted.items() if value is not None}


def scaled(**properties: object) -> Properties:
    place = {"serviceNamespace": "sagemaker", "resourceId": "endpoint/toxicity/variant/AllTraffic"}
    return {**place, "scalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency", **properties}


def target(**changes: object) -> Properties:
    return scaled(minCapacity=1, maxCapacity=4, tags={"a": "b"}) | changes


def policy(value: float = 0.7, **cooldowns: int) -> Properties:
    metric = {"predefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"}
    tracking = {"targetValue": value, "predefinedMetricSpecification": metric, **cooldowns}
    return scaled(
        name="toxicity", policyType="TargetTrackingScaling", targetTrackingScalingPolicyConfiguration=tracking
    )


def schedule(cron: str = "0 7 ? * MON-FRI *") -> Properties:
    limits = {"minCapacity": 2, "maxCapacity": 4}
    return scaled(name="office", schedule=f"cron({cron})", scalableTargetAction=limits)


def alarm(**changes: object) -> Properties:
    return {
        "name": "toxicity/server-errors",
        "namespace": "AWS/SageMaker",
        "metricName": "Invocation5XXErrors",
        "dimensions": {"EndpointName": "toxicity", "VariantName": "AllTraffic"},
        "statistic": "Average",
        "period": 300,
        "evaluationPeriods": 3,
        "datapointsToAlarm": 2,
        "threshold": 0.05,
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "treatMissingData": "notBreaching",
        "alarmActions": [TOPIC_ARN],
        "tags": {"a": "b"},
    } | changes


def share(threshold: float = 0.2) -> Properties:
    """An alarm of two metrics."""
    metric = {
        "metricName": "Invocations",
        "namespace": "AWS/SageMaker",
        "dimensions": {"EndpointName": "toxicity", "VariantName": "AllTraffic"},
        "period": 3600,
        "stat": "Sum",
    }
    queries = [
        {"id": "calls", "metric": metric},
        {"id": "cold", "metric": metric | {"metricName": "ModelSetupTime", "stat": "SampleCount"}},
        {"id": "share", "expression": "cold / calls", "returnData": True},
    ]
    compared = {"evaluationPeriods": 1, "comparisonOperator": "GreaterThanOrEqualToThreshold"}
    return {"name": "toxicity/cold-starts", "metricQueries": queries, "threshold": threshold, **compared}


TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:alerts"


def dashboard(text: str = "fleet") -> Properties:
    widgets = [{"type": "text", "properties": {"markdown": text}}]
    return {"dashboardName": "fleet", "dashboardBody": json.dumps({"widgets": widgets})}


def topic_policy(effect: str = "Allow") -> Properties:
    return {"arn": TOPIC_ARN, "policy": json.dumps({"Statement": [{"Effect": effect, "Resource": TOPIC_ARN}]})}


def subscription() -> Properties:
    return {"topic": TOPIC_ARN, "protocol": "email", "endpoint": "team@example.com"}


def event_rule(status: str = "FAILED", **changes: object) -> Properties:
    pattern = {"source": ["aws.sagemaker"], "detail": {"EndpointStatus": [status]}}
    return {"name": "fleet", "eventPattern": json.dumps(pattern), "tags": {"a": "b"}} | changes


def event_target(template: str = '"<name> failed"') -> Properties:
    transformer = {"inputPaths": {"name": "$.detail.EndpointName"}, "inputTemplate": template}
    return {"rule": "fleet", "targetId": "topic", "arn": TOPIC_ARN, "inputTransformer": transformer}


def log_group(days: int = 30, **changes: object) -> Properties:
    return {"name": "/aws/sagemaker/Endpoints/x", "retentionInDays": days, "tags": {"a": "b"}} | changes


ROWS = (
    (PARAMETER, parameter(), parameter(insecureValue="8", tags={"a": "c"})),
    (TARGET, target(), target(maxCapacity=5, tags={"a": "c"})),
    (POLICY, policy(), policy(0.5)),
    (SCHEDULED_ACTION, schedule(), schedule("0 8 ? * MON-FRI *")),
    (METRIC_ALARM, alarm(), alarm(threshold=0.1, tags={"a": "c"})),
    (METRIC_ALARM, share(), share(0.3)),
    (DASHBOARD, dashboard(), dashboard("another")),
    (EVENT_RULE, event_rule(), event_rule("OUT_OF_SERVICE", tags={"a": "c"})),
    (EVENT_TARGET, event_target(), event_target('"<name> is down"')),
    (LOG_GROUP, log_group(), log_group(60, tags={"a": "c"})),
    (TOPIC, {"name": "alerts", "tags": {"a": "b"}}, {"name": "alerts", "tags": {"a": "c"}}),
)


def created_before(real: Engine, token: str) -> None:
    """What a resource of this type needs."""
    if token in (POLICY, SCHEDULED_ACTION):
        real.create(TARGET, target())
    if token in (TOPIC_POLICY, TOPIC_SUBSCRIPTION):
        real.create(TOPIC, {"name": "alerts"})
    if token == EVENT_TARGET:
        real.create(EVENT_RULE, event_rule())


@pytest.mark.parametrize(("token", "before", "after"), ROWS)
def test_a_row_is_created_changed_read_and_deleted(
    real: Engine, token: str, before: Properties, after: Properties
) -> None:
    created_before(real, token)
    state = real.create(token, before)
    assert real.diff(token, state, real.checked(token, before)).changes == proto.DiffResponse.DIFF_NONE
    news = real.checked(token, after)
    assert not real.diff(token, state, news).replaces
    state = real.update(token, state, news)
    assert real.diff(token, state, news).changes == proto.DiffResponse.DIFF_NONE
    refreshed = real.read(token, state["id"], news, state)
    assert decode(refreshed.properties) == {name: value for name, value in state.items() if name != "id"}
    assert decode(refreshed.inputs) == news
    real.delete(token, state["id"], state)
    assert real.read(token, state["id"], news, state).id == ""
    real.delete(token, state["id"], state)  # gone already


@pytest.mark.parametrize(
    ("token", "inputs", "id_"),
    [
        (PARAMETER, parameter(), "/fleet/toxicity"),
        (TARGET, target(), "endpoint/toxicity/variant/AllTraffic"),
        (POLICY, policy(), "toxicity"),
        (SCHEDULED_ACTION, schedule(), "office-sagemaker-endpoint/toxicity/variant/AllTraffic"),
    ],
)
def test_ids_are_those_of_the_real_provider(real: Engine, token: str, inputs: Properties, id_: str) -> None:
    created_before(real, token)
    assert real.create(token, inputs)["id"] == id_


PATH = "sagemaker/endpoint/toxicity/variant/AllTraffic/sagemaker:variant:DesiredProvisionedConcurrency"


@pytest.mark.parametrize(("token", "inputs", "id_"), [(TARGET, target(), PATH), (POLICY, policy(), f"{PATH}/toxicity")])
def test_what_has_a_composite_key_is_imported_by_its_path(
    real: Engine, token: str, inputs: Properties, id_: str
) -> None:
    created_before(real, token)
    state = real.create(token, inputs)
    imported = real.read(token, id_)
    assert imported.id == state["id"]
    assert real.diff(token, decode(imported.properties), real.checked(token, inputs)).changes == (
        proto.DiffResponse.DIFF_NONE
    )


def test_an_id_that_is_no_path_cannot_be_imported(real: Engine) -> None:
    assert "unexpected format ('toxicity')" in error_of(real.read, TARGET, "toxicity").details()
    assert "cannot be imported" in error_of(real.read, SCHEDULED_ACTION, "office").details()


# Alarms and topics


def test_a_policy_of_a_topic_comes_changes_and_leaves_the_first_one_behind(real: Engine, served: Any) -> None:
    created_before(real, TOPIC_POLICY)
    state = real.create(TOPIC_POLICY, topic_policy())
    state = real.update(TOPIC_POLICY, state, topic_policy("Deny"))
    assert state["policy"] == topic_policy("Deny")["policy"]
    real.delete(TOPIC_POLICY, state["id"], state)
    assert "__default_statement_ID" in served.world.topics[TOPIC_ARN].attributes["Policy"]


def test_a_policy_of_a_topic_that_is_written_in_another_way_is_no_change(real: Engine) -> None:
    created_before(real, TOPIC_POLICY)
    state = real.create(TOPIC_POLICY, topic_policy())
    spaced = topic_policy() | {"policy": json.dumps(json.loads(topic_policy()["policy"]), indent=2)}
    assert real.diff(TOPIC_POLICY, state, spaced).changes == proto.DiffResponse.DIFF_NONE


def test_the_tags_of_an_alarm_change_without_writing_it_anew(real: Engine, served: Any) -> None:
    state = real.create(METRIC_ALARM, alarm())
    before = next(iter(served.world.alarms.values()))
    real.update(METRIC_ALARM, state, real.checked(METRIC_ALARM, alarm(tags={"a": "c"})))
    assert list(served.world.alarms.values()) == [before]


def test_an_alarm_of_that_name_is_overwritten_and_keeps_its_tags(real: Engine, served: Any) -> None:
    real.create(METRIC_ALARM, alarm(tags={"owner": "another team"}))
    state = real.create(METRIC_ALARM, alarm(threshold=0.5))
    (kept,) = served.world.alarms.values()
    assert (kept.details["Threshold"], state["tagsAll"]) == (0.5, {"owner": "another team"})


def test_a_subscription_is_known_by_its_arn_before_it_is_confirmed(real: Engine) -> None:
    created_before(real, TOPIC_SUBSCRIPTION)
    state = real.create(TOPIC_SUBSCRIPTION, subscription())
    assert state["id"] == state["arn"]
    assert state["id"].startswith(f"{TOPIC_ARN}:")
    assert real.diff(TOPIC_SUBSCRIPTION, state, subscription() | {"endpoint": "x@example.com"}).replaces == ["endpoint"]


def test_a_subscription_that_was_never_confirmed_is_left_to_sns(real: Engine, served: Any) -> None:
    created_before(real, TOPIC_SUBSCRIPTION)
    state = real.create(TOPIC_SUBSCRIPTION, subscription())
    real.delete(TOPIC_SUBSCRIPTION, state["id"], state)
    assert len(served.world.subscriptions) == 1


@pytest.mark.parametrize(
    ("token", "inputs", "id_"),
    [
        (METRIC_ALARM, alarm(), "toxicity/server-errors"),
        (DASHBOARD, dashboard(), "fleet"),
        (EVENT_RULE, event_rule(), "fleet"),
        (LOG_GROUP, log_group(), "/aws/sagemaker/Endpoints/x"),
        (TOPIC, {"name": "alerts"}, TOPIC_ARN),
    ],
)
def test_what_watches_is_imported_by_its_id(real: Engine, token: str, inputs: Properties, id_: str) -> None:
    assert real.create(token, inputs)["id"] == id_
    imported = real.read(token, id_)
    assert real.diff(token, decode(imported.properties), real.checked(token, inputs)).changes == (
        proto.DiffResponse.DIFF_NONE
    )


def test_a_target_of_a_rule_is_imported_by_its_path(real: Engine) -> None:
    created_before(real, EVENT_TARGET)
    assert real.create(EVENT_TARGET, event_target())["id"] == "fleet-topic"
    imported = decode(real.read(EVENT_TARGET, "default/fleet/topic").properties)
    assert imported["inputTransformer"] == event_target()["inputTransformer"]
    assert "unexpected format" in error_of(real.read, EVENT_TARGET, "fleet").details()


def test_a_log_group_that_sagemaker_has_made_is_not_made_again(real: Engine, served: Any) -> None:
    logs.group_of(served.world, "eu-west-1", "x")
    assert "ResourceAlreadyExistsException" in str(error_of(real.create, LOG_GROUP, log_group()).details())


def test_a_log_group_is_told_by_calls_of_their_own_to_keep_for_ever_again_and_which_key_it_has(
    real: Engine, served: Any
) -> None:
    state = real.create(LOG_GROUP, log_group(kmsKeyId=KEY))
    (group,) = served.world.log_groups.values()
    assert (group.retention_days, group.key) == (30, KEY)
    state = real.update(LOG_GROUP, state, real.checked(LOG_GROUP, log_group(0)))
    (group,) = served.world.log_groups.values()
    assert (group.retention_days, group.key) == (0, "")
    assert real.diff(LOG_GROUP, state, log_group(0)).changes == proto.DiffResponse.DIFF_NONE


def test_another_name_is_another_alarm(real: Engine) -> None:
    state = real.create(METRIC_ALARM, alarm())
    assert real.diff(METRIC_ALARM, state, alarm(name="other")).replaces == ["name"]


def test_a_dashboard_that_is_written_in_another_way_is_no_change(real: Engine) -> None:
    state = real.create(DASHBOARD, dashboard())
    spaced = dashboard() | {"dashboardBody": json.dumps(json.loads(dashboard()["dashboardBody"]), indent=2)}
    assert real.diff(DASHBOARD, state, spaced).changes == proto.DiffResponse.DIFF_NONE


def test_the_arn_of_a_dashboard_has_a_name_of_its_own(real: Engine) -> None:
    assert real.create(DASHBOARD, dashboard())["dashboardArn"].endswith(":dashboard/fleet")


# Regions


@pytest.fixture
def abroad(real: Engine) -> Properties:
    """The state of a parameter in us-east-1; the provider has moved to eu-west-1 since."""
    real.configure(region="us-east-1")
    state = real.create(PARAMETER, parameter())
    real.configure(region="eu-west-1")
    return state


def regions(served: Any) -> set[str]:
    """Where there are parameters."""
    return {arn.split(":")[3] for arn in served.world.parameters}


def test_the_providers_region_is_an_input_of_every_resource_unless_it_has_its_own(engine: Engine) -> None:
    assert engine.checked(MODEL, model())["region"] == "eu-west-1"
    given = engine.checked(MODEL, model(region="us-east-1"))
    assert (given["region"], given["__defaults"]) == ("us-east-1", [])


def test_a_region_of_the_environment_is_in_the_state_and_no_input(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_engine.configure()
    assert "region" not in own_engine.checked(MODEL, model())
    state = own_engine.create(MODEL, model())
    assert state["region"] == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    own_engine.configure()
    assert own_engine.diff(MODEL, state, own_engine.checked(MODEL, model())).changes == proto.DiffResponse.DIFF_NONE


@pytest.mark.parametrize(
    ("token", "inputs"), [(MODEL, model()), (ENDPOINT, endpoint()), (PARAMETER, {"name": "/p", "value": "7"})]
)
def test_another_region_replaces(own_engine: Engine, token: str, inputs: Properties) -> None:
    state = own_engine.checked(token, inputs)
    own_engine.configure(region="us-east-1")
    diff = own_engine.diff(token, state, own_engine.checked(token, inputs))
    assert diff.detailedDiff["region"].kind == proto.PropertyDiff.UPDATE_REPLACE
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["region"], True)


def test_a_state_without_a_region_means_the_providers(engine: Engine) -> None:
    state = engine.create(MODEL, model())
    del state["region"]
    assert engine.diff(MODEL, state, engine.checked(MODEL, model())).changes == proto.DiffResponse.DIFF_NONE


def test_what_is_in_another_region_is_read_changed_and_deleted_there(
    real: Engine, abroad: Properties, served: Any
) -> None:
    assert regions(served) == {"us-east-1"}
    inputs = parameter(region="us-east-1", insecureValue="8")
    assert real.update(PARAMETER, abroad, inputs)["insecureValue"] == "8"
    refreshed = real.read(PARAMETER, "/fleet/toxicity", inputs, abroad)
    assert (refreshed.id, decode(refreshed.properties)["region"]) == ("/fleet/toxicity", "us-east-1")
    assert decode(refreshed.properties)["insecureValue"] == "8"
    real.delete(PARAMETER, "/fleet/toxicity", abroad)
    assert regions(served) == set()


def test_a_replacement_by_region_creates_in_the_new_one(real: Engine, abroad: Properties, served: Any) -> None:
    real.delete(PARAMETER, "/fleet/toxicity", abroad)
    assert real.create(PARAMETER, parameter())["region"] == "eu-west-1"
    assert regions(served) == {"eu-west-1"}


def test_an_import_may_name_the_region(real: Engine, abroad: Properties) -> None:
    assert real.read(PARAMETER, "/fleet/toxicity").id == ""
    imported = real.read(PARAMETER, "/fleet/toxicity@us-east-1")
    assert (imported.id, decode(imported.inputs)["region"]) == ("/fleet/toxicity", "us-east-1")


# Parameters


def is_secret(struct: Any, name: str) -> bool:
    return wire.is_secret(struct.fields[name])


@pytest.mark.parametrize(("given", "secret"), [("value", True), ("insecureValue", False)])
def test_the_value_is_a_secret_and_the_insecure_value_is_not(real: Engine, given: str, secret: bool) -> None:
    inputs = real.check(PARAMETER, parameter(**{"insecureValue": None, given: "7"})).inputs
    created = real.stub.Create(proto.CreateRequest(type=PARAMETER, properties=inputs)).properties
    refreshed = real.stub.Read(
        proto.ReadRequest(type=PARAMETER, id="/fleet/toxicity", inputs=inputs, properties=created)
    )
    for struct in (created, refreshed.properties):
        assert (decode(struct)[given], is_secret(struct, given)) == ("7", secret)
        assert not {"value", "insecureValue"} - {given} & decode(struct).keys()


def test_an_imported_parameter_shows_its_value_as_a_secret(real: Engine) -> None:
    real.create(PARAMETER, parameter())
    imported = real.read(PARAMETER, "/fleet/toxicity")
    assert decode(imported.inputs)["value"] == "7"
    assert is_secret(imported.inputs, "value") and is_secret(imported.properties, "value")


def test_an_import_takes_the_insecure_value_in_one_update(real: Engine) -> None:
    real.create(PARAMETER, parameter())
    state = decode(real.read(PARAMETER, "/fleet/toxicity").properties)
    news = real.checked(PARAMETER, parameter())
    assert list(real.diff(PARAMETER, state, news).diffs) == ["insecureValue"]
    state = real.update(PARAMETER, state, news)
    assert real.diff(PARAMETER, state, news).changes == proto.DiffResponse.DIFF_NONE


@pytest.mark.parametrize("given", [{"insecureValue": None}, {"value": "7"}])
def test_a_parameter_has_exactly_one_value(real: Engine, given: Properties) -> None:
    [failure] = real.check(PARAMETER, parameter(**given)).failures
    assert failure.reason == "exactly one of value, insecureValue must be given"


@pytest.mark.parametrize("given", ["value", "insecureValue"])
def test_a_value_that_is_not_known_yet_is_an_update(real: Engine, given: str) -> None:
    state = real.create(PARAMETER, parameter(**{"insecureValue": None, given: "7"}))
    checked = real.check(PARAMETER, parameter(**{"insecureValue": None, given: UNKNOWN}))
    assert not checked.failures
    news = decode(checked.inputs)
    assert list(real.diff(PARAMETER, state, news).diffs) == [given]
    assert real.diff(PARAMETER, state, news, ignore=(given,)).changes == proto.DiffResponse.DIFF_NONE
    promised = real.update(PARAMETER, state, news, preview=True)
    assert (promised[given], promised["arn"]) == (UNKNOWN, state["arn"])


def test_a_new_parameter_may_have_a_value_that_is_not_known_yet(real: Engine) -> None:
    assert real.create(PARAMETER, parameter(insecureValue=UNKNOWN), preview=True)["insecureValue"] == UNKNOWN


def test_a_parameter_that_exists_is_refused_unless_it_is_to_be_overwritten(real: Engine, served: Any) -> None:
    real.create(PARAMETER, parameter())
    details = error_of(real.create, PARAMETER, parameter()).details()
    assert details.startswith("creating SSM Parameter (/fleet/toxicity): operation error SSM: PutParameter, ")
    assert ", api error ParameterAlreadyExists: " in details
    wanted = parameter(insecureValue="8", overwrite=True, tags={"c": "d"})
    state = real.create(PARAMETER, wanted)
    assert (state["insecureValue"], state["tags"]) == ("8", {"a": "b", "c": "d"})
    assert list(real.diff(PARAMETER, state, real.checked(PARAMETER, wanted)).diffs) == ["tags", "tagsAll"]


def test_overwrite_by_itself_writes_nothing(real: Engine, served: Any) -> None:
    state = real.create(PARAMETER, parameter())
    news = real.checked(PARAMETER, parameter(overwrite=True))
    state = real.update(PARAMETER, state, news)
    assert [one.version for one in served.world.parameters.values()] == [1]
    assert real.diff(PARAMETER, state, news).changes == proto.DiffResponse.DIFF_NONE


def test_a_new_value_of_a_parameter_is_sent_with_the_tier_that_it_has(
    real: Engine, state_served: tuple[State, str]
) -> None:
    state = real.create(PARAMETER, parameter(description="a task"))
    assert last_sent(state_served, "PutParameter")["AllowedPattern"] == ""
    real.update(PARAMETER, state, parameter(insecureValue="8", description="a task"))
    request = last_sent(state_served, "PutParameter")
    assert (request["Tier"], request["Overwrite"], "Description" in request) == ("Standard", True, False)


def test_another_name_is_another_parameter(real: Engine) -> None:
    state = real.create(PARAMETER, parameter())
    diff = real.diff(PARAMETER, state, real.checked(PARAMETER, parameter(name="/fleet/spam")))
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["name"], False)


def test_the_tier_that_was_chosen_for_a_parameter_is_no_change(real: Engine) -> None:
    wanted = parameter(tier="Intelligent-Tiering")
    state = real.create(PARAMETER, wanted)
    assert state["tier"] == "Standard"
    assert real.diff(PARAMETER, state, real.checked(PARAMETER, wanted)).changes == proto.DiffResponse.DIFF_NONE


# Scaling


def test_a_scheduled_action_is_sent_only_what_changed_of_it(real: Engine, state_served: tuple[State, str]) -> None:
    real.create(TARGET, target())
    state = real.create(SCHEDULED_ACTION, schedule())
    state = real.update(SCHEDULED_ACTION, state, schedule("0 8 ? * MON-FRI *"))
    request = last_sent(state_served, "PutScheduledAction")
    assert request.keys() - {"ServiceNamespace", "ResourceId", "ScalableDimension", "ScheduledActionName"} == {
        "Schedule"
    }
    assert (state["timezone"], state["scalableTargetAction"]) == ("UTC", {"minCapacity": 2, "maxCapacity": 4})


def test_limits_that_a_schedule_moved_are_a_change_unless_they_are_ignored(real: Engine, served: Any) -> None:
    state = real.create(TARGET, target())
    real.create(SCHEDULED_ACTION, schedule())
    autoscaling.run_schedule(served.world, "eu-west-1", "toxicity", "office")
    news = real.checked(TARGET, target())
    moved = decode(real.read(TARGET, state["id"], news, state).properties)
    assert list(real.diff(TARGET, moved, news).diffs) == ["minCapacity"]
    ignored = real.diff(TARGET, moved, news, ignore=("minCapacity", "maxCapacity"))
    assert ignored.changes == proto.DiffResponse.DIFF_NONE


def test_a_target_of_another_endpoint_is_another_target(real: Engine) -> None:
    state = real.create(TARGET, target())
    diff = real.diff(TARGET, state, target(resourceId="endpoint/spam/variant/AllTraffic"))
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["resourceId"], False)


def test_a_policy_without_its_target_is_refused(real: Engine) -> None:
    details = error_of(real.create, POLICY, policy()).details()
    assert details.startswith("creating Application Auto Scaling Scaling Policy (toxicity): operation error ")
    assert ", api error ObjectNotFoundException: No scalable target" in details


def tracked(served: Any) -> Properties:
    """The target tracking of toxicity's policy, as AWS has it."""
    found: Properties = autoscaling.of_endpoint(served.world, "eu-west-1", "toxicity")["policies"]["toxicity"]
    tracking: Properties = found["TargetTrackingScalingPolicyConfiguration"]
    return tracking


def test_a_policy_without_cooldowns_scales_without_any(real: Engine, served: Any) -> None:
    real.create(TARGET, target())
    state = real.create(POLICY, policy())
    assert (tracked(served)["ScaleInCooldown"], tracked(served)["ScaleOutCooldown"]) == (0, 0)
    no_cooldowns = policy(scaleInCooldown=0, scaleOutCooldown=0)
    assert real.diff(POLICY, state, no_cooldowns).changes == proto.DiffResponse.DIFF_NONE


def test_cooldowns_are_given_to_a_policy_in_place(real: Engine, served: Any) -> None:
    real.create(TARGET, target())
    state, news = real.create(POLICY, policy()), policy(scaleInCooldown=300, scaleOutCooldown=60)
    assert not real.diff(POLICY, state, news).replaces
    state = real.update(POLICY, state, news)
    assert (tracked(served)["ScaleInCooldown"], tracked(served)["ScaleOutCooldown"]) == (300, 60)
    assert real.diff(POLICY, state, news).changes == proto.DiffResponse.DIFF_NONE


# The process


def test_cancelling_ends_a_wait(own_engine: Engine, aws: SageMaker) -> None:
    aws.statuses = ["Creating"] * 1000
    creating = ThreadPoolExecutor(1).submit(error_of, own_engine.create, ENDPOINT, endpoint())
    while len(aws.called("DescribeEndpoint")) < 2:
        time.sleep(0.01)
    own_engine.stub.Cancel(empty_pb2.Empty())
    assert "cancelled" in creating.result(timeout=5).details()


def test_the_executable_prints_its_port_and_serves(aws: SageMaker) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    plugin = subprocess.Popen([EXECUTABLE, "127.0.0.1:1"], stdout=subprocess.PIPE, env=os.environ | {"PATH": path})
    try:
        assert plugin.stdout
        with grpc.insecure_channel(f"127.0.0.1:{int(plugin.stdout.readline())}") as channel:
            engine = Engine(provider_pb2_grpc.ResourceProviderStub(channel))
            answer = engine.configure(region="eu-west-1")
            assert (answer.supportsPreview, answer.acceptSecrets, answer.acceptResources) == (True, True, False)
            assert engine.create(MODEL, model())["arn"].endswith("model/toxicity-v7")
    finally:
        plugin.kill()
        plugin.communicate()


def test_the_executable_says_nothing_of_an_interrupt_with_which_the_engine_ends_it() -> None:
    plugin = subprocess.Popen(
        [sys.executable, EXECUTABLE, "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert plugin.stdout
    plugin.stdout.readline()
    plugin.send_signal(signal.SIGINT)
    assert plugin.communicate(timeout=10) == (b"", b"")


def test_the_executable_ends_when_the_engine_is_killed() -> None:
    starter = (
        "import subprocess, sys, time\n"
        f"plugin = subprocess.Popen([sys.executable, {str(EXECUTABLE)!r}, 'x'], stdout=subprocess.PIPE)\n"
        "plugin.stdout.readline(); print(plugin.pid, flush=True); time.sleep(60)"
    )
    engine = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE)
    assert engine.stdout
    plugin = int(engine.stdout.readline())
    engine.kill()
    engine.communicate()
    for _ in range(100):
        try:
            os.kill(plugin, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(plugin, signal.SIGKILL)
    pytest.fail("the plugin outlived its engine by 5 s")
