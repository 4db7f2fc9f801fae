"""SNS: topics, their policies, and subscriptions to them. A topic's other attributes are not there."""

import json

from sandbox.plugin.catalogue.row import Call, Field, Properties, ResourceType, Tagging, forcing_new, same_json

# What the policy that every topic begins with allows
VERBS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
    "Receive",
)


def of_topic(key: Properties) -> Properties:
    return {"TopicArn": key["arn"]}


def of_policy(key: Properties) -> Properties:
    return {**of_topic(key), "AttributeName": "Policy"}


def of_subscription(key: Properties) -> Properties:
    return {"SubscriptionArn": key["arn"]}


def by_default(arn: str) -> str:
    """The policy that a topic gets back when its own is deleted."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{verb}" for verb in VERBS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


TOPIC = ResourceType(
    token="aws:sns/topic:Topic",
    title="SNS Topic",
    service="sns",
    fields=forcing_new(Field("name")),
    key=("name", "arn"),
    assigned=lambda answer: {"arn": answer["TopicArn"]},
    id=lambda key: str(key.get("arn") or key["name"]),
    imported=lambda id_: {"arn": id_, "name": id_.rpartition(":")[2]},
    create="create_topic",
    read=Call("get_topic_attributes", of_topic, found="Attributes"),
    delete=Call("delete_topic", of_topic),
    missing="NotFound",
    arn="TopicArn",
    tagging=Tagging(
        create="Tags",
        list="list_tags_for_resource",
        listed="Tags",
        add="tag_resource",
        remove="untag_resource",
        keys="TagKeys",
        target=lambda _, arn: {"ResourceArn": arn},
    ),
)

TOPIC_POLICY = ResourceType(
    token="aws:sns/topicPolicy:TopicPolicy",
    title="SNS Topic Policy",
    service="sns",
    fields=(
        Field("arn", "TopicArn", replaces=True),
        Field("policy", "AttributeValue", described="Policy", same=same_json),
    ),
    key=("arn",),
    also=(("AttributeName", "Policy"),),
    id=lambda key: str(key["arn"]),
    imported=lambda id_: {"arn": id_},
    create="set_topic_attributes",
    read=Call("get_topic_attributes", of_topic, found="Attributes"),
    update=Call("set_topic_attributes", of_policy),
    delete=Call("set_topic_attributes", lambda key: {**of_policy(key), "AttributeValue": by_default(key["arn"])}),
    missing="NotFound",
    arn="TopicArn",
)

TOPIC_SUBSCRIPTION = ResourceType(
    token="aws:sns/topicSubscription:TopicSubscription",
    title="SNS Topic Subscription",
    service="sns",
    fields=forcing_new(Field("topic", "TopicArn"), Field("protocol"), Field("endpoint")),
    key=("arn",),
    also=(("ReturnSubscriptionArn", True),),
    assigned=lambda answer: {"arn": answer["SubscriptionArn"]},
    id=lambda key: str(key.get("arn", "")),
    imported=lambda id_: {"arn": id_},
    create="subscribe",
    read=Call("get_subscription_attributes", of_subscription, found="Attributes"),
    delete=Call("unsubscribe", of_subscription),
    # One that was never confirmed cannot be ended: it is left to SNS, which drops it by itself
    missing=(
        "NotFound",
        "InvalidParameter: Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription",
    ),
    arn="SubscriptionArn",
)

TYPES = (TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION)
