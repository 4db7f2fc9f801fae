"""In place of botocore: what program and provider import of it, and no more."""

import re


def xform_name(name: str) -> str:
    """CamelCase as snake_case: EndpointConfigName is endpoint_config_name."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
