"""Who may take a role: the jobs of one repository, told by what the forge signs of them.

Pure: subjects in, trust policies out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet_bootstrap.settings import Settings

Document = Mapping[str, Any]
AUDIENCE = "sts.amazonaws.com"
GITHUB = "token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Subjects:
    """What a forge calls the jobs that may deploy, and those that may only look."""

    issuer: str  # without https://
    deployer: Sequence[str]
    previewer: Sequence[str]  # each may end in *

    @property
    def url(self) -> str:
        return f"https://{self.issuer}"


def subjects(settings: Settings) -> Subjects:
    if settings.trigger == "gitlab":
        project = f"project_path:{settings.repository}:ref_type:branch:ref"
        # A merge request's pipeline is signed for the branch that it comes from
        return Subjects(
            settings.gitlab_url.removeprefix("https://"), [f"{project}:{settings.branch}"], [f"{project}:*"]
        )
    names = _github_names(settings)
    return Subjects(
        GITHUB,
        [f"repo:{name}:ref:refs/heads/{settings.branch}" for name in names],
        [f"repo:{name}:pull_request" for name in names],
    )


def _github_names(settings: Settings) -> list[str]:
    """Both forms that GitHub signs: with numbers for repositories that are made since 2026-07-15, or that opted in.

    The form without is safe where the numbers are said too: whoever takes over a name that became free makes a new
    repository, and that is signed with other numbers.
    """
    owner, _, repository = settings.repository.partition("/")
    if not settings.owner_id:
        return [settings.repository]
    return [settings.repository, f"{owner}@{settings.owner_id}/{repository}@{settings.repository_id}"]


def by_token(provider: str, issuer: str, allowed: Sequence[str]) -> Document:
    """For the jobs that the forge has signed so; `provider` is its ARN in this account."""
    # StringEquals and StringLike are false where the token lacks the claim; ForAllValues would be true
    exact = {f"{issuer}:aud": AUDIENCE}
    starred = any(subject.endswith("*") for subject in allowed)
    about = {f"{issuer}:sub": list(allowed)}
    condition = {"StringEquals": exact, "StringLike": about} if starred else {"StringEquals": {**exact, **about}}
    return _policy({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", condition)


def by_service(service: str, account: str, source: str = "") -> Document:
    """For a service of AWS, on behalf of this account alone, and of that resource where one is named."""
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    if source:
        condition["ArnEquals"] = {"aws:SourceArn": source}
    return _policy({"Service": service}, "sts:AssumeRole", condition)


def _policy(principal: Mapping[str, str], action: str, condition: Mapping[str, Any]) -> Document:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}
