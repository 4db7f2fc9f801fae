"""The Model Registry: model package groups and the versions in them.

Stricter than it needs to be for one program, as AWS is. Requests come in valid against the service model.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sandbox.aws import events, kms, sharing, tags
from sandbox.aws.permissions import needs
from sandbox.aws.sagemaker.listing import listing
from sandbox.aws.world import Answer, AwsError, Group, Package, Params, World, arn_of, find

# Members that an answer does not show as they came in, or not at all
_NOT_KEPT = ("ModelPackageGroupName", "ModelPackageName", "ModelApprovalStatus", "Tags", "ClientToken")
_REPLACED = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
)
_SUMMARY = ("ModelPackageDescription", "ModelApprovalStatus", "ModelLifeCycle", "ModelPackageRegistrationType")
_BATCH = ("ModelPackageDescription", "InferenceSpecification", "ModelApprovalStatus", "ModelPackageRegistrationType")
METADATA_LIMIT = 50


def create_group(world: World, region: str, request: Params) -> Answer:
    name = request["ModelPackageGroupName"]
    arn = arn_of(region, "model-package-group", name)
    if arn in world.groups:
        raise AwsError(f"Model Package Group already exists: {arn}")
    tagged = tags.checked(request.get("Tags", ()))
    details = {key: value for key, value in request.items() if key not in _NOT_KEPT}
    world.groups[arn] = Group(name, arn, world.stamp(), details)
    world.tags[arn] = tagged
    return {"ModelPackageGroupArn": arn}


def _group(world: World, region: str, request: Params) -> Group:
    group: Group = find(world, region, "model-package-group", request["ModelPackageGroupName"])
    return group


def _group_summary(group: Group) -> Answer:
    return {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "CreationTime": group.created,
        "ModelPackageGroupStatus": "Completed",
        **group.details,
    }


def describe_group(world: World, region: str, request: Params) -> Answer:
    return {**_group_summary(_group(world, region, request)), "CreatedBy": {}}


def list_groups(world: World, region: str, request: Params) -> Answer:
    here = arn_of(region, "model-package-group", "")
    groups = [group for arn, group in world.groups.items() if arn.startswith(here)]
    return listing(
        request,
        groups,
        _group_summary,
        member="ModelPackageGroupSummaryList",
        order="Ascending",
        cap=world.settings.page_size,
    )


def delete_group(world: World, region: str, request: Params) -> Answer:
    group = _group(world, region, request)
    if any(package.group == group.name for package in _here(world, region)):
        raise AwsError(
            f"Model Package Group {group.arn} cannot be deleted because it still contains Model Packages.",
            code="ConflictException",
        )
    del world.groups[group.arn]
    world.group_policies.pop(group.arn, None)
    world.tags.pop(group.arn, None)
    return {}


def put_policy(world: World, region: str, request: Params) -> Answer:
    group = _group(world, region, request)
    sharing.check_policy(request["ResourcePolicy"])
    world.group_policies[group.arn] = request["ResourcePolicy"]
    return {"ModelPackageGroupArn": group.arn}


def get_policy(world: World, region: str, request: Params) -> Answer:
    group = _group(world, region, request)
    if group.arn not in world.group_policies:
        raise AwsError(f"Cannot find resource policy for: {group.arn}")
    return {"ResourcePolicy": world.group_policies[group.arn]}


def delete_policy(world: World, region: str, request: Params) -> Answer:
    world.group_policies.pop(_group(world, region, request).arn, None)
    return {}


def _here(world: World, region: str) -> list[Package]:
    here = arn_of(region, "model-package", "")
    return [package for arn, package in world.packages.items() if arn.startswith(here)]


def create_package(world: World, region: str, request: Params) -> Answer:
    """With a ClientToken that made a package before, the same request gives that one; AWS says no more of it."""
    said = sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    if token := request.get("ClientToken"):
        for package in _here(world, region):
            if package.token == token and package.request == said:
                return {"ModelPackageArn": package.arn}
            if package.token == token:
                message = f"ClientToken {token} was used with other parameters, for {package.arn}."
                raise AwsError(message, code="ConflictException")
    if ("ModelPackageGroupName" in request) == ("ModelPackageName" in request):
        raise AwsError("Exactly one of ModelPackageGroupName and ModelPackageName must be given.")
    details = {key: value for key, value in request.items() if key not in _NOT_KEPT}
    if "ModelPackageGroupName" in request:
        if request.get("Tags"):
            raise AwsError("Tags are not allowed for a versioned model package; it has those of its group.")
        group = _group(world, region, request)
        name, group_name, version = group.name, group.name, group.last_version + 1
        arn = arn_of(region, "model-package", f"{name}/{version}")
        world.groups[group.arn] = replace(group, last_version=version)
        details["ModelApprovalStatus"] = request.get("ModelApprovalStatus", "PendingManualApproval")
    else:
        name, group_name, version = request["ModelPackageName"], "", 0
        arn = arn_of(region, "model-package", name)
        if arn in world.packages:
            raise AwsError(f"Cannot create already existing model package {arn}", code="ConflictException")
        if "ModelApprovalStatus" in request:
            raise AwsError("ModelApprovalStatus is only for versioned model packages.")
        world.tags[arn] = tags.checked(request.get("Tags", ()))
    now = world.stamp()
    world.packages[arn] = Package(
        name, arn, group_name, version, "Completed", now, now, details, token or "", said if token else ""
    )
    events.package_changed(world, world.packages[arn])
    return {"ModelPackageArn": arn}


def _identity(package: Package) -> Answer:
    if not package.version:
        return {"ModelPackageName": package.name, "ModelPackageArn": package.arn}
    return {
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
    }


def _shown(package: Package, members: tuple[str, ...]) -> Answer:
    return {
        **_identity(package),
        "CreationTime": package.created,
        "ModelPackageStatus": package.status,
        **{key: package.details[key] for key in members if key in package.details},
    }


def describe_package(world: World, region: str, request: Params) -> Answer:
    """Of a package whose model card is encrypted with a key that is not there, only MetadataOnly is answered."""
    package: Package = find(world, region, "model-package", request["ModelPackageName"])
    details, card = dict(package.details), package.details.get("ModelCard")
    if card and request.get("IncludedData") == "MetadataOnly":
        details["ModelCard"] = {**card, "ModelCardContent": "{}"}
    elif (key := needs.card_key(details)) and kms.find(region, key) is None:
        raise AwsError(f"You are not authorized to perform kms:Decrypt on {key}.", code="AccessDeniedException")
    shown = _shown(replace(package, details=details), tuple(details))
    status = {"Name": package.name, "Status": "Completed" if package.status == "Completed" else "Failed"}
    return {
        **shown,
        "ModelPackageName": package.name,  # required by the service model, of a versioned package too
        "ModelPackageStatusDetails": {"ValidationStatuses": [status], "ImageScanStatuses": []},
        "CreatedBy": {},
        **({"LastModifiedTime": package.modified} if package.modified > package.created else {}),
    }


def batch_describe(world: World, region: str, request: Params) -> Answer:
    summaries: Answer = {}
    errors: Answer = {}
    for arn in request["ModelPackageArnList"]:
        try:
            package: Package = find(world, region, "model-package", arn)
        except AwsError as error:
            errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
            continue
        if not package.version or "InferenceSpecification" not in package.details:
            errors[arn] = {"ErrorCode": "ValidationException", "ErrorResponse": f"{arn} cannot be batch described."}
            continue
        summaries[arn] = _shown(package, _BATCH)
    return {"ModelPackageSummaries": summaries, "BatchDescribeModelPackageErrorMap": errors}


_TYPES: dict[str, Callable[[Package], bool]] = {
    "Versioned": lambda package: package.version > 0,
    "Unversioned": lambda package: package.version == 0,
    "Both": lambda package: True,
}


def list_packages(world: World, region: str, request: Params) -> Answer:
    packages = _here(world, region)
    empty_first = False
    if "ModelPackageGroupName" in request:
        group = _group(world, region, request)
        packages = [package for package in packages if package.group == group.name]
        empty_first = group.name in world.settings.empty_first_page
    # Documented: "Unversioned" where no type is given. A group's packages are all versioned.
    default = "Versioned" if "ModelPackageGroupName" in request else "Unversioned"
    of_type = _TYPES[request.get("ModelPackageType", default)]
    approval = request.get("ModelApprovalStatus")
    packages = [
        package
        for package in packages
        if of_type(package) and approval in (None, package.details.get("ModelApprovalStatus"))
    ]
    return listing(
        request,
        packages,
        lambda package: _shown(package, _SUMMARY),
        member="ModelPackageSummaryList",
        order="Ascending",
        cap=world.settings.page_size,
        empty_first=empty_first,
    )


def update_package(world: World, region: str, request: Params) -> Answer:
    """Merges: what is not sent stays as it is."""
    package: Package = find(world, region, "model-package", request["ModelPackageArn"])
    if "ModelApprovalStatus" in request and not package.version:
        raise AwsError("ModelApprovalStatus is only for versioned model packages.")
    details = {**package.details, **{key: request[key] for key in _REPLACED if key in request}}
    if cycle := request.get("ModelLifeCycle"):
        details["ModelLifeCycle"] = {**package.details.get("ModelLifeCycle", {}), **cycle}
    metadata: dict[str, Any] = {
        **package.details.get("CustomerMetadataProperties", {}),
        **request.get("CustomerMetadataProperties", {}),
    }
    for key in request.get("CustomerMetadataPropertiesToRemove", ()):
        metadata.pop(key, None)
    if len(metadata) > METADATA_LIMIT:
        raise AwsError(f"A model package can have at most {METADATA_LIMIT} customer metadata properties.")
    details.pop("CustomerMetadataProperties", None)
    if metadata:
        details["CustomerMetadataProperties"] = metadata
    if "AdditionalInferenceSpecificationsToAdd" in request:
        existing = package.details.get("AdditionalInferenceSpecifications", [])
        details["AdditionalInferenceSpecifications"] = [*existing, *request["AdditionalInferenceSpecificationsToAdd"]]
    modified = world.stamp(package.modified)
    world.packages[package.arn] = replace(package, details=details, modified=modified)
    events.package_changed(world, world.packages[package.arn], request)
    return {"ModelPackageArn": package.arn}


def delete_package(world: World, region: str, request: Params) -> Answer:
    package: Package = find(world, region, "model-package", request["ModelPackageName"])
    del world.packages[package.arn]
    world.tags.pop(package.arn, None)
    return {}


OPERATIONS = {
    "CreateModelPackageGroup": create_group,
    "DescribeModelPackageGroup": describe_group,
    "ListModelPackageGroups": list_groups,
    "DeleteModelPackageGroup": delete_group,
    "PutModelPackageGroupPolicy": put_policy,
    "GetModelPackageGroupPolicy": get_policy,
    "DeleteModelPackageGroupPolicy": delete_policy,
    "CreateModelPackage": create_package,
    "DescribeModelPackage": describe_package,
    "BatchDescribeModelPackage": batch_describe,
    "ListModelPackages": list_packages,
    "UpdateModelPackage": update_package,
    "DeleteModelPackage": delete_package,
}
