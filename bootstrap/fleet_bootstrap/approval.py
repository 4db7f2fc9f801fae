"""What starts a run: the events of an approval, and what is sent for one.

Pure. SageMaker tells every change of a model package; only an approval or a rejection changes what is to be served.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet_bootstrap.settings import Settings

EVENT_TYPE = "model-approval"  # of repository_dispatch, as .github/workflows/fleet.yml names it
APPROVED_AT = "FLEET_APPROVED_AT"


@dataclass(frozen=True)
class Sent:
    """What a target is given in place of the event: a template, and where in the event its parts are."""

    template: str
    paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """Where and how a forge is asked for a run."""

    url: str
    sent: Sent
    header: tuple[str, str]  # of the connection: a name, and what stands before the token
    token_in_body: str = ""  # the name of the body's member with the token; "" where it is in the header
    headers: Mapping[str, str] = field(default_factory=dict)


def pattern(accounts: Sequence[str] = ()) -> Mapping[str, Any]:
    """Approvals and rejections, of every group: a new task needs no administrator.

    A run for a group that is no task's changes nothing. What only stamps metadata on an approved package names other
    fields as updated; a package that is registered as approved names none.
    """
    updated = [["ModelApprovalStatus"], [{"exists": False}]]
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        **({"account": list(accounts)} if accounts else {}),
        "detail": {
            "ModelApprovalStatus": ["Approved", "Rejected"],
            "$or": [{"UpdatedModelPackageFields": fields} for fields in updated],
        },
    }


def api(settings: Settings) -> Api:
    """Of the forge that is to be asked."""
    if settings.trigger == "gitlab":
        # A trigger's token starts pipelines and can do nothing else; it is taken in the body alone. Without variables:
        # new projects refuse a trigger that sets some.
        return Api(
            url=f"{settings.gitlab_url}/api/v4/projects/{settings.project}/trigger/pipeline",
            sent=Sent(json.dumps({"ref": settings.branch})),
            header=("X-Sent-For", "approval"),
            token_in_body="token",
        )
    payload = '{"package":<package>,"status":<status>}'
    return Api(
        url=f"https://api.github.com/repos/{settings.repository}/dispatches",
        sent=Sent(
            f'{{"event_type":"{EVENT_TYPE}","client_payload":{payload}}}',
            {"package": "$.detail.ModelPackageArn", "status": "$.detail.ModelApprovalStatus"},
        ),
        header=("Authorization", "Bearer "),
        headers={"Accept": "application/vnd.github+json"},
    )


def build() -> Sent:
    """For CodeBuild: when it was approved, so that a build that comes late can see whether it is still needed."""
    variable = f'{{"name":"{APPROVED_AT}","type":"PLAINTEXT","value":<time>}}'
    return Sent(f'{{"environmentVariablesOverride":[{variable}]}}', {"time": "$.time"})
