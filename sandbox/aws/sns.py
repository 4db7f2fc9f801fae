"""SNS of the sandbox: topics, subscriptions, policies; what is published lies in the outbox of the world.

E-mails have to be confirmed, as on AWS; `confirm` is what a reader of one does. Who may publish is decided by the
topic's policy, for services of AWS alone: permissions of callers are not checked.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from sandbox.aws import tags
from sandbox.aws.paging import Pages
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Message, Params, Subscription, Topic, World

PAGES = Pages(100, "Invalid parameter: nextToken", "InvalidParameter")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,256}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PENDING = "pending confirmation"
CANNOT_END = "Cannot unsubscribe a subscription that is pending confirmation"
PROTOCOLS = ("email", "email-json", "sqs", "https", "lambda", "firehose")
CONFIRMED_BY_HAND = ("email", "email-json", "https")
SETTABLE = ("Policy", "DisplayName", "DeliveryPolicy", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")
LONGEST_SUBJECT = 100


@dataclass(frozen=True)
class Note:
    """What is published."""

    subject: str
    body: str
    at: float  # epoch seconds


def publish_as(world: World, service: str, source: str, topic: str, note: Note) -> None:
    """What a service of AWS publishes on behalf of a resource, whose ARN is the source."""
    to: tuple[str, ...] = ()
    refused = _refusal(world, service, source, topic)
    if not refused:
        subscriptions = world.subscriptions.values()
        to = tuple(row.endpoint for row in subscriptions if row.topic == topic and row.is_confirmed)
    world.outbox.append(Message(topic, service, note.subject, note.body, note.at, to, refused))


def _refusal(world: World, service: str, source: str, arn: str) -> str:
    topic = world.topics.get(arn)
    if topic is None:
        return f"topic {arn} does not exist"
    if topic.attributes.get("KmsMasterKeyId") == "alias/aws/sns":
        return f"{service} may not use the key alias/aws/sns"  # its policy cannot be changed
    # "You can't use Condition blocks in Amazon SNS topic policies for EventBridge": it does not say for whom it
    # publishes, as CloudWatch does, and the message is lost (EventBridge user guide, resource-based policies, 2026-11).
    of_alarms = {"aws:sourceaccount": ACCOUNT, "aws:sourceowner": ACCOUNT, "aws:sourcearn": source}
    context = of_alarms if service == "cloudwatch.amazonaws.com" else {}
    statements = json.loads(_policy(topic))["Statement"]
    if any(_admits(statement, service, arn, context) for statement in statements):
        return ""
    return f"the policy of {arn} does not let {service} publish"


def _admits(statement: Params, service: str, topic: str, context: Mapping[str, str]) -> bool:
    principal = statement.get("Principal", {})
    named = ["*"] if principal == "*" else [*_listed(principal.get("AWS", [])), *_listed(principal.get("Service", []))]
    actions = [action.lower() for action in _listed(statement.get("Action", []))]
    return (
        statement.get("Effect") == "Allow"
        and bool({"*", service} & set(named))
        and any(fnmatchcase("sns:publish", action) for action in actions)
        and any(fnmatchcase(topic, resource) for resource in _listed(statement.get("Resource", [])))
        and all(
            any(_fits(operator, context.get(key.lower(), ""), value) for value in _listed(values))
            for operator, conditions in statement.get("Condition", {}).items()
            for key, values in conditions.items()
        )
    )


def _fits(operator: str, value: str, wanted: str) -> bool:
    if operator in ("ArnLike", "ArnEquals", "StringLike"):
        return fnmatchcase(value, wanted)
    return operator == "StringEquals" and value == wanted


def _listed(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _policy(topic: Topic) -> str:
    """The one that was set, else the one that every topic has."""
    if given := topic.attributes.get("Policy"):
        return given
    verbs = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic")
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{verb}" for verb in (*verbs, "Subscribe", "ListSubscriptionsByTopic", "Publish")],
        "Resource": topic.arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


# Topics


def create_topic(world: World, region: str, request: Params) -> Answer:
    name, attributes = request["Name"], dict(request.get("Attributes", {}))
    if not NAME.fullmatch(name):
        raise _invalid("Topic Name")
    for attribute, value in attributes.items():
        _check_attribute(attribute, value)
    arn = f"arn:aws:sns:{region}:{ACCOUNT}:{name}"
    wanted = tags.checked(request.get("Tags", ()))
    known = world.topics.get(arn)
    # Creating a topic that exists gives it, where it has these attributes and tags
    if known and any(known.attributes.get(key) != value for key, value in attributes.items()):
        raise _invalid("Attributes Reason: Topic already exists with different attributes")
    if known and wanted and world.tags[arn] != wanted:
        raise _invalid("Tags Reason: Topic already exists with different tags")
    if not known:
        world.topics[arn] = Topic(name, arn, attributes)
        world.tags[arn] = wanted
    return {"TopicArn": arn}


def _check_attribute(name: str, value: str) -> None:
    if name not in SETTABLE:
        raise _invalid("AttributeName")
    if name == "Policy" and value:
        try:
            json.loads(value)["Statement"]
        except (ValueError, KeyError, TypeError):
            raise _invalid("Policy Error: null") from None


def get_topic(world: World, region: str, request: Params) -> Answer:
    topic = _topic(world, request["TopicArn"])
    rows = [row for row in world.subscriptions.values() if row.topic == topic.arn]
    counted = {
        "SubscriptionsConfirmed": sum(row.is_confirmed for row in rows),
        "SubscriptionsPending": sum(not row.is_confirmed for row in rows),
        "SubscriptionsDeleted": 0,
    }
    shown = {"TopicArn": topic.arn, "Owner": ACCOUNT, "DisplayName": "", **topic.attributes, "Policy": _policy(topic)}
    return {"Attributes": shown | {name: str(count) for name, count in counted.items()}}


def set_topic(world: World, region: str, request: Params) -> Answer:
    topic = _topic(world, request["TopicArn"])
    name, value = request["AttributeName"], request.get("AttributeValue", "")
    _check_attribute(name, value)
    world.topics[topic.arn] = replace(topic, attributes={**topic.attributes, name: value})
    return {}


def delete_topic(world: World, region: str, request: Params) -> Answer:
    """With its subscriptions; one that is not there is fine (API reference, DeleteTopic)."""
    arn = request["TopicArn"]
    world.topics.pop(arn, None)
    world.tags.pop(arn, None)
    world.subscriptions = {key: row for key, row in world.subscriptions.items() if row.topic != arn}
    return {}


def list_topics(world: World, region: str, request: Params) -> Answer:
    rows = sorted(arn for arn in world.topics if arn.split(":")[3] == region)
    page = PAGES.cut(request, rows, world.settings.page_size, key=lambda arn: arn)
    return {"Topics": [{"TopicArn": arn} for arn in page.rows], **page.more}


def publish(world: World, region: str, request: Params) -> Answer:
    topic = _topic(world, request.get("TopicArn", ""))
    if len(request.get("Subject", "")) > LONGEST_SUBJECT:
        raise _invalid("Subject")
    rows = [row for row in world.subscriptions.values() if row.topic == topic.arn and row.is_confirmed]
    to = tuple(row.endpoint for row in rows)
    world.outbox.append(Message(topic.arn, ACCOUNT, request.get("Subject", ""), request["Message"], world.clock(), to))
    return {"MessageId": str(uuid.uuid4())}


def _topic(world: World, arn: str) -> Topic:
    if arn not in world.topics:
        raise AwsError("Topic does not exist", "NotFound", 404)
    return world.topics[arn]


def _invalid(what: str) -> AwsError:
    return AwsError(f"Invalid parameter: {what}", "InvalidParameter")


# Subscriptions


def subscribe(world: World, region: str, request: Params) -> Answer:
    topic, protocol, endpoint = _topic(world, request["TopicArn"]), request["Protocol"], request.get("Endpoint", "")
    if protocol not in PROTOCOLS:
        raise _invalid(f"Does not support this protocol string: {protocol}")
    if protocol.startswith("email") and not EMAIL.fullmatch(endpoint):
        raise _invalid("Email address")
    attributes = dict(request.get("Attributes", {}))
    for row in world.subscriptions.values():
        if (row.topic, row.protocol, row.endpoint) == (topic.arn, protocol, endpoint):
            if row.attributes != attributes:
                raise _invalid("Attributes Reason: Subscription already exists with different attributes")
            return _subscribed(row, request)
    arn = f"{topic.arn}:{uuid.uuid4()}"
    row = Subscription(arn, topic.arn, protocol, endpoint, protocol not in CONFIRMED_BY_HAND, attributes)
    world.subscriptions[arn] = row
    return _subscribed(row, request)


def _subscribed(row: Subscription, request: Params) -> Answer:
    told = row.is_confirmed or request.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": row.arn if told else PENDING}


def confirm(world: World, region: str, endpoint: str) -> int:
    """What somebody does who clicks on the links in all e-mails of that address; gives how many there were."""
    found = [row for row in world.subscriptions.values() if row.endpoint == endpoint and not row.is_confirmed]
    here = [row for row in found if row.arn.split(":")[3] == region]
    for row in here:
        world.subscriptions[row.arn] = replace(row, is_confirmed=True)
    return len(here)


def get_subscription(world: World, region: str, request: Params) -> Answer:
    row = _subscription(world, request)
    shown = {
        "SubscriptionArn": row.arn,
        "TopicArn": row.topic,
        "Protocol": row.protocol,
        "Endpoint": row.endpoint,
        "Owner": ACCOUNT,
        "PendingConfirmation": "false" if row.is_confirmed else "true",
        "ConfirmationWasAuthenticated": "false",
        "RawMessageDelivery": "false",
    }
    return {"Attributes": shown | row.attributes}


def set_subscription(world: World, region: str, request: Params) -> Answer:
    row = _subscription(world, request)
    attributes = {**row.attributes, request["AttributeName"]: request.get("AttributeValue", "")}
    world.subscriptions[row.arn] = replace(row, attributes=attributes)
    return {}


def unsubscribe(world: World, region: str, request: Params) -> Answer:
    row = _subscription(world, request)
    if not row.is_confirmed:
        raise _invalid("SubscriptionArn Reason: " + CANNOT_END)
    del world.subscriptions[row.arn]
    return {}


def list_by_topic(world: World, region: str, request: Params) -> Answer:
    topic = _topic(world, request["TopicArn"])
    rows = sorted((row for row in world.subscriptions.values() if row.topic == topic.arn), key=lambda row: row.arn)
    page = PAGES.cut(request, rows, world.settings.page_size, key=lambda row: row.arn)
    shown = [
        {
            "SubscriptionArn": row.arn if row.is_confirmed else "PendingConfirmation",
            "Owner": ACCOUNT,
            "Protocol": row.protocol,
            "Endpoint": row.endpoint,
            "TopicArn": row.topic,
        }
        for row in page.rows
    ]
    return {"Subscriptions": shown, **page.more}


def _subscription(world: World, request: Params) -> Subscription:
    if request["SubscriptionArn"] not in world.subscriptions:
        raise AwsError("Subscription does not exist", "NotFound", 404)
    return world.subscriptions[request["SubscriptionArn"]]


# Tags


def list_tags(world: World, region: str, request: Params) -> Answer:
    return {"Tags": tags.rows(_tags(world, request))}


def tag(world: World, region: str, request: Params) -> Answer:
    world.tags[request["ResourceArn"]] = tags.checked(request["Tags"], _tags(world, request))
    return {}


def untag(world: World, region: str, request: Params) -> Answer:
    world.tags[request["ResourceArn"]] = tags.without(_tags(world, request), request["TagKeys"])
    return {}


def _tags(world: World, request: Params) -> dict[str, str]:
    if request["ResourceArn"] not in world.topics:
        raise AwsError("Resource does not exist", "ResourceNotFound", 404)
    return world.tags.get(request["ResourceArn"], {})


SERVICE = Service(
    "sns",
    {
        "CreateTopic": create_topic,
        "GetTopicAttributes": get_topic,
        "SetTopicAttributes": set_topic,
        "DeleteTopic": delete_topic,
        "ListTopics": list_topics,
        "Publish": publish,
        "Subscribe": subscribe,
        "GetSubscriptionAttributes": get_subscription,
        "SetSubscriptionAttributes": set_subscription,
        "Unsubscribe": unsubscribe,
        "ListSubscriptionsByTopic": list_by_topic,
        "ListTagsForResource": list_tags,
        "TagResource": tag,
        "UntagResource": untag,
    },
    title="SNS",
)
