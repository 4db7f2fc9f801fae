"""The stand-in for Pulumi's `aws` resource provider: its gRPC protocol, served to the engine.

Which types there are is catalogue/, AWS is cloud.py. What the protocol asks of a bridged provider is here: defaults
and names in Check, replacements in Diff, partial failures, secrets.
"""

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from threading import Event
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc, status_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from sandbox.plugin.catalogue import TYPES
from sandbox.plugin.catalogue.row import Properties, Refused, ResourceType
from sandbox.plugin.defaults import refreshed, with_defaults, without_defaults
from sandbox.plugin.difference import Change, changes, top
from sandbox.plugin.resource import key_of, outputs
from sandbox.plugin.tags import ProviderTags
from sandbox.plugin.wire import decode, encode, secrets

if TYPE_CHECKING:
    from sandbox.plugin.cloud import Cloud

VERSION = "7.51.1"
DEFAULTED = "__defaults"  # the bridge's own input: which properties the program did not give
THREADS = 128  # a create or an update holds one until the endpoint is in service
PARENT_POLL_SECONDS = 0.25

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Incomplete(Refused):
    """The step failed, and the resource goes into the state all the same."""

    def __init__(self, name: str, properties: Any, reason: Refused) -> None:
        super().__init__(str(reason))
        self.failed = proto.ErrorResourceInitFailed(id=name, properties=properties, reasons=[str(reason)])


