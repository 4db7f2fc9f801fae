"""A stack's state as `pulumi stack export` writes it (3.259), with only what is read of it."""

import json
from collections.abc import Mapping
from typing import Any

PROJECT = "sagemaker-endpoint-manager"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
URN = f"urn:pulumi:prod::{PROJECT}"


def alarm(name: str, task: str = "", variant: str = "champion", **more: Any) -> dict[str, Any]:
    """An alarm in the state; without a task, one of the stack itself."""
    tags = {"fleet:project": PROJECT, "fleet:stack": "prod"}
    if task:
        tags |= {"fleet:task": task, "fleet:variant": variant}
    urn = f"{URN}::fleet:Task${ALARM}::{name.rpartition('/')[2]}"
    return {"urn": urn, "custom": True, "id": name, "type": ALARM, "inputs": {"name": name, "tags": tags}, **more}


def text(*resources: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> str:
    """The export of a stack with these resources."""
    kind = "pulumi:pulumi:Stack"
    stack = {"urn": f"{URN}::{kind}::{PROJECT}-prod", "custom": False, "type": kind, "outputs": dict(outputs or {})}
    manifest = {"time": "2026-11-28T04:48:36Z", "magic": "ab35", "version": "v3.259.0"}
    return json.dumps({"version": 3, "deployment": {"manifest": manifest, "resources": [stack, *resources]}})


NEVER_DEPLOYED = '{"version": 3, "deployment": {"manifest": {"version": "v3.259.0"}, "metadata": {}}}'
