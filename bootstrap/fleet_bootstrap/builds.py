"""CodeBuild runs the fleet: for teams that may not store a forge's token in AWS, or whose forge runs no jobs."""

import pulumi
from pulumi_aws import cloudwatch, codebuild

from fleet_bootstrap import approval, roles
from fleet_bootstrap.settings import Settings
from fleet_bootstrap.trigger import BUILD_PATIENCE, Target

IMAGE = "pulumi/pulumi-python-3.11:3.259.0"
MINUTES = 110  # less than the role's session
LOG_DAYS = 90


def declare(settings: Settings, options: pulumi.ResourceOptions) -> Target:
    """The project, and how a rule starts a build."""
    name = f"{settings.name}-deploy"
    log = f"/aws/codebuild/{name}"
    role = roles.of_codebuild(
        settings, settings.arn("codebuild", f"project/{name}"), settings.arn("logs", f"log-group:{log}"), options
    )
    logs = cloudwatch.LogGroup("deploy", name=log, retention_in_days=LOG_DAYS, opts=options)
    variables = {
        "FLEET_STACK": settings.stack,
        "PULUMI_BACKEND_URL": f"s3://{settings.bucket}",
        "AWS_REGION": settings.region,
    }
    host, kind = ("gitlab.com", "GITLAB") if settings.project else ("github.com", "GITHUB")
    project = codebuild.Project(
        "deploy",
        name=name,
        description=f"Deploys the stack {settings.stack} of the fleet",
        service_role=role.arn,
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "compute_type": "BUILD_GENERAL1_SMALL",
            "image": IMAGE,
            "environment_variables": [{"name": key, "value": value} for key, value in variables.items()],
        },
        source={
            "type": kind,
            "location": f"https://{host}/{settings.repository}.git",
            "buildspec": "ci/buildspec.yml",
            "git_clone_depth": 1,
            "auth": {"type": "CODECONNECTIONS", "resource": settings.connection},
        },
        source_version=f"refs/heads/{settings.branch}",
        logs_config={"cloudwatch_logs": {"group_name": logs.name}},
        build_timeout=MINUTES,
        concurrent_build_limit=1,
        opts=options,
    )
    return Target(project.arn, "codebuild:StartBuild", BUILD_PATIENCE, approval.build())
