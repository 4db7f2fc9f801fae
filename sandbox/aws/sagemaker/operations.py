"""Every SageMaker operation that the sandbox plays, beside InvokeEndpoint (runtime.py). Time passes before each."""

from sandbox.aws.sagemaker import configurations, endpoints, lifecycle, models, registry, tags
from sandbox.aws.service import Service

SERVICE = Service(
    "sagemaker",
    {
        **registry.OPERATIONS,
        **models.OPERATIONS,
        **configurations.OPERATIONS,
        **endpoints.OPERATIONS,
        **tags.OPERATIONS,
    },
    before=lambda world, _: lifecycle.settle(world),
)
