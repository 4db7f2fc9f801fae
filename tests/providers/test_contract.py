"""The dynamic providers as the engine meets them: the real provider process, spoken to over gRPC.

What is sent is what the engine sends: numbers are doubles, the first `olds` are empty, `__provider` says which class.
"""

import asyncio
import base64
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import proto, rpc
from pulumi.runtime.proto import provider_pb2_grpc

from fleet import wire
from fleet.memory import Intent, Outcome, Verdict
from fleet.revision import Settings, revise
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, NothingApproved, Unknown
from providers.registry import ApprovedModels, ApprovedModelsProvider
from providers.rollout import Fault, FaultProvider, Rollout, RolloutProvider

ROOT = Path(__file__).parent.parent.parent
UNKNOWN = rpc.UNKNOWN  # what stands for an unknown value on the wire

# As the state of a stack holds them: a release that cannot read these can neither refresh nor update what is deployed.
STORED = {
    ApprovedModelsProvider: "gASVNAAAAAAAAACMEnByb3ZpZGVycy5yZWdpc3RyeZSMFkFwcHJvdmVkTW9kZWxzUHJvdmlkZXKUk5QpgZQu",
    RolloutProvider: "gASVLAAAAAAAAACMEXByb3ZpZGVycy5yb2xsb3V0lIwPUm9sbG91dFByb3ZpZGVylJOUKYGULg==",
    FaultProvider: "gASVKgAAAAAAAACMEXByb3ZpZGVycy5yb2xsb3V0lIwNRmF1bHRQcm92aWRlcpSTlCmBlC4=",
}

Properties = dict[str, Any]


class Plugin:
    """One provider process."""

    def __init__(self, env: Mapping[str, str], stderr: Path) -> None:
        self._stderr = stderr
        with stderr.open("wb") as errors:
            command = [sys.executable, "-u", "-m", "pulumi.dynamic"]
            self._process = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, stderr=errors)
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._engine = provider_pb2_grpc.ResourceProviderStub(self._channel)
        config = {"aws:region": "eu-west-1", "sagemaker-endpoint-manager:maxTeardown": "3"}
        self._engine.Configure(proto.ConfigureRequest(args=on_the_wire(config)))

    def stop(self) -> None:
        self._channel.close()
        self._process.terminate()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def check(self, olds: Properties, news: Properties) -> tuple[Properties, list[Any]]:
        """The checked inputs, and the failures."""
        answer = self._engine.Check(proto.CheckRequest(olds=on_the_wire(olds), news=on_the_wire(news)))
        return off_the_wire(answer.inputs), list(answer.failures)

    def changes(self, olds: Properties, news: Properties) -> bool:
        """What diff says, which must not be "unknown": then the engine compares everything, `__provider` too."""
        answer = self._engine.Diff(proto.DiffRequest(id="x", olds=on_the_wire(olds), news=on_the_wire(news)))
        assert answer.changes in (proto.DiffResponse.DIFF_SOME, proto.DiffResponse.DIFF_NONE)
        assert not answer.replaces
        return bool(answer.changes == proto.DiffResponse.DIFF_SOME)

    def create(self, props: Properties) -> Properties:
        answer = self._engine.Create(proto.CreateRequest(properties=on_the_wire(props)))
        assert answer.id
        return off_the_wire(answer.properties)

    def update(self, olds: Properties, news: Properties) -> Properties:
        request = proto.UpdateRequest(id="x", olds=on_the_wire(olds), news=on_the_wire(news))
        return off_the_wire(self._engine.Update(request).properties)

    def read(self, props: Properties) -> Properties:
        """As a refresh does."""
        return off_the_wire(self._engine.Read(proto.ReadRequest(id="x", properties=on_the_wire(props))).properties)

    def complaints(self) -> str:
        """What the process wrote to stderr, which the engine shows to people."""
        return self._stderr.read_text()


def on_the_wire(properties: Properties) -> Struct:
    return asyncio.run(rpc.serialize_properties(properties, {}))


def off_the_wire(properties: Struct) -> Properties:
    return dict(rpc.deserialize_properties(properties, keep_unknowns=True))


def of(provider: type[ResourceProvider], properties: Properties) -> Properties:
    return {**properties, "__provider": serialize_provider(provider())}


