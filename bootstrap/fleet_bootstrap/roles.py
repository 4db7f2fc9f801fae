"""The roles of one fleet: who deploys, who looks, and what the containers run as."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import iam

from fleet_bootstrap import policies, trust
from fleet_bootstrap.settings import Settings

SESSION_SECONDS = 7200  # a run of many endpoints may take longer than an hour
SAGEMAKER, CODEBUILD = "sagemaker.amazonaws.com", "codebuild.amazonaws.com"


def of_the_forge(settings: Settings, options: pulumi.ResourceOptions) -> Mapping[str, pulumi.Output[str]]:
    """Deployer and previewer, for the jobs of the repository. By the names of the variables that CI wants."""
    who = trust.subjects(settings)
    provider: pulumi.Input[str] = settings.oidc_provider
    if not provider:
        # No thumbprint: AWS checks these issuers by its own list of authorities
        provider = iam.OpenIdConnectProvider("forge", url=who.url, client_id_lists=[trust.AUDIENCE], opts=options).arn
    places = (*policies.of_the_state(settings), *policies.of_the_models(settings))
    rows = (
        ("FLEET_DEPLOYER", "deployer", "Runs pulumi up", who.deployer),
        ("FLEET_PREVIEWER", "preview", "Looks, for pull requests", who.previewer),
    )

    def trusted(allowed: Sequence[str]) -> pulumi.Output[str]:
        return pulumi.Output.from_input(provider).apply(
            lambda arn: json.dumps(trust.by_token(arn, who.issuer, allowed))
        )

    made = {
        variable: _role(
            role,
            f"{settings.name}-{role}",
            description,
            trusted(allowed),
            policies.of(role, settings, *places),
            options,
        )
        for variable, role, description, allowed in rows
    }
    # The deployer's job writes the report too, and a run itself reads no metrics
    report = [_allow("ReadMetrics", ["cloudwatch:GetMetricData"], ["*"])]
    iam.RolePolicy("report", role=made["FLEET_DEPLOYER"].name, policy=json.dumps(_policy(report)), opts=options)
    return {variable: role.arn for variable, role in made.items()}


def of_codebuild(settings: Settings, project: str, log_group: str, options: pulumi.ResourceOptions) -> iam.Role:
    """The deployer, for the builds of one project alone."""
    role = _role(
        "deployer",
        f"{settings.name}-deployer",
        "Runs pulumi up",
        json.dumps(trust.by_service(CODEBUILD, settings.account, project)),
        policies.of("deployer", settings, *policies.of_the_state(settings), *policies.of_the_models(settings)),
        options,
    )
    service = settings.connection.split(":")[2]  # codeconnections, or codestar-connections of those made before 2024
    statements = [
        _allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group}:log-stream:*"]),
        _allow("ReadRepository", [f"{service}:GetConnection", f"{service}:GetConnectionToken"], [settings.connection]),
    ]
    iam.RolePolicy("build", role=role.name, policy=json.dumps(_policy(statements)), opts=options)
    return role


def of_the_containers(settings: Settings, options: pulumi.ResourceOptions) -> None:
    """The execution role, called as the fleet's configuration calls it."""
    path, _, name = policies.execution_role(settings).partition(":role/")[2].rpartition("/")
    _role(
        "execution",
        name,
        "Runs the containers",
        json.dumps(trust.by_service(SAGEMAKER, settings.account)),
        policies.of("execution-role", settings, *policies.of_the_models(settings)),
        options,
        path=f"/{path}/" if path else "/",
    )


def _role(
    logical: str,
    name: str,
    description: str,
    trusted: pulumi.Input[str],
    policy: Mapping[str, Any],
    options: pulumi.ResourceOptions,
    path: str = "/",
) -> iam.Role:
    role = iam.Role(
        logical,
        name=name,
        path=path,
        description=description,
        assume_role_policy=trusted,
        max_session_duration=SESSION_SECONDS,
        opts=options,
    )
    iam.RolePolicy(logical, role=role.name, policy=json.dumps(policy), opts=options)
    return role


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Mapping[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _policy(statements: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
