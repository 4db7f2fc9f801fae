"""The AWS CLI, as far as docs/first-deployment.md uses it: options become members of a request."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

from botocore import xform_name

from sandbox.lab.handle import Sandbox


def run(sandbox: Sandbox, command: str, folder: Path) -> dict[str, Any]:
    """What the operation answers. Raises KeyError for an option that it does not have, and botocore's ClientError."""
    _, service, operation, *options = shlex.split(command)
    client = sandbox.client({"s3api": "s3"}.get(service, service))
    name = {xform_name(one, "-"): one for one in client.meta.service_model.operation_names}[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    members = {xform_name(member, "-"): member for member in shape.members}
    pairs = zip(options[::2], options[1::2], strict=True)
    request = {members[option.removeprefix("--")]: _value(text, folder) for option, text in pairs}
    answer: dict[str, Any] = getattr(client, xform_name(name))(**request)
    return answer


def _value(text: str, folder: Path) -> Any:
    if text.startswith("file://"):
        return json.loads((folder / text.removeprefix("file://")).read_text())
    shorthand = re.fullmatch(r"(\w+)=(\S+)", text)
    return {shorthand[1]: shorthand[2]} if shorthand else text
