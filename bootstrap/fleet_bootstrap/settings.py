"""What the administrator says: whose fleet it is, which forge runs it, and what starts a run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACCOUNT = re.compile(r"\d{12}")
SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:.+")
BUS = re.compile(r"arn:aws[\w-]*:events:[\w-]+:\d{12}:event-bus/.+")
CONNECTION = re.compile(r"arn:aws[\w-]*:(codeconnections|codestar-connections):[\w-]+:\d{12}:connection/.+")
TRIGGERS = ("github", "gitlab", "codebuild")
LISTS = frozenset({"alertEmails", "images", "modelKeys", "models"})
KNOWN = LISTS | {
    *("account", "branch", "connectionArn", "fleet", "forwardTo", "gitlabUrl", "oidcProviderArn", "ownerId", "project"),
    *("registryAccount", "repository", "repositoryId", "stack", "stateBucket", "tokenSecretArn", "trigger"),
}


class SettingError(Exception):
    """What is wrong with the configuration, in a sentence for each mistake."""


@dataclass(frozen=True)
class Settings:
    """The configuration of one stack of bootstrap/, which is for one stack of the fleet."""

    account: str
    region: str
    stack: str  # of the fleet
    trigger: str  # one of TRIGGERS
    repository: str  # e.g. team/fleet, on GitHub or GitLab
    branch: str = "main"
    owner_id: str = ""  # of GitHub, as is the next
    repository_id: str = ""
    gitlab_url: str = "https://gitlab.com"
    project: str = ""  # the number of GitLab's project, of which it wants the number when it is triggered
    token_secret: str = ""  # ARN of the secret of Secrets Manager with the forge's token
    connection: str = ""  # ARN of the connection by which CodeBuild reads the repository
    oidc_provider: str = ""  # ARN of the account's provider for the forge, where it has one
    state_bucket: str = ""
    registry_account: str = ""  # whose events come in over a bus, "" where the registry is in this account
    alert_emails: tuple[str, ...] = ()
    models: tuple[str, ...] = ()  # buckets of the models, or BUCKET/FOLDER
    model_keys: tuple[str, ...] = ()  # ARNs of the KMS keys that encrypt them
    images: tuple[str, ...] = ()  # ECR repositories of their containers
    fleet: str = ".."  # the folder with the fleet's Pulumi.<stack>.yaml, from this project's

    @property
    def name(self) -> str:
        """What the names of all that is made begin with."""
        return f"fleet-{self.stack}"

    @property
    def bucket(self) -> str:
        return self.state_bucket or f"{self.name}-state-{self.account}-{self.region}"

    def arn(self, service: str, rest: str) -> str:
        """Of what has a name before it is made."""
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(
            self.region.rpartition("-")[0].rpartition("-")[0], "aws"
        )
        return f"arn:{partition}:{service}:{self.region}:{self.account}:{rest}"


@dataclass(frozen=True)
class Forwarding:
    """The other use, in the account of the registry: its events are sent to the bus of the account that deploys."""

    account: str
    region: str
    stack: str
    to: str  # ARN of that bus
    alert_emails: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"fleet-{self.stack}"


def understand(given: Mapping[str, Any], region: str) -> Settings | Forwarding:
    """Raises SettingError, with every mistake."""
    mistakes = [f"{key} is no setting" for key in sorted(given.keys() - KNOWN)]
    mistakes += [f"{key} is no list" for key in sorted(LISTS & given.keys()) if not isinstance(given[key], list)]
    mistakes += [f"{key} is missing" for key in ("account", "stack") if not given.get(key)]
    mistakes += [] if region else ["aws:region is missing"]
    for key in ("account", "registryAccount"):
        if given.get(key) and not ACCOUNT.fullmatch(str(given[key])):
            mistakes.append(f"{key} is {given[key]!r}, and has to be the 12 digits of an account, in quotes")
    if given.get("forwardTo"):
        if not BUS.fullmatch(given["forwardTo"]):
            mistakes.append("forwardTo is no ARN of an event bus: `pulumi stack output bus` in the other account is")
        _refuse(mistakes)
        return Forwarding(given["account"], region, given["stack"], given["forwardTo"], _listed(given, "alertEmails"))
    mistakes += _of_the_trigger(given)
    _refuse(mistakes)
    return Settings(
        account=given["account"],
        region=region,
        stack=given["stack"],
        trigger=given["trigger"],
        repository=given["repository"],
        branch=given.get("branch", "main"),
        owner_id=str(given.get("ownerId", "")),
        repository_id=str(given.get("repositoryId", "")),
        gitlab_url=given.get("gitlabUrl", "https://gitlab.com").rstrip("/"),
        project=str(given.get("project", "")),
        token_secret=given.get("tokenSecretArn", ""),
        connection=given.get("connectionArn", ""),
        oidc_provider=given.get("oidcProviderArn", ""),
        state_bucket=given.get("stateBucket", ""),
        registry_account=given.get("registryAccount", ""),
        alert_emails=_listed(given, "alertEmails"),
        models=_listed(given, "models"),
        model_keys=_listed(given, "modelKeys"),
        images=_listed(given, "images"),
        fleet=given.get("fleet", ".."),
    )


def _listed(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(given.get(key) or ())


def _of_the_trigger(given: Mapping[str, Any]) -> list[str]:
    trigger = given.get("trigger")
    if trigger not in TRIGGERS:
        return [f"trigger is {trigger!r}, and has to be one of {', '.join(TRIGGERS)}"]
    needed = {
        "github": ("repository", "tokenSecretArn"),
        "gitlab": ("repository", "project", "tokenSecretArn"),
        "codebuild": ("repository", "connectionArn"),
    }[trigger] + ("models", "images")
    mistakes = [f"{key} is missing, which `trigger: {trigger}` needs" for key in needed if not given.get(key)]
    secret = given.get("tokenSecretArn")
    if secret and not SECRET.fullmatch(secret):
        mistakes.append("tokenSecretArn is no ARN of a secret of Secrets Manager; the token itself stands nowhere here")
    connection = given.get("connectionArn")
    if connection and not CONNECTION.fullmatch(connection):
        mistakes.append(f"connectionArn is {connection!r}, and has to be the ARN of a connection of CodeConnections")
    if bool(given.get("ownerId")) != bool(given.get("repositoryId")):
        mistakes.append("ownerId and repositoryId belong together: GitHub's subject has both or none")
    return mistakes


def _refuse(mistakes: list[str]) -> None:
    if mistakes:
        raise SettingError("; ".join(mistakes))
