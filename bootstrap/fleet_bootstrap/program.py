"""What is made, in the order in which a reader asks for it: the state, the roles, what starts a run."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from fleet_bootstrap import approval, builds, roles, state, trigger
from fleet_bootstrap.settings import LISTS, Forwarding, SettingError, Settings, understand
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
    """All that is set of this project, also what nobody reads: it may be a name that is misspelt."""
    project = f"{pulumi.get_project()}:"
    found = {key.removeprefix(project): value for key, value in pulumi.runtime.get_config_env().items()}
    return {key: _read(value) if key in LISTS else value for key, value in found.items() if ":" not in key}


def _read(text: str) -> Any:
    """A list, as the engine hands it over; else the text as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _options(settings: Settings | Forwarding) -> pulumi.ResourceOptions:
    """By a provider that refuses any other account: who is logged in elsewhere makes nothing there."""
    provider = aws.Provider(
        "aws",
        region=settings.region,
        allowed_account_ids=[settings.account],
        default_tags={"tags": {"fleet:bootstrap": settings.stack}},
    )
    return pulumi.ResourceOptions(provider=provider)
