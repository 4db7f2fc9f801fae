"""Every SageMaker operation that the sandbox plays, beside InvokeEndpoint (runtime.py). Time passes before each."""

from sandbox.aws.sagemaker import hosting, registry, tags
from sandbox.aws.service import Service

SERVICE = Service(
    "sagemaker",
    {**registry.OPERATIONS, **hosting.OPERATIONS, **tags.OPERATIONS},
    before=lambda world, _: hosting.settle(world),
)
