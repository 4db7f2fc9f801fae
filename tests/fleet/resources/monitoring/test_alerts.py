"""Whom a stack tells: its topics, what is in SageMaker's events, and the alarm of its runs."""

import json
from typing import Any

import pytest

from fleet.aws.gateway import Presence
from fleet.resources.aws_types import EventRule, MetricAlarm, Topic
from fleet.resources.beside.thing import Stands
from fleet.resources.monitoring import alerts
from fleet.resources.monitoring.ground import Ground
from fleet.resources.watch import Watch
from fleet.seen import Unknown
from tests.fleet.resources.declaring import Declarations
from tests.fleet.resources.monitoring.stack import TOPIC, Account, on_ground

OWN = "arn:aws:sns:eu-west-1:123456789012:fleet-prod-alerts"
HELD = {Topic.TYPE: {"fleet-prod-alerts": {"arn": OWN}}}
RULE = "fleet-prod-endpoints"
DOWN = Unknown("DescribeRule: InternalFailure: down")


def watched(**given: Any) -> Watch:
    watch = on_ground(alerts.watch, **given).result
    assert isinstance(watch, Watch)
    return watch


def sent_on(account: Account | None = None, **given: Any) -> Declarations:
    """With an endpoint, and somebody to tell."""

    async def declare(ground: Ground) -> Stands:
        return await alerts.send_events_on(ground, Watch(topics=(TOPIC,)), ["spam"])

    return on_ground(declare, account=account, topics=(TOPIC,), **given)


def of_runs(*, is_well: bool, known: Presence = Presence.ABSENT, hours: int = 26, preview: bool = False) -> list[str]:
    """The types that are declared for it."""

    async def declare(ground: Ground) -> Stands:
        return await alerts.declare_alarm_of_runs(ground, Watch("fleet/prod"), is_well=is_well)

    account = Account(alarms={"fleet/prod/runs": known})
    return on_ground(declare, account=account, expected_run_hours=hours, preview=preview).types


def test_existing_topics_are_told_and_no_other_is_made() -> None:
    found = on_ground(alerts.watch, topics=(TOPIC,))
    assert (found.types, found.result.topics) == ([], (TOPIC,))


def test_emails_have_a_topic_of_the_stacks_own_with_a_policy() -> None:
    found = on_ground(alerts.watch, emails=("a@example.com",), state=HELD)
    assert set(found.types) == {"Topic", "TopicPolicy", "TopicSubscription"}
    assert found.result.topics == (OWN,)
    assert json.loads(found.inputs("TopicPolicy")["policy"])["Statement"][1]["Sid"] == "Events"


def test_a_topic_that_aws_refuses_is_told_nothing() -> None:
    found = on_ground(alerts.watch, emails=("a@example.com",), account=Account(refuses="Topic"))
    assert (found.types, found.result.topics) == (["Topic"], ())


def test_a_topic_in_the_state_is_told_although_its_change_is_refused() -> None:
    assert watched(emails=("a@example.com",), account=Account(refuses="Topic"), state=HELD).topics == (OWN,)


def test_a_renamed_stack_keeps_its_topic() -> None:
    state = {Topic.TYPE: {"fleet-old-alerts": {"arn": OWN}}}
    found = on_ground(alerts.watch, emails=("a@example.com",), state=state)
    assert found.inputs("Topic")["name"] == "fleet-old-alerts"


def test_a_renamed_stack_keeps_the_names_of_its_alarms() -> None:
    assert watched(state={MetricAlarm.TYPE: {"fleet/old/spam/slow": {}}}).fleet == "fleet/old"


def test_a_stack_without_alarms_calls_them_by_its_own_name() -> None:
    assert watched().fleet == "fleet/prod"


def test_where_nobody_is_told_no_event_is_sent_on() -> None:
    async def declare(ground: Ground) -> Stands:
        return await alerts.send_events_on(ground, Watch(), ["spam"])

    assert on_ground(declare).types == []


def test_events_of_the_endpoints_go_to_every_topic() -> None:
    found = sent_on()
    assert json.loads(found.inputs("EventRule")["eventPattern"])["detail"]["EndpointName"] == ["spam"]
    assert found.inputs("EventTarget")["arn"] == TOPIC


def test_a_rule_of_somebody_else_is_refused_and_not_touched() -> None:
    found = sent_on(Account(rule={"team": "other"}))
    assert (found.types, found.result.problem) == ([], alerts.FOREIGN.format(name=RULE))


def test_a_rule_that_a_killed_run_left_is_taken_over() -> None:
    ours = {"fleet:project": "fleet", "fleet:stack": "prod"}
    made = sent_on(Account(rule=ours)).of("EventRule")
    assert (made.importId, list(made.ignoreChanges)) == (RULE, ["eventPattern", "description"])


def test_a_rule_in_the_state_is_not_looked_up() -> None:
    account = Account(rule=DOWN)
    assert sent_on(account, state={EventRule.TYPE: {RULE: {}}}).of("EventRule").importId == ""
    assert account.asked == []


def test_a_rule_that_could_not_be_looked_at_is_not_written_and_said() -> None:
    found = sent_on(Account(rule=DOWN))
    assert found.types == []
    assert found.result.unknown == f"rule {RULE} of EventBridge was not written: {DOWN.error}"


def test_the_targets_of_a_rule_in_the_state_stay_although_its_change_is_refused() -> None:
    found = sent_on(Account(refuses="EventRule"), state={EventRule.TYPE: {RULE: {}}})
    assert found.types == ["EventRule", "EventTarget"]


@pytest.mark.parametrize(("is_well", "made"), [(True, ["MetricAlarm"]), (False, [])])
def test_a_run_that_ends_well_makes_the_alarm_of_the_runs(is_well: bool, made: list[str]) -> None:
    assert of_runs(is_well=is_well) == made


def test_a_preview_of_a_run_that_moves_something_shows_it() -> None:
    assert of_runs(is_well=False, preview=True) == ["MetricAlarm"]


def test_it_stays_when_a_run_ends_badly() -> None:
    assert of_runs(is_well=False, known=Presence.RECORDED) == ["MetricAlarm"]


def test_nobody_who_expects_no_runs_has_it() -> None:
    assert of_runs(is_well=True, hours=0) == []