@pytest.fixture(scope="module")
def plugin(one_account: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    env = {**one_account.sandbox.env, "AWS_MAX_ATTEMPTS": "1"}
    started = Plugin(env, tmp_path_factory.mktemp("plugin") / "stderr")
    yield started
    started.stop()


# How a provider is stored


@pytest.mark.parametrize("provider", STORED)
def test_a_provider_is_stored_as_a_short_reference(provider: type[ResourceProvider]) -> None:
    stored = serialize_provider(provider())
    assert len(stored) < 120
    assert b"/" not in base64.b64decode(stored)  # no path of a file, which differs between machines


@pytest.mark.parametrize("stored", STORED.values(), ids=[provider.__name__ for provider in STORED])
def test_a_provider_in_a_state_of_this_release_is_found_for_ever(plugin: Plugin, stored: str) -> None:
    assert plugin.read({"__provider": stored}) == {"__provider": stored}


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (ApprovedModels, "dynamic/registry:ApprovedModels"),
        (Rollout, "dynamic/rollout:Rollout"),
        (Fault, "dynamic/rollout:Fault"),
    ],
)
def test_the_types_in_every_state_stay_as_they_are(resource: Any, name: str) -> None:
    assert resource._resource_type_name == name


@pytest.mark.parametrize("provider", STORED)
def test_no_provider_is_stored_as_a_secret(provider: Any) -> None:
    assert provider.serialize_as_secret_always is False


# Rollout


SETTINGS = Settings("toxicity", "role", memory_mb=2048, max_concurrency=5, environment={"LANG": "de"})
ONE = revise(SETTINGS, 1, "package/1")
TWO = revise(SETTINGS, 2, "package/2")
TO_ONE, TO_TWO = Approved(1, ONE.package), Approved(2, TWO.package)
ON_ONE = LiveEndpoint("InService", ONE.name, "t1")


def asked(answer: Answer, live: Live, **outcome: Outcome) -> Properties:
    """What the program asks a Rollout."""
    return of(RolloutProvider, wire.encode({"settings": SETTINGS, "answer": answer, "live": live, **outcome}))


def plan(properties: Properties) -> Plan:
    decoded: Plan = wire.decode(Plan, properties["__plan"])
    return decoded


def intent(properties: Properties) -> Intent:
    decoded: Intent = wire.decode(Intent, properties["__intent"])
    return decoded


def deployed(plugin: Plugin) -> Properties:
    """The inputs of a Rollout in the state, after version 1 was deployed and a run saw it serve."""
    first, _ = plugin.check({}, asked(TO_ONE, Absent()))
    second, _ = plugin.check(first, asked(TO_ONE, ON_ONE))
    return second


def test_the_decision_is_known_when_checked(plugin: Plugin) -> None:
    checked, failures = plugin.check({}, asked(TO_ONE, Absent()))
    assert failures == []
    assert plan(checked) == Plan(Kind.RUN, (ONE,), ONE, target=ONE.name, turn=1)
    assert intent(checked).wanted == ONE.name


def test_a_version_that_crossed_the_wire_keeps_its_name(plugin: Plugin) -> None:
    """1 arrives as 1.0, and must not be hashed or written so."""
    checked, _ = plugin.check({}, asked(TO_ONE, Absent()))
    assert checked["target"] == checked["__plan"]["target"] == revise(SETTINGS, 1, "package/1").name
    assert checked["target"].startswith("toxicity-v1-")


def test_a_decision_from_doubles_is_the_same_as_the_one_before(plugin: Plugin) -> None:
    before = deployed(plugin)
    assert repr(before["__settings"]["memory_mb"]) == "2048.0"  # so it comes out of the state
    after, _ = plugin.check(before, asked(TO_ONE, ON_ONE))
    assert after == before


def test_the_intent_of_the_last_run_is_remembered(plugin: Plugin) -> None:
    sent, _ = plugin.check(deployed(plugin), asked(TO_TWO, ON_ONE))
    came_back = replace(ON_ONE, modified="t2")  # and the run died: no outcome
    checked, _ = plugin.check(sent, asked(TO_TWO, came_back))
    assert (plan(checked).kind, plan(checked).target) == (Kind.FAILED_BEFORE, ONE.name)


def test_the_outcome_of_the_last_run_is_taken_into_account(plugin: Plugin) -> None:
    sent, _ = plugin.check(deployed(plugin), asked(TO_TWO, ON_ONE))
    failed = Outcome(tried=TWO.name, turn=intent(sent).turn, verdict=Verdict.ROLLED_BACK)
    checked, _ = plugin.check(sent, asked(TO_TWO, ON_ONE, outcome=failed))
    assert (plan(checked).kind, plan(checked).target) == (Kind.FAILED_BEFORE, ONE.name)


