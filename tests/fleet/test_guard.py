"""What stops a run before anything changes: looking in the wrong place, and taking too much away."""

from typing import Any

from fleet.guard import Asked, Place, elsewhere, going, missing, place, too_many, vanished
from fleet.memory import Outcome
from fleet.seen import Unknown

TASKS = ("emotion", "intent", "spam", "topic", "urgency")
HERE = Place("eu-west-1", "111111111111")
ASKED = Asked(HERE, "aws:region", "arn:aws:sts::111111111111:assumed-role/deployer/ci")


def arn(name: str, region: str = "eu-west-1", account: str = "111111111111") -> str:
    return f"arn:aws:sagemaker:{region}:{account}:endpoint/{name}"


def outcome(endpoint: str, **changes: Any) -> Outcome:
    """What a run writes of an endpoint that serves."""
    revision = f"{endpoint}-v1-3fa9c1"
    told: dict[str, Any] = {"declared": (endpoint, revision), "serving": revision, "arn": arn(endpoint), **changes}
    return Outcome(endpoint=endpoint, **told)


def written(*endpoints: str) -> dict[str, dict[str, Outcome]]:
    """What the last run wrote of tasks that it deployed, each under its own name."""
    return {endpoint: {"champion": outcome(endpoint)} for endpoint in endpoints}


def listed(*endpoints: str) -> dict[str, str]:
    return {endpoint: arn(endpoint) for endpoint in endpoints}


# Elsewhere


def test_where_everything_lies_here_a_run_goes_on() -> None:
    assert elsewhere([place(arn("spam"))], ASKED) == ""


def test_the_first_run_goes_anywhere() -> None:
    assert elsewhere([], ASKED) == ""


def test_another_region_is_told_with_both_and_with_what_says_it() -> None:
    assert elsewhere([Place("us-east-1", "")], Asked(HERE, "AWS_REGION")) == (
        "this stack's endpoints are in us-east-1, as the last run left them, and this run looks in eu-west-1, which "
        "AWS_REGION says. Nothing was changed. Go back: `pulumi config set aws:region us-east-1`. A fleet moves by a "
        "second stack: docs/operations.md"
    )


def test_one_endpoint_in_another_region_is_enough() -> None:
    assert "us-east-1" in elsewhere([place(arn("spam")), place(arn("topic", region="us-east-1"))], ASKED)


def test_another_account_is_told_with_both_and_as_whom_it_was_asked() -> None:
    assert elsewhere([place(arn("spam", account="222222222222"))], ASKED) == (
        "this stack's endpoints are in account 222222222222, as the last run left them, and this run looks in "
        "eu-west-1 (aws:region) in account 111111111111 as arn:aws:sts::111111111111:assumed-role/deployer/ci. "
        "Nothing was changed. Mend the credentials: aws:profile, aws:assumeRoles, and the AWS_… variables of this "
        "shell. A fleet moves by a second stack: docs/operations.md"
    )


def test_an_account_that_could_not_be_found_out_stops_nothing_by_itself() -> None:
    assert elsewhere([place(arn("spam", account="222222222222"))], Asked(Place("eu-west-1", ""), "aws:region")) == ""


# Vanished


def test_all_of_several_endpoints_gone_at_once_stop_the_run_with_whom_it_asked_and_how_to_go_on() -> None:
    assert vanished(written("spam", "topic"), listed("another"), ASKED, most=3) == (
        "2 of the 2 endpoints that served when the last run ended are not there: spam, topic. Looked in eu-west-1 "
        "(aws:region) in account 111111111111 as arn:aws:sts::111111111111:assumed-role/deployer/ci. Nothing was "
        "changed. If that is not where they are, mend the credentials. If they were really deleted: `pulumi config "
        "set recreateUntil <today, UTC, as 2027-01-31>`, and runs of that day make them again"
    )


def test_more_than_the_limit_gone_at_once_stop_the_run() -> None:
    assert "4 of the 5 endpoints" in vanished(written(*TASKS), listed("spam"), ASKED, most=3)


def test_as_many_as_the_limit_may_be_gone_where_another_is_there() -> None:
    assert vanished(written(*TASKS), listed("spam", "topic"), ASKED, most=3) == ""


def test_a_single_endpoint_may_be_gone() -> None:
    assert vanished(written("spam"), {}, ASKED, most=3) == ""


def test_challengers_count_with_the_champions() -> None:
    both = {"spam": {"champion": outcome("spam"), "challenger": outcome("spam-b")}}
    assert "spam, spam-b" in vanished(both, {}, ASKED, most=3)


def test_what_never_served_or_left_the_state_is_not_missed() -> None:
    never = {"spam": {"champion": outcome("spam", serving="")}, "topic": {"champion": outcome("topic", declared=())}}
    assert missing(never, {}) == []


def test_where_endpoints_could_not_be_listed_none_is_missed() -> None:
    assert vanished(written(*TASKS), Unknown("ListEndpoints: down"), ASKED, most=0) == ""


# Going


def test_what_the_list_keeps_stays() -> None:
    assert going(written(*TASKS), TASKS, listed(*TASKS)) == []


def test_what_the_list_names_no_more_goes() -> None:
    assert going(written(*TASKS), ["topic", "urgency"], listed(*TASKS)) == ["emotion", "intent", "spam"]


def test_under_a_changed_prefix_every_endpoint_goes() -> None:
    assert going(written(*TASKS), [f"new-{name}" for name in TASKS], listed(*TASKS)) == sorted(TASKS)


def test_a_task_that_keeps_its_endpoint_under_another_name_stays() -> None:
    assert going({"junk": written("spam")["spam"]}, ["spam"], listed("spam")) == []


def test_an_endpoint_that_is_not_there_any_more_does_not_go() -> None:
    assert going(written("spam"), [], listed("somebody-elses")) == []


def test_a_task_that_was_never_deployed_does_not_go() -> None:
    assert going({"spam": {"champion": outcome("spam", declared=("spam-v1-3fa9c1",))}}, [], listed("spam")) == []


def test_where_endpoints_could_not_be_listed_every_one_of_the_last_run_goes() -> None:
    assert going(written(*TASKS), [], Unknown("ListEndpoints: down")) == sorted(TASKS)


def test_a_challenger_that_the_list_names_no_more_goes_too() -> None:
    both = {"spam": {"champion": outcome("spam"), "challenger": outcome("spam-b")}}
    assert going(both, ["spam"], listed("spam", "spam-b")) == ["spam/challenger"]


def test_more_than_the_limit_stops_the_run_with_what_to_do() -> None:
    assert too_many(["emotion", "intent", "spam", "urgency"], most=3) == (
        "4 deployed tasks would be torn down in this run, and maxTeardown is 3: emotion, intent, spam, urgency. "
        "Nothing was changed. If that is meant, run `pulumi config set maxTeardown 4`"
    )
    assert too_many(["spam", "spam/challenger"], most=1).startswith("2 deployed endpoints would be torn down")


def test_as_many_as_the_limit_may_go() -> None:
    assert too_many(["emotion", "intent", "spam"], most=3) == ""
    assert too_many([], most=0) == ""
    assert too_many(["spam"], most=0).startswith("1 deployed task would")
