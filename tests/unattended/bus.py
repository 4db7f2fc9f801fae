"""EventBridge, as far as bootstrap/ uses it: what its rules match, what their targets are sent, what is left over.

It plays what was declared, by the declarations alone: patterns by moto's matcher, templates, the connection's token,
retries and the dead-letter queue. No waiting: a retry comes at once.
"""

import json
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from moto.events.models import EventPattern

from tests.bootstrap.declaring import Declared, Made
from tests.unattended.forge import Forge

APPROVED = json.loads((Path(__file__).parent / "approved.json").read_text())
AGAIN = {401, 407, 409, 429}  # and every 5XX (EventBridge user guide, API destinations, 2026-11)


def event(**detail: Any) -> dict[str, Any]:
    """The event of an approval with other details; None takes one out."""
    changed = {**APPROVED["detail"], **detail}
    return {**APPROVED, "detail": {key: value for key, value in changed.items() if value is not None}}


@dataclass
class Bus:
    made: Made
    forge: Forge
    answer_seconds: float = 5
    undelivered: list[Mapping[str, Any]] = field(default_factory=list)
    builds: list[dict[str, Any]] = field(default_factory=list)

    def put(self, sent: Mapping[str, Any]) -> None:
        for rule in self.made.all("EventRule"):
            if "eventPattern" in rule.inputs and matches(rule, sent):
                for target in self.made.all("EventTarget"):
                    if target.inputs["rule"] == rule.inputs["name"]:
                        self._deliver(target, sent)

    def _deliver(self, target: Declared, sent: Mapping[str, Any]) -> None:
        for _ in range(1 + int(target.inputs["retryPolicy"]["maximumRetryAttempts"])):
            code = self._asked(target, rendered(target, sent))
            if code < 300:
                return
            if code not in AGAIN and code < 500:
                break
        assert target.inputs["deadLetterConfig"]["arn"].endswith("fleet-prod-undelivered")
        self.undelivered.append(sent)

    def _asked(self, target: Declared, content: dict[str, Any]) -> int:
        destination = self.made.one("EventApiDestination").inputs
        parameters = self.made.one("EventConnection").inputs["authParameters"]
        bodies = parameters.get("invocationHttpParameters", {}).get("bodies", ())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            **target.inputs.get("httpTarget", {}).get("headerParameters", {}),
            parameters["apiKey"]["key"]: parameters["apiKey"]["value"],
        }
        body = {**content, **{one["key"]: one["value"] for one in bodies}}
        url = re.sub(
            r"https://(api\.github\.com|gitlab\.com/api/v4)", self.forge.url, destination["invocationEndpoint"]
        )
        asked = urllib.request.Request(url, json.dumps(body).encode(), headers, method=destination["httpMethod"])
        try:
            with urllib.request.urlopen(asked, timeout=self.answer_seconds) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except OSError:  # no answer in time
            return 504

    def firing(self) -> set[str]:
        """The alarms that what lies in the queue sets off."""
        watching = {one.name: one.inputs for one in self.made.all("MetricAlarm")}
        its = watching["undelivered"]
        assert its["dimensions"] == {"QueueName": self.made.one("Queue").inputs["name"]}
        assert (its["statistic"], its["comparisonOperator"]) == ("Maximum", "GreaterThanOrEqualToThreshold")
        return {"undelivered"} if len(self.undelivered) >= its["threshold"] else set()


def matches(rule: Declared, sent: Mapping[str, Any]) -> bool:
    pattern: Any = EventPattern.load(rule.inputs["eventPattern"])
    return bool(pattern.matches_event(dict(sent)))


def rendered(target: Declared, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the target is sent in place of the event."""
    text: str = target.inputs.get("input", "")
    if transformer := target.inputs.get("inputTransformer"):
        found = {name: _at(sent, path) for name, path in transformer["inputPaths"].items()}
        text = re.sub(r"<(\w+)>", lambda name: json.dumps(found[name[1]]), transformer["inputTemplate"])
    read: dict[str, Any] = json.loads(text) if text else dict(sent)
    return read


def _at(sent: Mapping[str, Any], path: str) -> Any:
    value: Any = sent
    for part in path.removeprefix("$.").split("."):
        value = value[part]
    return value
