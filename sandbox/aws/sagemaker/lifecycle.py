"""What time brings to an endpoint, and what is done to it by hand.

Nothing runs in the background: `settle` carries every change that is due to its end before an operation looks.
"""

from dataclasses import replace

from sandbox.aws import events
from sandbox.aws.sagemaker.configurations import check_concurrency, deployable
from sandbox.aws.world import AwsError, Change, Config, Endpoint, Model, Params, Serving, World, find

PRINCIPAL = "sagemaker.amazonaws.com"


def settle(world: World) -> None:
    """Bring every endpoint to where it is by now."""
    now = world.clock()
    for endpoint in list(world.endpoints.values()):
        _announce(world, endpoint, endpoint.modified)
        moved: Endpoint | None = endpoint
        while moved and moved.change and moved.change.ends <= now:
            ended = moved.change.ends
            moved = _after(world, moved, moved.change)
            if moved:
                _announce(world, moved, ended)
        if moved is None:
            del world.endpoints[endpoint.arn]
            world.tags.pop(endpoint.arn, None)
            world.announced.pop(endpoint.arn, None)
        else:
            world.endpoints[endpoint.arn] = moved


def _announce(world: World, endpoint: Endpoint, at: float) -> None:
    """An event where the status is another one than that of the last event."""
    if world.announced.get(endpoint.arn) != endpoint.status:
        world.announced[endpoint.arn] = endpoint.status
        events.endpoint_changed(world, endpoint, at)


def _after(world: World, endpoint: Endpoint, change: Change) -> Endpoint | None:
    """The endpoint when its change has ended; None: it is gone."""
    modified = max(round(change.ends, 3), round(endpoint.modified + 0.001, 3))
    stands = replace(endpoint, status="InService", modified=modified, change=None)
    reason = change.reason
    if change.kind in ("create", "update") and change.ending is None:
        region = endpoint.arn.split(":")[3]
        try:
            serving = _serving(world, deployable(world, region, change.config), region, modified)
            return replace(stands, config=serving.config, serving=serving, failure="")
        except AwsError as error:  # deleted in the meantime
            reason = error.message
    match change.kind, change.ending:
        case "delete", _:
            return None
        case "create", _:
            return replace(stands, status="Failed", failure=reason)
        case "resize", _:
            assert endpoint.serving is not None and change.weight is not None
            return replace(
                stands, serving=replace(endpoint.serving, serverless=change.serverless, weight=change.weight)
            )
        case "rollback", _:
            return replace(stands, failure=reason)
        case "update", "rollback-failed":
            return replace(stands, status="UpdateRollbackFailed", failure=reason)
        case "update", "silent-rollback":
            return replace(stands, failure=reason)
        case _:
            back = Change("rollback", change.ends, change.ends + world.settings.update_seconds, reason=reason)
            return replace(endpoint, status="RollingBack", failure=reason, change=back)


def _serving(world: World, config: Config, region: str, now: float) -> Serving:
    """Raises AwsError where it cannot be brought up."""
    model: Model = find(world, region, "model", config.model)
    _check_role(world, str(model.details.get("ExecutionRoleArn", "")))
    variant = config.variant
    return Serving(
        config=config.name,
        variant=variant["VariantName"],
        model=model.name,
        artifact=model.artifact,
        weight=variant["InitialVariantWeight"],
        serverless=config.serverless,
        since=now,
        warm=not config.serverless,
        instances=variant.get("InitialInstanceCount", 0),
    )


def _check_role(world: World, arn: str) -> None:
    """That SageMaker may assume it, as far as its trust policy is known here (the setting `roles`)."""
    trust = world.settings.roles.get(arn.rpartition("/")[2])
    if trust is not None and not any(_admits(statement) for statement in trust.get("Statement", ())):
        raise AwsError(
            f'The execution role ARN "{arn}" is invalid. Please ensure that the role exists and that its trust '
            f'relationship policy allows the action "sts:AssumeRole" for the service principal "{PRINCIPAL}".'
        )


def _admits(statement: Params) -> bool:
    principals = statement.get("Principal", {}).get("Service", ())
    return statement.get("Effect") == "Allow" and PRINCIPAL in principals and "sts:AssumeRole" in statement["Action"]


def provision(world: World, region: str, name: str, value: int) -> None:
    """What an autoscaler does: another provisioned concurrency, at once. Raises AwsError where it does not fit."""
    endpoint: Endpoint = find(world, region, "endpoint", name)
    if endpoint.serving is None:
        raise AwsError(f'Endpoint "{endpoint.arn}" serves nothing.')
    if endpoint.serving.instances:
        raise AwsError(f'Endpoint "{endpoint.arn}" is not serverless.')
    serverless = {**endpoint.serving.serverless, "ProvisionedConcurrency": value}
    check_concurrency(serverless)
    serving = replace(endpoint.serving, serverless=serverless)
    world.endpoints[endpoint.arn] = replace(endpoint, serving=serving, modified=world.stamp(endpoint.modified))


def set_status(world: World, region: str, name: str, status: str) -> None:
    """Any status by hand, as OutOfService and SystemUpdating come from nothing that a caller does."""
    endpoint: Endpoint = find(world, region, "endpoint", name)
    modified = world.stamp(endpoint.modified)
    world.endpoints[endpoint.arn] = replace(endpoint, status=status, modified=modified, change=None)
