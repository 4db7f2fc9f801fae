"""What the roles may do: as `fleet iam` prints it for the fleet's own configuration."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleet.cli import stack
from fleet_bootstrap.settings import SettingError, Settings


def of(role: str, settings: Settings, *options: str) -> Mapping[str, Any]:
    """The policy of a role. Raises SettingError with what `fleet iam` says where it refuses."""
    command = [sys.executable, "-m", "fleet", "iam", role, "--stack", settings.stack, *options]
    # Without the engine, whose answers would be about this project: the files say it all
    env = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")} | {"PATH": ""}
    done = subprocess.run(command, cwd=settings.fleet, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SettingError(f"{' '.join(command[2:])}: {done.stderr.strip()}")
    policy: Mapping[str, Any] = json.loads(done.stdout)
    return policy


def of_the_state(settings: Settings) -> Sequence[str]:
    """The options that say where the state will be."""
    key = f"awskms://alias/{settings.name}-state?region={settings.region}"
    return ("--state", f"s3://{settings.bucket}", "--state-key", key)


def of_the_models(settings: Settings) -> Sequence[str]:
    """The options that say where models, reports and images lie."""
    named = {"--models": settings.models, "--image": settings.images, "--model-key": settings.model_keys}
    return [word for option, values in named.items() for value in values for word in (option, value)]


def execution_role(settings: Settings) -> str:
    """The ARN that the fleet's configuration names; raises SettingError where it is no role of this account."""
    arn = stack.read_files(settings.stack, Path(settings.fleet)).own.get("executionRoleArn") or ""
    if f":iam::{settings.account}:role/" not in arn:
        raise SettingError(
            f"Pulumi.{settings.stack}.yaml of the fleet has executionRoleArn {arn!r}, which is no role of the account "
            f"{settings.account}: set it to the ARN that the role is to have"
        )
    return arn
