"""An approval starts a run: a rule for the events, what it asks, and who is told of an event that was not delivered.

The schedule of CI is the safety net: what is lost here is deployed with its next run.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, iam, secretsmanager, sns, sqs

from fleet_bootstrap import approval
from fleet_bootstrap.approval import Api, Sent
from fleet_bootstrap.settings import Forwarding, Settings
from fleet_bootstrap.trust import by_service

EVENTS = "events.amazonaws.com"
KEPT_SECONDS = 14 * 24 * 3600  # the longest that SQS keeps a message
# A forge that is down for longer than this is left to the schedule, and somebody is told
API_PATIENCE = {"maximum_event_age_in_seconds": 900, "maximum_retry_attempts": 8}
# CodeBuild refuses a build for as long as another runs
BUILD_PATIENCE = {"maximum_event_age_in_seconds": 6 * 3600, "maximum_retry_attempts": 185}
EVERY_HOUR = "cron(23 * * * ? *)"  # not at minute 0, when everybody's builds start


@dataclass(frozen=True)
class Target:
    """What a rule asks for each event."""

    arn: pulumi.Input[str]
    action: str  # that its role needs on it
    patience: Mapping[str, int]
    sent: Sent | None = None  # None: the event as it is
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Alarm:
    """One that fires at the first."""

    name: str
    namespace: str
    metric: str
    statistic: str
    why: str


LATER = "An approval could not be delivered; the schedule's next run deploys it."
ALARMS = (
    Alarm(
        "undelivered",
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        f"{LATER} Its event is in the queue of the same name, with the reason: often the token has expired. Take it "
        "out when you have seen it, and this is OK again.",
    ),
    Alarm(
        "lost", "AWS/Events", "InvocationsFailedToBeSentToDlq", "Sum", f"{LATER} Its event is not in the queue either."
    ),
)


def put_on(bus: str) -> Target:
    """The bus of another account, which is given the event as it is."""
    return Target(bus, "events:PutEvents", API_PATIENCE)


@dataclass(frozen=True)
class Trigger:
    """Declares the rules of one stack, and what all of them share: one queue, one topic."""

    settings: Settings | Forwarding
    options: pulumi.ResourceOptions

    def of_approvals(self, target: Target) -> None:
        bus, accounts = self._bus()
        rule = cloudwatch.EventRule(
            "approvals",
            name=f"{self.settings.name}-approvals",
            description=f"A model was approved or rejected: a run of the stack {self.settings.stack}",
            event_pattern=json.dumps(approval.pattern(accounts)),
            event_bus_name=bus.name if bus else None,
            opts=self.options,
        )
        rules = [rule, *([self._every_hour()] if target.action == "codebuild:StartBuild" else [])]
        role = self._role(target, rules)
        queue = self._queue(rules)
        for name, one in zip(("approvals", "schedule"), rules, strict=False):
            # The schedule's event is no approval: its build is never too late
            sent = target.sent if name == "approvals" else None
            self._send(name, one, target, sent, role, queue, bus if name == "approvals" else None)
        self._alarms(rule, queue, bus)

    def _bus(self) -> tuple[cloudwatch.EventBus | None, Sequence[str]]:
        """Where the registry's account sends its events; none where the registry is in this account."""
        if isinstance(self.settings, Forwarding) or not self.settings.registry_account:
            return None, ()
        sender = self.settings.registry_account
        bus = cloudwatch.EventBus("approvals", name=f"{self.settings.name}-approvals", opts=self.options)
        cloudwatch.EventBusPolicy(
            "approvals",
            event_bus_name=bus.name,
            policy=bus.arn.apply(lambda arn: json.dumps(may_send(arn, sender))),
            opts=self.options,
        )
        pulumi.export("bus", bus.arn)
        return bus, (sender,)

    def _every_hour(self) -> cloudwatch.EventRule:
        return cloudwatch.EventRule(
            "schedule",
            name=f"{self.settings.name}-schedule",
            description=f"The safety net of the stack {self.settings.stack}, should an event be lost",
            schedule_expression=EVERY_HOUR,
            opts=self.options,
        )

    def _role(self, target: Target, rules: Sequence[cloudwatch.EventRule]) -> iam.Role:
        trust = by_service(EVENTS, self.settings.account)
        role = iam.Role(
            "trigger",
            name=f"{self.settings.name}-trigger",
            description="EventBridge asks for a run",
            assume_role_policy=pulumi.Output.all(*(rule.arn for rule in rules)).apply(
                lambda arns: json.dumps(with_sources(trust, arns))
            ),
            opts=self.options,
        )
        iam.RolePolicy(
            "trigger",
            role=role.name,
            policy=pulumi.Output.from_input(target.arn).apply(lambda arn: json.dumps(allow(target.action, arn))),
            opts=self.options,
        )
        return role

    def _queue(self, rules: Sequence[cloudwatch.EventRule]) -> sqs.Queue:
        """Where an event lies that could not be delivered."""
        queue = sqs.Queue(
            "undelivered",
            name=f"{self.settings.name}-undelivered",
            message_retention_seconds=KEPT_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=self.options,
        )
        sqs.QueuePolicy(
            "undelivered",
            queue_url=queue.url,
            policy=pulumi.Output.all(queue.arn, *(rule.arn for rule in rules)).apply(
                lambda arns: json.dumps(may_leave(arns[0], arns[1:]))
            ),
            opts=self.options,
        )
        return queue

    def _send(
        self,
        name: str,
        rule: cloudwatch.EventRule,
        target: Target,
        sent: Sent | None,
        role: iam.Role,
        queue: sqs.Queue,
        bus: cloudwatch.EventBus | None,
    ) -> None:
        cloudwatch.EventTarget(
            name,
            rule=rule.name,
            event_bus_name=bus.name if bus else None,
            arn=target.arn,
            role_arn=role.arn,
            input=sent.template if sent and not sent.paths else None,
            input_transformer=(
                {"input_paths": dict(sent.paths), "input_template": sent.template} if sent and sent.paths else None
            ),
            http_target={"header_parameters": dict(target.headers)} if target.headers else None,
            retry_policy=dict(target.patience),
            dead_letter_config={"arn": queue.arn},
            opts=self.options,
        )

    def _alarms(self, rule: cloudwatch.EventRule, queue: sqs.Queue, bus: cloudwatch.EventBus | None) -> None:
        topic = self._topic()
        if topic is None:
            pulumi.log.warn("alertEmails is not set: nobody is told of an approval that could not be delivered")
        of_the_rule = {"RuleName": rule.name, **({"EventBusName": bus.name} if bus else {})}
        dimensions = {"AWS/SQS": {"QueueName": queue.name}, "AWS/Events": of_the_rule}
        for alarm in ALARMS:
            cloudwatch.MetricAlarm(
                alarm.name,
                name=f"{self.settings.name}-{alarm.name}",
                alarm_description=alarm.why,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=dimensions[alarm.namespace],
                statistic=alarm.statistic,
                period=60,
                evaluation_periods=1,
                comparison_operator="GreaterThanOrEqualToThreshold",
                threshold=1,
                treat_missing_data="notBreaching",
                alarm_actions=[topic.arn] if topic else [],
                opts=self.options,
            )

    def _topic(self) -> sns.Topic | None:
        if not self.settings.alert_emails:
            return None
        topic = sns.Topic("undelivered", name=f"{self.settings.name}-undelivered", opts=self.options)
        for email in self.settings.alert_emails:
            sns.TopicSubscription(email, topic=topic.arn, protocol="email", endpoint=email, opts=self.options)
        return topic


