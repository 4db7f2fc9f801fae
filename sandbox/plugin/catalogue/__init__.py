"""The resource types of the stand-in `aws` provider: a file for each service, a row for each type.

A row is a claim about how pulumi-aws 7.51.1 behaves (it bridges terraform-provider-aws, internal/service/sagemaker,
ssm, appautoscaling, cloudwatch, sns, events and logs); docs/sandbox.md says what of it was compared with the real code
and what is a reading. What a row may say is row.py.
"""

from sandbox.plugin.catalogue import autoscaling, cloudwatch, events, logs, sagemaker, sns, ssm
from sandbox.plugin.catalogue.row import ResourceType

TYPES: dict[str, ResourceType] = {
    row.token: row
    for row in (
        *sagemaker.TYPES,
        *ssm.TYPES,
        *autoscaling.TYPES,
        *cloudwatch.TYPES,
        *sns.TYPES,
        *events.TYPES,
        *logs.TYPES,
    )
}