def test_an_error_declares_what_was_declared(plugin: Plugin) -> None:
    checked, failures = plugin.check(deployed(plugin), asked(Unknown("down"), ON_ONE))
    assert failures == []
    assert (plan(checked).kind, plan(checked).declared) == (Kind.KEEP, (ONE,))


def test_nothing_is_decided_where_there_is_nothing(plugin: Plugin) -> None:
    checked, _ = plugin.check({}, asked(NothingApproved(), Absent()))
    assert plan(checked) == Plan(Kind.NOTHING)


def test_preview_and_update_check_the_same(plugin: Plugin) -> None:
    olds, news = deployed(plugin), asked(TO_TWO, ON_ONE)
    assert plugin.check(olds, news) == plugin.check(olds, news)


def test_what_is_checked_is_all_that_is_kept(plugin: Plugin) -> None:
    """An answer or a time among the inputs would show as a change, and `up --plan` would refuse it."""
    assert set(deployed(plugin)) == {"target", "__settings", "__plan", "__intent", "__provider"}


def test_nothing_that_is_checked_is_null(plugin: Plugin) -> None:
    assert "None" not in repr(plugin.check({}, asked(TO_ONE, Absent())))
    assert "None" not in repr(plugin.check({}, asked(NothingApproved(), Absent())))


@pytest.mark.parametrize("key", ["settings", "answer", "live"])
def test_what_is_unknown_is_refused_and_never_means_less(plugin: Plugin, key: str) -> None:
    with pytest.raises(grpc.RpcError):
        plugin.check(deployed(plugin), {**asked(TO_ONE, ON_ONE), key: UNKNOWN})


def test_a_new_intent_is_no_change(plugin: Plugin) -> None:
    old = deployed(plugin)
    new, _ = plugin.check(old, asked(TO_ONE, replace(ON_ONE, modified="t2", provisioned=3)))
    assert not plugin.changes(old, {**new, "__intent": wire.encode(Intent(wanted="another"))})


def before_0_4(properties: Properties) -> Properties:
    """As releases up to 0.3 named what is hidden now; what is shown now was not there."""
    shown = ("target", "approved", "__provider")
    named = {key.removeprefix("__"): value for key, value in properties.items() if key not in shown}
    return {**named, "__provider": properties["__provider"]}


def test_what_only_the_program_reads_is_shown_in_no_diff(plugin: Plugin) -> None:
    """The engine shows no property whose name begins so (sdk/go/common/resource, IsInternalPropertyKey, 3.259)."""
    assert [key for key in deployed(plugin) if not key.startswith("__")] == ["target"]


def test_a_state_of_releases_up_to_0_3_is_remembered_and_no_change(plugin: Plugin) -> None:
    old = deployed(plugin)
    inputs, outputs = before_0_4(old), before_0_4(without_intent(old))
    again, _ = plugin.check(inputs, asked(TO_ONE, ON_ONE))
    assert again == old
    assert not plugin.changes(outputs, again)
    sent, _ = plugin.check(inputs, asked(TO_TWO, ON_ONE))
    assert plugin.changes(outputs, sent)


def test_another_serialization_of_the_provider_is_no_change(plugin: Plugin) -> None:
    """A later Python pickles otherwise."""
    old = deployed(plugin)
    otherwise = base64.b64encode(pickle.dumps(RolloutProvider(), protocol=5)).decode()
    assert otherwise != old["__provider"]
    assert not plugin.changes(old, {**old, "__provider": otherwise})


@pytest.mark.parametrize("key", ["__settings", "__plan"])
def test_another_plan_and_other_settings_are_changes(plugin: Plugin, key: str) -> None:
    old = deployed(plugin)
    assert plugin.changes(old, {**old, key: {**old[key], "attempt": 2, "turn": 9}})


def test_a_decision_is_no_change_after_the_one_that_the_program_still_sees(plugin: Plugin) -> None:
    """Where diff says "same", the engine keeps the old outputs and saves the new inputs."""
    old = deployed(plugin)
    inputs, _ = plugin.check(old, asked(TO_TWO, ON_ONE))
    outputs = plugin.update(old, inputs)
    for modified in ("t2", "t3"):
        on_two = LiveEndpoint("InService", TWO.name, modified)
        inputs, _ = plugin.check(inputs, asked(TO_TWO, on_two))
        assert not plugin.changes(outputs, inputs)
    assert plan(inputs) == plan(outputs)


def without_intent(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if key != "__intent"}


def test_created_and_updated_it_holds_what_was_checked_but_the_intent(plugin: Plugin) -> None:
    """What a create or an update does not return is wiped from the outputs, and unknown in the next preview."""
    old = deployed(plugin)
    new, _ = plugin.check(old, asked(TO_TWO, ON_ONE))
    assert plugin.create(old) == without_intent(old)
    assert plugin.update(old, new) == without_intent(new)