def destination(settings: Settings, asked: Api, options: pulumi.ResourceOptions) -> Target:
    """The forge, with the token that Secrets Manager has."""
    # Read by the engine at every update and kept as a secret: in the state it is encrypted. A changed token needs an
    # `up` of this project.
    read = secretsmanager.get_secret_version_output(
        secret_id=settings.token_secret, opts=pulumi.InvokeOutputOptions(provider=options.provider)
    )
    token = pulumi.Output.secret(read.secret_string).apply(lambda text: text.strip())
    name, before = asked.header
    in_body = {"key": asked.token_in_body, "value": token, "is_value_secret": True}
    connection = cloudwatch.EventConnection(
        "forge",
        name=f"{settings.name}-forge",
        description="The token that starts runs",
        authorization_type="API_KEY",
        auth_parameters={
            "api_key": {"key": name, "value": before if asked.token_in_body else pulumi.Output.concat(before, token)},
            **({"invocation_http_parameters": {"bodies": [in_body]}} if asked.token_in_body else {}),
        },
        opts=pulumi.ResourceOptions.merge(
            options, pulumi.ResourceOptions(additional_secret_outputs=["auth_parameters"])
        ),
    )
    made = cloudwatch.EventApiDestination(
        "forge",
        name=f"{settings.name}-forge",
        description="Asks for a run",
        invocation_endpoint=asked.url,
        http_method="POST",
        invocation_rate_limit_per_second=1,
        connection_arn=connection.arn,
        opts=options,
    )
    return Target(made.arn, "events:InvokeApiDestination", API_PATIENCE, asked.sent, asked.headers)


def allow(action: str, resource: str) -> Mapping[str, Any]:
    """A policy of one action on one resource."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def with_sources(trust: Mapping[str, Any], rules: Sequence[str]) -> Mapping[str, Any]:
    """The same trust for these rules alone."""
    [statement] = trust["Statement"]
    condition = {**statement["Condition"], "ArnEquals": {"aws:SourceArn": list(rules)}}
    return {**trust, "Statement": [{**statement, "Condition": condition}]}


def may_leave(queue: str, rules: Sequence[str]) -> Mapping[str, Any]:
    """EventBridge may leave in the queue what these rules could not deliver."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": list(rules)}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def may_send(bus: str, account: str) -> Mapping[str, Any]:
    """The registry's account may put events on the bus."""
    partition = bus.split(":")[1]
    statement = {
        "Sid": "EventsOfTheRegistry",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "events:PutEvents",
        "Resource": bus,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