def rpc(method: Callable[[Any, Request], Answer]) -> Callable[[Any, Request, grpc.ServicerContext], Answer]:
    """Makes what a method raises the answer's gRPC status."""

    @wraps(method)
    def answered(provider: Any, request: Request, context: grpc.ServicerContext) -> Answer:
        try:
            return method(provider, request)
        except Refused as refused:
            if isinstance(refused, Incomplete):
                status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(refused))
                status.details.add().Pack(refused.failed)
                context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, str(refused))
            raise

    return answered


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. `cloud` is the module cloud.py, imported while the server starts: boto3 takes its time."""

    def __init__(self, cloud: "Future[ModuleType]") -> None:
        self.module = cloud
        self.cancelled = Event()

    @rpc
    def GetPluginInfo(self, _: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    @rpc
    def CheckConfig(self, request: proto.CheckRequest) -> proto.CheckResponse:
        config, access = settings(request.news), self.module.result().access
        failures = [proto.CheckFailure(property=name, reason=reason) for name, reason in access.mistakes(config)]
        if not failures and not access.says(config, "skipCredentialsValidation"):
            try:
                access.validate(access.opened(config))
            except Refused as refused:
                reason = f"unable to validate AWS credentials.\nDetails: {refused}\n"
                failures = [proto.CheckFailure(reason=reason)]
        return proto.CheckResponse(inputs=request.news, failures=failures)

    @rpc
    def DiffConfig(self, request: proto.DiffRequest) -> proto.DiffResponse:
        same = decode(request.old_inputs) == decode(request.news)
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_NONE if same else proto.DiffResponse.DIFF_SOME)

    @rpc
    def Configure(self, request: proto.ConfigureRequest) -> proto.ConfigureResponse:
        config = settings(request.args)
        self.region = config.get("region") or ""  # what every resource has as an input; AWS_REGION alone is none
        defaults, ignored = config.get("defaultTags") or {}, config.get("ignoreTags") or {}
        self.tags = ProviderTags(
            defaults.get("tags") or {}, frozenset(ignored.get("keys") or ()), tuple(ignored.get("keyPrefixes") or ())
        )
        cloud = self.module.result()
        access = cloud.access.opened(config)
        cloud.access.admit(access, config)
        patience = cloud.Patience.configured(config.get("maxRetries"), self.cancelled)
        self.cloud: Cloud = cloud.Cloud(access, self.tags, patience)
        return proto.ConfigureResponse(supportsPreview=True, acceptSecrets=True, acceptResources=False)

    @rpc
    def Check(self, request: proto.CheckRequest) -> proto.CheckResponse:
        row = known(request.type)
        olds, news = decode(request.olds), decode(request.news)
        if self.region and not news.get("region"):
            news["region"] = self.region  # as if the program had given it
        inputs = with_defaults(row.fields, {name: news[name] for name in news if name != DEFAULTED})
        if "name" not in inputs and "name" in row.key:
            kept = olds.get("name") if "name" in olds.get(DEFAULTED, []) else None
            seed = (request.randomSeed or os.urandom(4)).hex()[:7]
            inputs["name"] = kept or f"{request.name}-{seed}"
        inputs[DEFAULTED] = sorted(inputs.keys() - news.keys())
        if row.tagging:
            # Of the incoming `tags` alone, as pulumi-aws does, and with `ignoreChanges` the engine sends the old ones.
            # Example: a program gave {a}, then somebody added b on AWS. `tagsAll` is {a} here and {a, b} in the state
            # after a refresh: a change, although changes of `tags` are ignored.
            inputs["tagsAll"] = self.tags.all_of(inputs.get("tags"))
        return proto.CheckResponse(inputs=encode(inputs, secrets(request.news)), failures=list(mistakes(row, news)))

    @rpc
    def Diff(self, request: proto.DiffRequest) -> proto.DiffResponse:
        row = known(request.type)
        state, inputs = decode(request.olds), decode(request.news)
        ignored = {top(path) for path in request.ignoreChanges}
        # What an older provider wrote into the state has no region, and means the provider's.
        state["region"] = state.get("region") or self.cloud.region
        wanted = self.cloud.promised(row, None, inputs)
        found = [change for change in changes(row.fields, state, wanted) if top(change.path) not in ignored]
        replaces = sorted({top(change.path) for change in found if change.replaces})
        # Two things cannot have one name: with a name that the program gave, the old one goes first.
        is_given = "name" in row.key and "name" not in inputs.get(DEFAULTED, [])
        name_stays = is_given and state.get("name") == inputs.get("name")
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if found else proto.DiffResponse.DIFF_NONE,
            diffs=sorted({top(change.path) for change in found}),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and name_stays,
            detailedDiff={change.path: proto.PropertyDiff(kind=kind(change)) for change in found},
            hasDetailedDiff=True,
        )

    @rpc
    def Create(self, request: proto.CreateRequest) -> proto.CreateResponse:
        row, inputs = known(request.type), decode(request.properties)
        secret = secret_of(row, request.properties)
        promised = encode(self.cloud.promised(row, self.cloud.region, inputs), secret)
        if request.preview:
            return proto.CreateResponse(properties=promised)
        key = {name: inputs[name] for name in row.key if name in inputs} | {
            "region": inputs.get("region") or self.cloud.region
        }
        # If this raises, the resource does not go into the state, even where AWS has begun to make it: the bridged
        # provider knows no id before it has waited for the end.
        key |= self.cloud.create(row, key, inputs)
        try:
            found = outputs(self.cloud, row, key, inputs)
        except Refused as refused:
            raise Incomplete(row.id(key), promised, refused) from None
        return proto.CreateResponse(id=row.id(key), properties=encode(found, secret) if found else promised)

    @rpc
    def Read(self, request: proto.ReadRequest) -> proto.ReadResponse:
        row, olds, state = known(request.type), decode(request.inputs), decode(request.properties)
        secret, key = secret_of(row, request.inputs, request.properties), key_of(self.cloud, row, request.id, state)
        found = outputs(self.cloud, row, key, olds)
        if found is None:
            return proto.ReadResponse()
        known_inputs = {name: value for name, value in found.items() if name in row.inputs}
        inputs = refreshed(olds, known_inputs) if olds else without_defaults(row.fields, known_inputs)
        inputs[DEFAULTED] = olds.get(DEFAULTED, [])
        return proto.ReadResponse(id=row.id(key), properties=encode(found, secret), inputs=encode(inputs, secret))

    @rpc
    def Update(self, request: proto.UpdateRequest) -> proto.UpdateResponse:
        row, state, inputs = known(request.type), decode(request.olds), decode(request.news)
        for name in {top(path) for path in request.ignoreChanges} & state.keys():
            inputs[name] = state[name]
        secret, key = secret_of(row, request.news), key_of(self.cloud, row, request.id, state)
        stands = {field.wire for field in row.fields if field.computed} - set(row.one_of) | {row.arn_wire}
        promised = encode(
            {name: state[name] for name in stands & state.keys()} | self.cloud.promised(row, key["region"], inputs),
            secret,
        )
        if request.preview:
            return proto.UpdateResponse(properties=promised)
        try:
            self.cloud.update(row, key, state, inputs)
            # As the bridge does: after a silent rollback this is the old configuration, reported as success.
            found = outputs(self.cloud, row, key, inputs)
        except Refused as refused:
            # Terraform saves what was planned although it did not come true; the engine keeps the old inputs beside it.
            raise Incomplete(request.id, promised, refused) from None
        return proto.UpdateResponse(properties=encode(found, secret) if found else promised)

    @rpc
    def Delete(self, request: proto.DeleteRequest) -> Any:
        row = known(request.type)
        self.cloud.delete(row, key_of(self.cloud, row, request.id, decode(request.properties)))
        return empty_pb2.Empty()

    @rpc
    def Cancel(self, _: Any) -> Any:
        self.cancelled.set()
        return empty_pb2.Empty()


def mistakes(row: ResourceType, given: Properties) -> Iterator[proto.CheckFailure]:
    """What the program gives and may not, or may and does not."""
    for name in sorted(given.keys() - row.inputs - {DEFAULTED}):
        yield proto.CheckFailure(property=name, reason=f"the stand-in provider does not know {row.token}.{name}")
    if row.one_of and len(given.keys() & set(row.one_of)) != 1:
        reason = f"exactly one of {', '.join(row.one_of)} must be given"
        yield proto.CheckFailure(property=row.one_of[0], reason=reason)


def settings(struct: Any) -> Properties:
    """What the provider's configuration says."""
    return {name: structured(value) for name, value in decode(struct).items()}


def structured(value: Any) -> Any:
    """A setting of the provider; the engine sends what is no text as JSON."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
    except ValueError:
        return value


def known(token: str) -> ResourceType:
    if token not in TYPES:
        raise Refused(f"the stand-in provider has no {token}: add a row to its catalogue")
    return TYPES[token]


def secret_of(row: ResourceType, *structs: Any) -> set[str]:
    """Names of the outputs that are secret: those that came as such, and those that always are."""
    return secrets(*structs) | {field.wire for field in row.fields if field.secret}


def kind(change: Change) -> Any:
    return proto.PropertyDiff.Kind.Value(change.kind + ("_REPLACE" if change.replaces else ""))


def main() -> None:
    """Serves until the engine is gone; prints the port, which is how the engine finds it."""
    engine = os.getppid()
    cloud = ThreadPoolExecutor(1).submit(importlib.import_module, "sandbox.plugin.cloud")
    server = grpc.server(ThreadPoolExecutor(THREADS), options=_GRPC_CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(cloud), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while os.getppid() == engine:
        time.sleep(PARENT_POLL_SECONDS)
    # A killed engine sends no Cancel, and the threads of calls that AWS holds would keep this process for ever.
    os._exit(0)