# ApprovedModels


def registry_of(*groups: str, **more: str) -> Properties:
    return of(ApprovedModelsProvider, {"groups": list(groups), "region": "eu-west-1", "profile": "", **more})


def answers(properties: Properties) -> dict[str, Answer]:
    return {group: wire.decode(Answer, answer) for group, answer in properties["__answers"].items()}


def approved(group: str, version: int) -> Approved:
    return Approved(version, f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{group}/{version}")


def test_every_group_is_answered(plugin: Plugin, account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("topic", approval="Rejected")
    checked, failures = plugin.check({}, registry_of("spam", "topic"))
    assert failures == []
    assert answers(checked) == {"spam": approved("spam", 1), "topic": NothingApproved()}


def test_an_error_of_one_group_is_its_answer_and_no_failure(plugin: Plugin, account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("topic")
    account.sandbox.fault(
        "ListModelPackages",
        action="error",
        code="AccessDeniedException",
        message="not you",
        match={"ModelPackageGroupName": "topic"},
    )
    checked, failures = plugin.check({}, registry_of("spam", "topic", "stance"))
    assert failures == []
    assert answers(checked) == {
        "spam": approved("spam", 1),
        "topic": Unknown('model package group "topic": ListModelPackages: AccessDeniedException: not you'),
        "stance": Unknown('model package group "stance" does not exist in eu-west-1'),
    }


def test_a_client_that_cannot_be_made_is_the_answer_of_every_group(plugin: Plugin) -> None:
    checked, failures = plugin.check({}, registry_of("spam", "topic", profile="nobody"))
    assert failures == []
    reason = Unknown("ProfileNotFound: The config profile (nobody) could not be found")
    assert answers(checked) == {"spam": reason, "topic": reason}


def test_an_unreachable_aws_is_the_answer_of_every_group(one_account: Any, tmp_path: Path) -> None:
    env = {**one_account.sandbox.env, "AWS_MAX_ATTEMPTS": "1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    plugin = Plugin(env, tmp_path / "stderr")
    try:
        checked, failures = plugin.check({}, registry_of("spam", "topic"))
    finally:
        plugin.stop()
    assert failures == []
    assert [type(answer) for answer in answers(checked).values()] == [Unknown, Unknown]
    assert plugin.complaints() == ""


def test_the_same_answers_are_no_change(plugin: Plugin, account: Any) -> None:
    account.sandbox.register("spam")
    old, _ = plugin.check({}, registry_of("spam"))
    new, _ = plugin.check(old, registry_of("spam", profile=""))
    assert not plugin.changes(old, new)


def test_a_newly_approved_version_is_a_change(plugin: Plugin, account: Any) -> None:
    account.sandbox.register("spam")
    old, _ = plugin.check({}, registry_of("spam"))
    account.sandbox.register("spam")
    new, _ = plugin.check(old, registry_of("spam"))
    assert plugin.changes(old, new)
    assert plugin.changes(before_0_4(old), new)


def test_answers_in_a_state_of_releases_up_to_0_3_are_no_change(plugin: Plugin, account: Any) -> None:
    account.sandbox.register("spam")
    new, _ = plugin.check({}, registry_of("spam"))
    assert not plugin.changes(before_0_4(new), new)


def test_of_what_is_approved_a_diff_shows_a_line_a_group_and_nothing_else_of_the_answers(
    plugin: Plugin, account: Any
) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("topic", approval="Rejected")
    checked, _ = plugin.check({}, registry_of("topic", "stance", "spam"))
    assert checked["approved"] == "spam 1\nstance not known\ntopic nothing"
    assert {key for key in checked if not key.startswith("__")} == {"approved", "region", "profile"}


def test_answers_are_kept_when_created_and_updated(plugin: Plugin, account: Any) -> None:
    account.sandbox.register("spam")
    old, _ = plugin.check({}, registry_of("spam"))
    account.sandbox.register("spam")
    new, _ = plugin.check(old, registry_of("spam"))
    assert plugin.create(old) == without_intent(old)
    assert plugin.update(old, new) == without_intent(new)


# Fault


def test_a_fault_ends_in_its_sentence_and_in_nothing_else(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(of(FaultProvider, {"__reason": "spam: version 8 rolled back: exited"}))
    assert raised.value.details() == "spam: version 8 rolled back: exited"
    assert "rolled back" not in plugin.complaints()
