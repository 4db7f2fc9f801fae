"""Which events of SageMaker are sent on, and in which words."""

import json
import re

from fleet.monitoring import events
from fleet.monitoring.events import LONGEST_PATTERN, patterns, template


def statuses() -> list[str]:
    return list(json.loads(patterns(["spam"])[0])["detail"]["EndpointStatus"])


def test_statuses_are_in_capitals_as_in_events() -> None:
    assert all(re.fullmatch("[A-Z_]+", status) for status in statuses())


def test_what_ends_well_is_no_news() -> None:
    assert not {"IN_SERVICE", "UPDATING", "CREATING", "DELETING"} & set(statuses())


def test_a_rollback_is_told() -> None:
    assert "ROLLING_BACK" in statuses()


def test_the_endpoints_are_named_whole() -> None:
    (pattern,) = patterns(["spam", "irony"])
    assert json.loads(pattern)["detail"]["EndpointName"] == ["irony", "spam"]


def test_the_order_of_the_task_list_changes_no_rule() -> None:
    assert patterns(["spam", "irony"]) == patterns(["irony", "spam"])


def test_no_rule_is_longer_than_eventbridge_takes_and_every_endpoint_is_in_one() -> None:
    names = [f"{number:03}-{'n' * 44}" for number in range(200)]
    found = patterns(names)
    assert max(map(len, found)) <= LONGEST_PATTERN
    assert [name for pattern in found for name in json.loads(pattern)["detail"]["EndpointName"]] == names


def test_without_endpoints_there_is_no_rule() -> None:
    assert patterns([]) == []


def test_the_message_is_a_json_string_that_names_stack_endpoint_and_status() -> None:
    said = json.loads(template("fleet/prod"))
    assert said.startswith("fleet/prod: endpoint <endpoint> is <status>.")


def test_everything_that_the_message_names_is_found_in_the_event() -> None:
    assert set(re.findall("<([a-z]+)>", template("fleet/prod"))) == set(events.PATHS)
