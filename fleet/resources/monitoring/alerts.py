"""Whom a stack tells, and of what beside its endpoints' alarms: SageMaker's events, and runs that do not come."""

import asyncio
from collections.abc import Collection
from hashlib import sha256

import pulumi

from fleet.aws.gateway import Presence
from fleet.monitoring import alarms, events, names, topic
from fleet.resources.aws_types import EventRule, EventTarget, MetricAlarm, Topic, TopicPolicy, TopicSubscription
from fleet.resources.beside import alarms as beside
from fleet.resources.beside.thing import Stands, all_of
from fleet.resources.engine import registered
from fleet.resources.monitoring.ground import Ground
from fleet.resources.watch import Watch
from fleet.seen import Unknown

FOREIGN = "rule {name} of EventBridge exists and is not this stack's, by its tags; delete it, or rename this stack"
OWN = "alerts"  # as the state calls the stack's own topic


async def watch(ground: Ground) -> Watch:
    """Whom alarms tell; with `alertEmails`, the stack's own topic is declared for it."""
    alerts = ground.settings.alerts
    named = ground.last.names(MetricAlarm.TYPE)
    own = await _own_topic(ground) if alerts.emails else ()
    return Watch(alarms.fleet_of(named[0]) if named else ground.stack, alerts.runbook, (*alerts.topics, *own))


async def send_events_on(ground: Ground, watch: Watch, endpoints: Collection[str]) -> Stands:
    """Declare what SageMaker's own events of these endpoints do: whoever is told of alarms is told of them."""
    if not watch.topics:
        return Stands()
    patterns = enumerate(events.patterns(sorted(endpoints)), 1)
    return all_of(await asyncio.gather(*(_rule(ground, watch, number, pattern) for number, pattern in patterns)))


async def declare_alarm_of_runs(ground: Ground, watch: Watch, *, is_well: bool) -> Stands:
    """The alarm that tells of a manager that does not run, or not to a good end.

    A run that ends well makes it, and has just told of its success: it counts from there. A preview shows what follows
    when the run does.
    """
    alerts = ground.settings.alerts
    if not alerts.expected_run_hours:
        return Stands()
    one = alarms.of_runs(alerts.expected_run_hours, stack=ground.stack, fleet=watch.fleet, runbook=watch.runbook)
    presence = await ground.gateway.alarm(one.name)
    if presence is not Presence.RECORDED and not is_well and not pulumi.runtime.is_dry_run():
        return Stands()
    return await beside.declare(one, presence, ground.tags, ground.options(), watch)


async def _own_topic(ground: Ground) -> tuple[pulumi.Input[str], ...]:
    """Its ARN; nothing where AWS refused to make it.

    AWS makes a topic that is there already once more, and refuses one that has other tags: so it is not looked up.
    """
    held = ground.last.state.get(Topic.TYPE, {})
    name = next(iter(sorted(held)), names.topic(ground.settings.ownership.project, ground.settings.ownership.stack))
    made, _ = await registered(Topic(OWN, {"name": name, "tags": ground.tags}, ground.options()))
    if made is None and name not in held:
        return ()
    arn: pulumi.Input[str] = held[name]["arn"] if name in held else pulumi.get(made, "arn")
    policy = pulumi.Output.from_input(arn).apply(topic.policy)
    declared: list[pulumi.Resource] = [TopicPolicy(OWN, {"arn": arn, "policy": policy}, ground.options(made))]
    for email in ground.settings.alerts.emails:
        said = {"topic": arn, "protocol": "email", "endpoint": email}
        declared.append(TopicSubscription(f"{OWN}.{email}", said, ground.options(made)))
    await asyncio.gather(*map(registered, declared))
    return (arn,)


async def _rule(ground: Ground, watch: Watch, number: int, pattern: str) -> Stands:
    own = ground.settings.ownership
    name = names.rule(own.project, own.stack, number)
    presence = await _presence_of_rule(ground, name)
    if isinstance(presence, Unknown):
        return Stands(unknown=f"rule {name} of EventBridge was not written: {presence.error}")
    if presence is Presence.FOREIGN:
        return Stands(problem=FOREIGN.format(name=name))
    said = {
        "name": name,
        "description": f"{ground.stack}: endpoints that end badly or roll back",
        "eventPattern": pattern,
        "tags": ground.tags,
    }
    imported = name if presence is Presence.OURS else None
    opts = pulumi.ResourceOptions(import_=imported, ignore_changes=["eventPattern", "description"] if imported else [])
    rule, refused = await registered(
        EventRule(f"endpoints-{number}", said, pulumi.ResourceOptions.merge(ground.options(), opts))
    )
    if rule or presence is Presence.RECORDED:
        targets = [_target(ground, topic, f"endpoints-{number}", name, rule) for topic in watch.topics]
        await asyncio.gather(*map(registered, targets))
    return Stands(refused=(refused,) if refused else ())


async def _presence_of_rule(ground: Ground, name: str) -> Presence | Unknown:
    """PutRule changes whatever rule there is: one that the state does not hold is looked at first."""
    if name in ground.last.names(EventRule.TYPE):
        return Presence.RECORDED
    tags = await ground.gateway.tags_of_rule(name)
    if tags is None or isinstance(tags, Unknown):
        return Presence.ABSENT if tags is None else tags
    return Presence.OURS if ground.settings.ownership.covers(tags) else Presence.FOREIGN


def _target(
    ground: Ground, topic: pulumi.Input[str], logical_name: str, rule: str, after: pulumi.Resource | None
) -> EventTarget:
    # Of the stack's own topic the ARN may not be known yet, and must not be in a name.
    whose = topic if isinstance(topic, str) and topic in ground.settings.alerts.topics else OWN
    said = {
        "rule": rule,
        "targetId": sha256(whose.encode()).hexdigest()[:16],
        "arn": topic,
        "inputTransformer": {"inputPaths": events.PATHS, "inputTemplate": events.template(ground.stack)},
    }
    return EventTarget(f"{logical_name}.{whose}", said, ground.options(after))
