"""Where a stack's state lies, out of what the engine calls it: the backend's URL and the secrets provider.

Pure. Only S3 and KMS concern IAM; of other backends nothing is said in a policy.
"""

from urllib.parse import parse_qs, urlsplit

from fleet.iam.site import State


def state(backend: str, secrets: str, *, partition: str, account: str, region: str) -> State | None:
    """None where the state is not in S3. Raises ValueError where the secrets' key cannot be told.

    Example: s3://acme-state/fleets?region=eu-west-1, and awskms://alias/pulumi?region=eu-west-1
    """
    at = urlsplit(backend)
    if at.scheme != "s3":
        return None
    folder = at.path.strip("/")
    return State(at.netloc, f"{folder}/" if folder else "", _key(secrets, partition, account, region))


def _key(secrets: str, partition: str, account: str, region: str) -> str:
    """The key's ARN, or its alias; "" where the secrets are none of KMS's."""
    said = urlsplit(secrets)
    if said.scheme != "awskms":
        return ""
    named = f"{said.netloc}{said.path}".strip("/")
    if ":alias/" in named:
        named = named.partition(":alias")[2].join(("alias", ""))
    if named.startswith(("arn:", "alias/")):
        return named
    if not named:
        raise ValueError(f"the secrets provider {secrets!r} names no key")
    where = parse_qs(said.query).get("region", [region])[0]
    return f"arn:{partition}:kms:{where}:{account}:key/{named}"
