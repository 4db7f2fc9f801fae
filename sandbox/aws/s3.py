"""S3 is moto's. What the sandbox adds: calls by the names that they have in AWS, and SageMaker's look into it."""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

from sandbox.aws.world import ACCOUNT, AwsError

_PATH = re.compile(r"/(?P<bucket>[^/]+)/?(?P<key>.*)")
_PLACE = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)")

# Method and what is in the query -> the name; without a key of an object it is about the bucket.
_OF_OBJECTS = {
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("PUT", "partNumber"): "UploadPart",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("PUT", ""): "PutObject",
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("DELETE", ""): "DeleteObject",
}
_OF_BUCKETS = {
    ("POST", "delete"): "DeleteObjects",
    ("PUT", ""): "CreateBucket",
    ("HEAD", ""): "HeadBucket",
    ("GET", ""): "ListObjects",
}


def named(method: str, path: str, query: Collection[str]) -> tuple[str, dict[str, Any]]:
    """The operation, as boto3 calls it, with bucket and key; "" for one that has no name here."""
    place = _PATH.fullmatch(path)
    if place is None:
        return ("ListBuckets" if method == "GET" else ""), {}
    params = {name: unquote(value) for name, value in (("Bucket", place["bucket"]), ("Key", place["key"])) if value}
    names = _OF_OBJECTS if place["key"] else _OF_BUCKETS
    for (its, asked), name in names.items():
        if its == method and (not asked or asked in query):
            return name, params
    return "", params


def _backend() -> Any:
    from moto.s3.models import s3_backends  # noqa: PLC0415  # most of a second, for who needs it

    return s3_backends[ACCOUNT]["aws"]


def owned(bucket: str) -> bool:
    """Whether the bucket is this account's."""
    return bucket in _backend().buckets


def policy(bucket: str) -> str:
    """What the policy of a bucket says; "" without one."""
    said = _backend().buckets[bucket].policy
    return said.decode() if isinstance(said, bytes) else said or ""


def key_of(bucket: str, key: str) -> str:
    """The KMS key that encrypts an object, as it was named; "" without one."""
    found = _backend().buckets[bucket].keys.get(key)
    return str(found.kms_key_id or "") if found else ""


def read(uri: str) -> bytes:
    """What lies under an s3:// URI, as SageMaker reads it. Raises AwsError where nothing does."""
    place = _PLACE.fullmatch(uri)
    from moto.s3.exceptions import S3ClientError  # noqa: PLC0415  # most of a second, for who needs it

    try:
        found = _backend().get_object(place["bucket"], place["key"]) if place else None
    except S3ClientError:
        found = None
    if found is None:
        raise AwsError(f"Could not find model data at {uri}.")
    content: bytes = found.value
    return content
