"""A setting is one line of fleet/revision.py: whatever else has to know it does, or the one test here goes red."""

import asyncio
from dataclasses import fields, replace
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from fleet import shape, wire
from fleet.aws import candidates, endpoints
from fleet.resources.revisions import declare_endpoint_configuration, declare_model
from fleet.resources.situation import settings_of
from fleet.revision import Revision, Settings, revise
from fleet.tasks.model import Sizes
from sandbox.plugin.catalogue.row import Properties
from sandbox.plugin.catalogue.sagemaker import ENDPOINT_CONFIGURATION, MODEL
from sandbox.plugin.difference import changes
from sandbox.plugin.members import from_aws, to_aws

PLAIN = Settings("toxicity", "arn:aws:iam::123456789012:role/execution", memory_mb=2048, max_concurrency=5)
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"

# The endpoint is how the name begins, `attempt` is in nothing but the name, and `scaling` is the autoscaler's
NOT_IN_AWS = {"endpoint", "attempt", "scaling"}
OF_THE_STACK = {"role"}  # what no task list says
EXAMPLES: dict[str, Any] = {
    "role": "arn:aws:iam::123456789012:role/another",
    "memory_mb": 3072,
    "max_concurrency": 6,
    "provisioned_concurrency": 2,
    "environment": {"LANG": "de", "modelName": "x", "model_name": "y"},
    "inference_specification": "small",
    "kms_key": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}


class Engine(mocks.Mocks):
    """Keeps the inputs of what is declared, as a provider gets them."""

    def __init__(self) -> None:
        self.inputs: dict[str, Properties] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, Properties]:
        self.inputs[args.typ] = {name: value for name, value in wire.whole(args.inputs).items() if name != "tags"}
        return "id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise AssertionError(args)


def declared(revision: Revision) -> dict[str, Properties]:
    """What the provider is asked for, by type."""
    engine = Engine()

    async def main() -> None:
        mocks.set_mocks(engine, "sagemaker-endpoint-manager", "prod", preview=False)
        for declare in (declare_model, declare_endpoint_configuration):
            await declare(revision, {}, pulumi.ResourceOptions()).urn.future()

    asyncio.run(main())
    return engine.inputs


def said(request: Properties) -> Properties:
    """The request without what the provider adds."""
    variants = [
        {member: value for member, value in variant.items() if member != "EnableSSMAccess"}
        for variant in request.get("ProductionVariants", ())
    ]
    return {**request, "ProductionVariants": variants} if variants else request


def read(account: Any, config: str) -> Settings:
    revision = endpoints.read_revision(account.its_client, config, account.ownership)
    assert revision is not None
    return revision.settings


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings) if field.name not in NOT_IN_AWS])
def test_a_setting_is_known_to_everything_that_has_to_know_it(account: Any, setting: str) -> None:
    value = EXAMPLES[setting]
    settings = replace(PLAIN, **{setting: value})
    plain, other = revise(PLAIN, 1, PACKAGE), revise(settings, 1, PACKAGE)

    # The name, and Pulumi's wire
    assert other.name != plain.name
    assert wire.decode(Settings, wire.encode(settings)) == settings

    # The task list
    others: dict[str, Any] = {
        "endpoint": PLAIN.endpoint,
        "role": value if setting in OF_THE_STACK else PLAIN.role,
        "attempt": 1,
    }
    assert settings_of(Sizes(), **{**others, "role": PLAIN.role}) == PLAIN
    assert settings_of(Sizes(**{} if setting in OF_THE_STACK else {setting: value}), **others) == settings

    # AWS takes the requests, of the revision and of its candidate, and what it then describes is the revision again
    account.sandbox.register("toxicity")
    small = {"Name": "small", "Containers": [{"Image": "text:small"}]}
    account.client.update_model_package(ModelPackageArn=PACKAGE, AdditionalInferenceSpecificationsToAdd=[small])
    tags = account.ownership.tags("toxicity", "champion", None)
    named = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    account.client.create_model(ModelName=other.name, **shape.model(other), **named)
    account.client.create_endpoint_config(EndpointConfigName=other.name, **shape.endpoint_config(other), **named)
    account.client.create_endpoint_config(EndpointConfigName="c", **candidates.endpoint_config(other), **named)
    assert read(account, other.name) == replace(settings, endpoint="")
    own: dict[str, Any] = {"max_concurrency": 1, "provisioned_concurrency": None}
    assert read(account, "c") == replace(settings, endpoint="", **own)

    # What is declared is the same request, with what the provider sends of its own accord, and under one name the
    # provider would replace what has another value
    before, after = declared(replace(plain, name=other.name)), declared(other)
    made = to_aws(ENDPOINT_CONFIGURATION.fields, after[ENDPOINT_CONFIGURATION.token])
    account.client.create_endpoint_config(**{**made, "EndpointConfigName": "p"}, **named)
    assert read(account, "p") == replace(settings, endpoint="")
    for row, request in ((MODEL, shape.model(other)), (ENDPOINT_CONFIGURATION, shape.endpoint_config(other))):
        named_request = {row.fields[0].member: other.name, **request}
        assert said(to_aws(row.fields, after[row.token])) == named_request
        assert from_aws(row.fields, named_request) == after[row.token]
    rows = (MODEL, ENDPOINT_CONFIGURATION)
    found = [one for row in rows for one in changes(row.fields, before[row.token], after[row.token])]
    assert found and all(one.replaces for one in found)
