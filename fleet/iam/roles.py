"""Every role that calls AWS for a fleet, a row each: its permissions, and what has to be known for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.iam import policy, registry
from fleet.iam.deployer import DEPLOYER, PREVIEW
from fleet.iam.people import APPROVER, CONSUMER, EXECUTION_ROLE, OPERATOR, TRAINER
from fleet.iam.policy import Block
from fleet.iam.site import Site


@dataclass(frozen=True)
class Role:
    """Somebody who calls AWS."""

    who: str
    blocks: Sequence[Block] = ()  # empty: its documents are registry.py's
    needs: tuple[str, ...] = ()  # attributes of Site that a stack's configuration need not tell


REGISTRY = "registry"
ROLES: Mapping[str, Role] = {
    "deployer": Role("runs pulumi up", DEPLOYER),
    "preview": Role("runs pulumi preview and fleet status, for pull requests", PREVIEW),
    "operator": Role("runs the fleet commands by hand, but register, approve and reject", OPERATOR),
    "execution-role": Role("runs the containers", EXECUTION_ROLE, needs=("models", "images")),
    "consumer": Role("calls the endpoints", CONSUMER),
    "trainer": Role("registers versions, and approves none", TRAINER, needs=("models",)),
    "approver": Role("approves and rejects versions, and deploys none", APPROVER),
    REGISTRY: Role("the account of a registry elsewhere, for this stack", needs=("models",)),
}


def document(role: str, site: Site) -> Mapping[str, Any]:
    """The policy of a role; of `registry` several, by what they are put on."""
    return registry.documents(site) if role == REGISTRY else policy.document(ROLES[role].blocks, site)
