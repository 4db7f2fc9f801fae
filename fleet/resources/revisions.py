"""A Revision as it is declared: a Model and an EndpointConfiguration of its name."""

from __future__ import annotations  # evaluated, they would load all of pulumi_aws.sagemaker

from collections.abc import Mapping
from typing import Any

import pulumi
from botocore import xform_name
from pulumi_aws import sagemaker

from fleet import shape
from fleet.revision import Revision

NAMES = {"KmsKeyId": "kms_key_arn"}  # Pulumi's name of a member, where it is not AWS's in snake case
MAPS = frozenset({"Environment"})  # members whose keys are not AWS's


def declare_model(revision: Revision, tags: Mapping[str, str], opts: pulumi.ResourceOptions) -> sagemaker.Model:
    return sagemaker.Model(revision.name, name=revision.name, tags=tags, opts=opts, **_inputs(shape.model(revision)))


def declare_endpoint_configuration(
    revision: Revision, tags: Mapping[str, str], opts: pulumi.ResourceOptions
) -> sagemaker.EndpointConfiguration:
    inputs = _inputs(shape.endpoint_config(revision))
    return sagemaker.EndpointConfiguration(revision.name, name=revision.name, tags=tags, opts=opts, **inputs)


def _inputs(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request of AWS as Pulumi's inputs: the same under other names."""
    return {
        NAMES.get(member) or xform_name(member): value if member in MAPS else _input(value)
        for member, value in request.items()
    }


def _input(value: Any) -> Any:
    if isinstance(value, list):
        return [_input(item) for item in value]
    return _inputs(value) if isinstance(value, dict) else value
