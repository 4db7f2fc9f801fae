"""A run that would take many endpoints away at once stops; one that takes few does not."""

import pulumi
import pytest

from fleet.resources.teardown import refuse_mass
from fleet.rollout import Outcome, Unknown

TASKS = ("emotion", "intent", "spam", "topic", "urgency")


def deployed(*endpoints: str) -> dict[str, dict[str, Outcome]]:
    """What the last run wrote of tasks that it deployed, each under its own name."""
    return {endpoint: {"champion": outcome(endpoint)} for endpoint in endpoints}


def outcome(endpoint: str) -> Outcome:
    return Outcome(endpoint=endpoint, declared=(endpoint, f"{endpoint}-v1-3fa9c1"))


def test_more_than_the_limit_stops_the_run_with_what_to_do() -> None:
    with pytest.raises(pulumi.RunError) as stopped:
        refuse_mass(["topic"], deployed(*TASKS), TASKS, most=3)
    assert str(stopped.value) == (
        "4 deployed tasks would be torn down in this run, and maxTeardown is 3: emotion, intent, spam, urgency. "
        "Nothing was changed. If that is meant, run `pulumi config set maxTeardown 4`"
    )


def test_as_many_as_the_limit_may_go() -> None:
    refuse_mass(["topic", "urgency"], deployed(*TASKS), TASKS, most=3)


def test_a_limit_of_none_lets_none_go() -> None:
    with pytest.raises(pulumi.RunError, match="1 deployed task would"):
        refuse_mass([], deployed("spam"), ["spam"], most=0)


def test_a_run_that_takes_nothing_away_passes() -> None:
    refuse_mass(TASKS, deployed(*TASKS), TASKS, most=0)


def test_the_first_run_passes() -> None:
    refuse_mass(TASKS, {}, [], most=0)


def test_a_changed_prefix_is_a_mass_teardown() -> None:
    with pytest.raises(pulumi.RunError, match="5 deployed tasks"):
        refuse_mass([f"new-{name}" for name in TASKS], deployed(*TASKS), TASKS, most=3)


def test_a_task_that_keeps_its_endpoint_under_another_name_does_not_count() -> None:
    refuse_mass(["spam"], {"junk": deployed("spam")["spam"]}, ["spam"], most=0)


def test_an_endpoint_that_is_not_there_any_more_does_not_count() -> None:
    refuse_mass([], deployed("spam"), ["somebody-elses"], most=0)


def test_a_task_that_was_never_deployed_does_not_count() -> None:
    never = {"spam": {"champion": Outcome(endpoint="spam", declared=("spam-v1-3fa9c1",))}}
    refuse_mass([], never, ["spam"], most=0)


def test_where_endpoints_could_not_be_listed_every_one_of_the_last_run_counts() -> None:
    with pytest.raises(pulumi.RunError, match="5 deployed tasks"):
        refuse_mass([], deployed(*TASKS), Unknown("ListEndpoints: down"), most=3)


def test_a_task_counts_once_with_all_its_variants() -> None:
    spam = {"spam": {"champion": outcome("spam"), "challenger": outcome("spam-b")}}
    refuse_mass([], spam, ["spam", "spam-b"], most=1)


def test_a_challenger_that_goes_is_no_teardown() -> None:
    spam = {"spam": {"champion": outcome("spam"), "challenger": outcome("spam-b")}}
    refuse_mass(["spam"], spam, ["spam", "spam-b"], most=0)
