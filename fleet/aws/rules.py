"""Rules of EventBridge that a run has not declared before: whose they are. Writing them is the provider's."""

from typing import TYPE_CHECKING

from fleet.aws import session

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


def tags(events: "EventBridgeClient", name: str) -> dict[str, str] | None:
    """The tags of a rule of the default bus; None where there is none of this name."""
    rule = session.if_there(lambda: events.describe_rule(Name=name), None)
    if rule is None:
        return None
    answer = events.list_tags_for_resource(ResourceARN=rule["Arn"])
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}
