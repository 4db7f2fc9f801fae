"""What is made, in the order in which a reader asks for it: the state, the roles, what starts a run."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from fleet_bootstrap import approval, builds, roles, state, trigger
from fleet_bootstrap.settings import KNOWN, LISTS, Forwarding, SettingError, Settings, understand
from fleet_bootstrap.trigger import Trigger, put_on


def main() -> None:
    """Raises pulumi.RunError naming every mistake of the configuration."""
    try:
        settings = understand(_given(), pulumi.Config("aws").get("region") or "")
        if isinstance(settings, Forwarding):
            Trigger(settings, _options(settings)).of_approvals(put_on(settings.to))
        else:
            declare(settings, _options(settings))
    except SettingError as error:
        raise pulumi.RunError(str(error)) from None


def declare(settings: Settings, options: pulumi.ResourceOptions) -> None:
    state.declare(settings, options)
    roles.of_the_containers(settings, options)
    variables: dict[str, pulumi.Input[str]] = {
        "FLEET_STACK": settings.stack,
        "FLEET_ACCOUNT": settings.account,
        "FLEET_REGION": settings.region,
        "FLEET_STATE": f"s3://{settings.bucket}",
    }
    if settings.trigger == "codebuild":
        target = builds.declare(settings, options)
    else:
        variables |= roles.of_the_forge(settings, options)
        target = trigger.destination(settings, approval.api(settings), options)
    Trigger(settings, options).of_approvals(target)
    pulumi.export("variables", variables)
    pulumi.export("secretsProvider", f"awskms://alias/{settings.name}-state?region={settings.region}")


def _given() -> Mapping[str, Any]:
    config = pulumi.Config()
    found = {key: config.get_object(key) if key in LISTS else config.get(key) for key in KNOWN}
    return {key: value for key, value in found.items() if value is not None}


def _options(settings: Settings | Forwarding) -> pulumi.ResourceOptions:
    """By a provider that refuses any other account: who is logged in elsewhere makes nothing there."""
    provider = aws.Provider(
        "aws",
        region=settings.region,
        allowed_account_ids=[settings.account],
        default_tags={"tags": {"fleet:bootstrap": settings.stack}},
    )
    return pulumi.ResourceOptions(provider=provider)
