"""KMS is moto's. What the sandbox asks of it: which key is meant by a name."""

from dataclasses import dataclass

from sandbox.aws.world import ACCOUNT


@dataclass(frozen=True)
class Key:
    """A key that is there."""

    arn: str
    aliases: tuple[str, ...] = ()
    policy: str = ""


def find(region: str, named: str) -> Key | None:
    """The key of an ARN, an id or an alias; None where KMS has none of that name."""
    from moto.kms.models import kms_backends  # noqa: PLC0415  # it takes a second to load, for who asks KMS

    backend = kms_backends[ACCOUNT][region]
    alias = backend.get_alias_name(named)
    id_ = backend.get_key_id_from_alias(alias) if alias.startswith("alias/") else backend.get_key_id(named)
    found = backend.keys.get(id_ or "")
    if found is None:
        return None
    return Key(f"arn:aws:kms:{region}:{ACCOUNT}:key/{id_}", tuple(sorted(found.aliases)), found.policy)
