"""The engine's state in the sandbox's S3, its secrets under a key of its KMS, as docs/first-deployment.md has it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.lab.folder import PROJECT
from sandbox.lab.handle import Sandbox

SECRETS = "awskms://alias/pulumi?region=eu-west-1"


def url(sandbox: Sandbox, bucket: str) -> str:
    """A bucket of the sandbox, as `pulumi login` takes it."""
    return f"s3://{bucket}?region=eu-west-1&endpoint={sandbox.url}&s3ForcePathStyle=true"


@dataclass(frozen=True)
class Bucket:
    """A bucket with versions, and the key."""

    sandbox: Sandbox
    name: str = "state"

    @classmethod
    def make(cls, sandbox: Sandbox) -> "Bucket":
        place = {"LocationConstraint": "eu-west-1"}
        s3, keys, bucket = sandbox.client("s3"), sandbox.client("kms"), cls(sandbox)
        s3.create_bucket(Bucket=bucket.name, CreateBucketConfiguration=place)
        s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        keys.create_alias(AliasName="alias/pulumi", TargetKeyId=keys.create_key()["KeyMetadata"]["Arn"])
        return bucket

    @property
    def url(self) -> str:
        return url(self.sandbox, self.name)

    def checkpoint(self, stack: str) -> str:
        """Where the state of a stack lies."""
        return f".pulumi/stacks/{PROJECT}/{stack}.json"

    def read(self, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def write(self, key: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self.name, Key=key, Body=content)

    def versions(self, key: str) -> list[str]:
        """Of an object, the newest first."""
        listed = self._s3.list_object_versions(Bucket=self.name, Prefix=key)["Versions"]
        return [one["VersionId"] for one in listed if one["Key"] == key]

    def restore(self, key: str, version: str) -> None:
        """An older version becomes the newest."""
        source = {"Bucket": self.name, "Key": key, "VersionId": version}
        self._s3.copy_object(Bucket=self.name, Key=key, CopySource=source)

    def locks(self) -> list[str]:
        listed = self._s3.list_objects_v2(Bucket=self.name, Prefix=".pulumi/locks/").get("Contents", ())
        return [one["Key"] for one in listed if one["Key"].endswith(".json")]

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket=self.name, Key=key)

    def resources(self, stack: str) -> list[Mapping[str, Any]]:
        """What the state holds."""
        latest = json.loads(self.read(self.checkpoint(stack)))["checkpoint"]["latest"] or {}
        resources: list[Mapping[str, Any]] = latest.get("resources") or []
        return resources

    @property
    def _s3(self) -> Any:
        return self.sandbox.client("s3")
