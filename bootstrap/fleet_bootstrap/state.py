"""Where the engine keeps the fleet's state: a bucket that keeps every version, and the key of its secrets."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import kms, s3

from fleet_bootstrap.settings import Settings

OLD_VERSIONS_DAYS = 90


def declare(settings: Settings, options: pulumi.ResourceOptions) -> None:
    # Whoever loses these loses the state: `pulumi destroy` refuses, and what is taken out of here stays in AWS
    kept = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(protect=True, retain_on_delete=True))
    key = kms.Key(
        "state",
        description=f"State and secrets of the fleet's stack {settings.stack}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        opts=kept,
    )
    kms.Alias("state", name=f"alias/{settings.name}-state", target_key_id=key.key_id, opts=options)
    bucket = s3.Bucket("state", bucket=settings.bucket, opts=kept)
    _keep_versions(bucket, key, options)
    _close(bucket, options)


def _keep_versions(bucket: s3.Bucket, key: kms.Key, options: pulumi.ResourceOptions) -> None:
    """Every version, encrypted, and those that newer ones replaced for a while."""
    s3.BucketVersioning("state", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=options)
    encryption = {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}
    s3.BucketServerSideEncryptionConfiguration(
        "state",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": encryption, "bucket_key_enabled": True}],
        opts=options,
    )
    expiring = {"noncurrent_days": OLD_VERSIONS_DAYS}
    s3.BucketLifecycleConfiguration(
        "state",
        bucket=bucket.bucket,
        rules=[{"id": "old-versions", "status": "Enabled", "noncurrent_version_expiration": expiring, "filter": {}}],
        opts=options,
    )


def _close(bucket: s3.Bucket, options: pulumi.ResourceOptions) -> None:
    """To the public, and to connections that are not encrypted."""
    public = s3.BucketPublicAccessBlock(
        "state",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=options,
    )
    s3.BucketPolicy(
        "state",
        bucket=bucket.bucket,
        policy=bucket.arn.apply(lambda arn: json.dumps(only_encrypted(arn))),
        opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[public])),
    )


def only_encrypted(bucket: str) -> Mapping[str, Any]:
    """Nobody reads or writes over a connection that is not encrypted."""
    statement = {
        "Sid": "OnlyEncryptedConnections",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket, f"{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
