"""Tags of everything that has an ARN: overwritten key by key, at most 50, none that AWS keeps for itself."""

from collections.abc import Collection, Iterable

from sandbox.aws.world import Answer, AwsError, Params

LIMIT = 50


def checked(rows: Iterable[Params], existing: Params | None = None) -> dict[str, str]:
    """`existing` overwritten by the tags of a request. Raises AwsError for what AWS refuses."""
    rows = list(rows)
    added = {row["Key"]: row["Value"] for row in rows}
    if len(added) != len(rows):
        raise AwsError("Duplicate tag keys are not allowed in one request.")
    if reserved := [key for key in added if key.lower().startswith("aws:")]:
        raise AwsError(f"aws: prefixed tag key names are not allowed for external use: {', '.join(reserved)}")
    merged = {**(existing or {}), **added}
    if len(merged) > LIMIT:
        raise AwsError(f"A resource can have at most {LIMIT} tags; this one would have {len(merged)}.")
    return merged


def without(tags: Params, keys: Collection[str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key not in keys}


def rows(tags: Params) -> list[Answer]:
    """As most services write them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
