"""What is read out of the Model Registry, above all what is never taken for something else."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.stub import Stubber

from fleet.access import Access
from fleet.aws import registry, session
from fleet.seen import Answer, Approved, NothingApproved, Unknown, Version

PENDING, REJECTED = "PendingManualApproval", "Rejected"


def package(version: int, approval: str = "Approved", status: str = "Completed") -> dict[str, Any]:
    """A version as ListModelPackages shows it."""
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/spam/{version}"
    return {
        "ModelPackageGroupName": "spam",
        "ModelPackageVersion": version,
        "ModelPackageArn": arn,
        "ModelPackageStatus": status,
        "ModelApprovalStatus": approval,
        "CreationTime": 1_800_000_000,
    }


def approved(version: int, group: str = "spam") -> Approved:
    return Approved(version, f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{group}/{version}")


def ask(account: Any, group: str = "spam") -> Answer:
    return registry.ask(account.its_client, [group])[group]


def register(account: Any, *versions: str, group: str = "spam") -> None:
    """Versions of `group` by approval, oldest first; `Completed` unless another status stands behind a slash."""
    for version in versions:
        approval, _, status = version.partition("/")
        account.sandbox.register(group, approval=approval, status=status or "Completed")


# The latest approved version


def test_the_latest_approved_version_is_the_answer(account: Any) -> None:
    register(account, "Approved", "Approved")
    assert ask(account) == approved(2)


def test_version_12_is_newer_than_version_9(account: Any) -> None:
    register(account, *["Approved"] * 12)
    assert ask(account) == approved(12)


def test_the_newest_page_is_enough(account: Any) -> None:
    register(account, *["Approved"] * 12)
    account.sandbox.settings(page_size=2)
    assert ask(account) == approved(12)
    assert account.operations() == ["ListModelPackages"]


def test_a_page_holds_a_hundred_approved_versions(account: Any) -> None:
    register(account, "Approved")
    ask(account)
    call = account.sandbox.calls(account.mark)[0]
    assert (call.params["ModelApprovalStatus"], call.params["MaxResults"]) == ("Approved", 100)


@pytest.mark.parametrize(
    "newest",
    [PENDING, REJECTED, "Approved/InProgress", "Approved/Pending", "Approved/Failed", "Approved/Deleting"],
)
def test_what_is_not_approved_and_completed_is_never_chosen(account: Any, newest: str) -> None:
    register(account, "Approved", newest)
    assert ask(account) == approved(1)


def test_pages_are_read_on_until_one_has_a_candidate(account: Any) -> None:
    register(account, "Approved", "Approved", "Approved/Failed", "Approved/InProgress")
    account.sandbox.settings(page_size=1)
    assert ask(account) == approved(2)


def test_an_empty_first_page_is_not_the_end(account: Any) -> None:
    register(account, "Approved")
    account.sandbox.settings(empty_first_page=["spam"])
    assert ask(account) == approved(1)


def test_an_approval_that_was_taken_back_counts_no_more(account: Any) -> None:
    register(account, "Approved", "Approved")
    account.sandbox.reject("spam", 2)
    assert ask(account) == approved(1)


def test_a_group_may_be_given_by_its_arn(account: Any) -> None:
    register(account, "Approved")
    assert ask(account, "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/spam") == approved(1)


def test_groups_are_asked_at_the_same_time(account: Any) -> None:
    groups = [f"group-{n}" for n in range(5)]
    for group in groups:
        register(account, "Approved", group=group)
    held = account.sandbox.fault("ListModelPackages", action="hold-before")
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(registry.ask, account.its_client, groups)
        try:
            account.sandbox.wait_held(held, timeout=5, calls=len(groups))
        finally:
            account.sandbox.release(held)
        assert answers.result() == {group: approved(1, group) for group in groups}


@pytest.fixture
def stub(account: Any) -> Iterator[Any]:
    """What SageMaker may answer by its documentation and the sandbox does not."""
    with Stubber(account.its_client) as stubber:
        yield stubber


def listed(*packages: Mapping[str, Any]) -> dict[str, Any]:
    return {"ModelPackageSummaryList": list(packages)}


def test_the_highest_version_of_a_page_counts_whatever_their_order(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(9), package(10), package(8)))
    assert registry.ask(stub.client, ["spam"]) == {"spam": approved(10)}


def test_the_filter_of_the_call_is_not_trusted(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(3, REJECTED), package(2, PENDING), package(1)))
    assert registry.ask(stub.client, ["spam"]) == {"spam": approved(1)}


# Versions that are pinned


def older(*numbers: int) -> tuple[Version, ...]:
    return tuple(Version(number, approved(number).package) for number in numbers)


def ask_pinned(account: Any, *pins: int) -> Answer:
    return registry.ask(account.its_client, ["spam"], {"spam": pins})["spam"]


@pytest.mark.parametrize(
    ("pins", "found"),
    [((2,), (2,)), ((4,), ()), ((1, 3), (3, 1)), ((5,), ()), ((2, 9), (2,))],
    ids=["an older one", "the newest", "several", "not there yet", "one of them"],
)
def test_pinned_versions_are_found_beside_the_newest(
    account: Any, pins: tuple[int, ...], found: tuple[int, ...]
) -> None:
    register(account, *["Approved"] * 4)
    assert ask_pinned(account, *pins) == Approved(4, approved(4).package, older=older(*found))


@pytest.mark.parametrize("pinned", [PENDING, REJECTED, "Approved/Failed"])
def test_a_pinned_version_that_is_not_approved_and_completed_is_not_found(account: Any, pinned: str) -> None:
    register(account, "Approved", pinned, "Approved")
    assert ask_pinned(account, 2) == approved(3)


@pytest.mark.parametrize(
    ("pins", "pages"),
    [((6,), 1), ((9,), 1), ((5,), 2), ((3,), 4), ((1, 5), 5)],
    ids=["the newest", "not there yet", "the one before", "not approved, so the one below", "the oldest of two"],
)
def test_pages_are_read_on_only_as_far_as_the_oldest_pin(account: Any, pins: tuple[int, ...], pages: int) -> None:
    register(account, "Approved", "Approved", REJECTED, "Approved", "Approved", "Approved")
    account.sandbox.settings(page_size=1)
    ask_pinned(account, *pins)
    assert account.operations() == ["ListModelPackages"] * pages


def test_a_pin_of_one_group_is_looked_for_in_no_other(account: Any) -> None:
    for group in ("spam", "topic"):
        register(account, "Approved", "Approved", group=group)
    answers = registry.ask(account.its_client, ["spam", "topic"], {"spam": [1]})
    assert answers == {"spam": Approved(2, approved(2).package, older=older(1)), "topic": approved(2, "topic")}


def test_every_approved_version_of_a_series_is_told(account: Any) -> None:
    register(account, "Approved", REJECTED, "Approved", "Approved")
    account.sandbox.settings(page_size=1)
    answers = registry.ask(account.its_client, ["spam"], series=["spam"])
    assert answers == {"spam": Approved(4, approved(4).package, older=older(3, 1))}


# How long they have been approved

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def described(version: int, created: datetime, modified: datetime | None = None) -> dict[str, Any]:
    """A version as DescribeModelPackage shows it."""
    return {
        "ModelPackageName": "spam",
        "ModelPackageArn": approved(version).package,
        "CreationTime": created,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        **({"LastModifiedTime": modified} if modified else {}),
    }


def ask_soaked(stub: Any, soak_hours: int, *pins: int) -> Answer:
    return registry.ask(stub.client, ["spam"], {"spam": pins}, {"spam": soak_hours})["spam"]


def dated(number: int, since: datetime) -> Version:
    return Version(number, approved(number).package, since.isoformat())


def test_one_that_is_old_enough_is_dated_and_no_other_is_looked_at(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(9), package(8)))
    stub.add_response("describe_model_package", described(9, ago(24)))
    assert ask_soaked(stub, 24) == Approved(9, approved(9).package, ago(24).isoformat())


def test_those_that_are_too_young_are_dated_and_the_newest_that_is_not(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(9), package(8), package(7), package(6)))
    for version, hours in ((9, 1), (8, 23), (7, 25)):
        stub.add_response("describe_model_package", described(version, ago(hours)))
    others = (dated(8, ago(23)), dated(7, ago(25)))
    assert ask_soaked(stub, 24) == Approved(9, approved(9).package, ago(1).isoformat(), others)


def test_all_are_dated_where_all_are_too_young(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(9), package(8)))
    for version in (9, 8):
        stub.add_response("describe_model_package", described(version, ago(1)))
    assert ask_soaked(stub, 24) == Approved(9, approved(9).package, ago(1).isoformat(), (dated(8, ago(1)),))


def test_a_pin_below_one_that_is_old_enough_is_found_too(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(9), package(8), package(7)))
    stub.add_response("describe_model_package", described(9, ago(24)))
    assert ask_soaked(stub, 24, 7) == Approved(9, approved(9).package, ago(24).isoformat(), older(7))


def test_a_pin_among_those_that_are_too_young_is_found_once(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(9), package(8), package(7)))
    for version, hours in ((9, 1), (8, 1), (7, 25)):
        stub.add_response("describe_model_package", described(version, ago(hours)))
    found = ask_soaked(stub, 24, 8)
    assert isinstance(found, Approved)
    assert [version.number for version in found.older] == [8, 7]


def test_a_soak_counts_from_the_last_change_and_not_from_the_registration(stub: Any) -> None:
    stub.add_response("list_model_packages", listed(package(9)))
    stub.add_response("describe_model_package", described(9, ago(900), ago(1)))
    assert ask_soaked(stub, 24) == Approved(9, approved(9).package, ago(1).isoformat())


def test_the_date_of_an_approval_reads_the_same_in_every_time_zone(stub: Any) -> None:
    local = ago(24).astimezone(timezone(timedelta(hours=2)))
    stub.add_response("list_model_packages", listed(package(9)))
    stub.add_response("describe_model_package", described(9, local))
    assert ask_soaked(stub, 24) == Approved(9, approved(9).package, ago(24).isoformat())


def test_a_version_that_is_approved_later_is_dated_by_that(account: Any) -> None:
    register(account, PENDING)
    account.sandbox.approve("spam", 1)
    changed = account.client.describe_model_package(ModelPackageName=approved(1).package)["LastModifiedTime"]
    answer = registry.ask(account.its_client, ["spam"], soaks={"spam": 1})["spam"]
    assert answer == Approved(1, approved(1).package, changed.astimezone(UTC).isoformat())


def test_only_a_soak_costs_a_description(account: Any) -> None:
    for group in ("spam", "topic"):
        register(account, "Approved", "Approved", group=group)
    registry.ask(account.its_client, ["spam", "topic"], {"spam": [1]}, {"topic": 1})
    assert sorted(account.operations()) == ["DescribeModelPackage"] * 2 + ["ListModelPackages"] * 2


def test_a_version_that_cannot_be_dated_makes_the_group_unknown(account: Any) -> None:
    register(account, "Approved")
    account.sandbox.fault("DescribeModelPackage", action="error", code="AccessDeniedException", message="not you")
    answers = registry.ask(account.its_client, ["spam"], soaks={"spam": 1})
    reason = 'model package group "spam": DescribeModelPackage: AccessDeniedException: not you'
    assert answers == {"spam": Unknown(reason)}


def test_a_soak_in_a_group_with_nothing_approved_is_nothing_approved(account: Any) -> None:
    register(account, PENDING)
    assert registry.ask(account.its_client, ["spam"], soaks={"spam": 1}) == {"spam": NothingApproved()}


# Nothing approved, and no such group


def test_a_group_with_nothing_approved_is_looked_up_to_be_sure(account: Any) -> None:
    register(account, PENDING, REJECTED)
    assert ask(account) == NothingApproved()
    assert account.operations() == ["ListModelPackages", "DescribeModelPackageGroup"]


def test_a_group_without_versions_has_nothing_approved(account: Any) -> None:
    account.client.create_model_package_group(ModelPackageGroupName="spam")
    assert ask(account) == NothingApproved()


def test_a_missing_group_is_named_with_the_one_that_may_be_meant(account: Any) -> None:
    register(account, "Approved", group="credibility")
    answer = 'model package group "credibilty" does not exist in eu-west-1; did you mean "credibility"?'
    assert ask(account, "credibilty") == Unknown(answer)


def test_a_missing_group_without_any_like_it_is_named_alone(account: Any) -> None:
    register(account, "Approved", group="credibility")
    assert ask(account, "spam") == Unknown('model package group "spam" does not exist in eu-west-1')


def test_a_missing_group_is_named_alone_where_groups_cannot_be_listed(account: Any) -> None:
    register(account, "Approved", group="credibility")
    account.sandbox.fault("ListModelPackageGroups", action="error", code="AccessDeniedException")
    assert ask(account, "credibilty") == Unknown('model package group "credibilty" does not exist in eu-west-1')


def test_an_empty_list_of_a_missing_group_does_not_read_as_nothing_approved(stub: Any) -> None:
    stub.add_response("list_model_packages", listed())
    stub.add_client_error("describe_model_package_group", "ValidationException", "ModelPackageGroup … does not exist.")
    stub.add_response("list_model_package_groups", {"ModelPackageGroupSummaryList": []})
    missing = Unknown('model package group "spam" does not exist in eu-west-1')
    assert registry.ask(stub.client, ["spam"]) == {"spam": missing}


# Could not find out


def test_a_denied_group_is_unknown_and_names_the_call_and_the_others_go_on(account: Any) -> None:
    register(account, "Approved")
    register(account, "Approved", group="topic")
    account.sandbox.fault(
        "ListModelPackages",
        action="error",
        code="AccessDeniedException",
        message="not you",
        match={"ModelPackageGroupName": "spam"},
    )
    assert registry.ask(account.its_client, ["spam", "topic"]) == {
        "spam": Unknown('model package group "spam": ListModelPackages: AccessDeniedException: not you'),
        "topic": approved(1, "topic"),
    }


def test_an_error_on_a_later_page_is_not_the_end_of_the_list(account: Any) -> None:
    register(account, "Approved", "Approved/Failed")
    account.sandbox.settings(empty_first_page=["spam"])
    token = account.client.list_model_packages(
        ModelPackageGroupName="spam", ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Descending"
    )["NextToken"]
    account.sandbox.fault(
        "ListModelPackages", action="error", code="ThrottlingException", message="slow", match={"NextToken": token}
    )
    assert ask(account) == Unknown('model package group "spam": ListModelPackages: ThrottlingException: slow')


def test_nothing_approved_is_unknown_where_the_group_cannot_be_looked_up(account: Any) -> None:
    register(account, PENDING)
    account.sandbox.fault("DescribeModelPackageGroup", action="error", code="AccessDeniedException", message="not you")
    answer = 'model package group "spam": DescribeModelPackageGroup: AccessDeniedException: not you'
    assert ask(account) == Unknown(answer)


def test_a_registry_that_cannot_be_reached_is_unknown(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    reason = 'EndpointConnectionError: Could not connect to the endpoint URL: "http://127.0.0.1:9/"'
    answers = registry.ask(session.sagemaker(Access("eu-west-1")), ["spam"])
    assert answers == {"spam": Unknown(f'model package group "spam": {reason}')}


def test_a_connection_that_breaks_is_unknown(account: Any) -> None:
    register(account, "Approved")
    account.sandbox.fault("ListModelPackages", action="error", drop=True)
    answer = ask(account)
    assert isinstance(answer, Unknown)
    assert "Connection was closed before we received a valid response" in answer.error


def test_the_same_fault_reads_the_same_every_time(account: Any) -> None:
    register(account, "Approved")
    account.sandbox.fault("ListModelPackages", action="error", code="InternalFailure", message="sorry", status=500)
    assert (
        ask(account) == ask(account) == Unknown('model package group "spam": ListModelPackages: InternalFailure: sorry')
    )


# Stages of the model life cycle


def staged(account: Any, *stages: str) -> None:
    """Approved versions by their stage, oldest first; "" for none."""
    for stage in stages:
        cycle = {"ModelLifeCycle": {"Stage": stage, "StageStatus": "Active"}} if stage else {}
        account.sandbox.register("spam", members=cycle)
    account.mark = account.sandbox.mark()


def ask_staged(account: Any, *wishes: tuple[str, str, int], **more: Any) -> Any:
    return registry.ask(account.its_client, ["spam"], stages={"spam": wishes}, **more)["spam"]


def found(answer: Any) -> list[tuple[int, str]]:
    return [(version.number, version.stage) for version in answer.versions]


def test_the_newest_version_in_a_stage_is_found_and_the_newest_of_all_is_known(account: Any) -> None:
    staged(account, "Production", "Production", "", "Staging")
    assert found(ask_staged(account, ("Production", "", 0))) == [(4, "Staging"), (2, "Production")]
    assert account.operations() == ["ListModelPackages"]  # the list itself tells the stage


def test_stages_of_several_tasks_are_found_in_one_list(account: Any) -> None:
    staged(account, "Production", "Staging", "Staging", "")
    wishes = (("Production", "", 0), ("Staging", "", 0))
    assert found(ask_staged(account, *wishes)) == [(4, ""), (3, "Staging"), (1, "Production")]
    assert account.operations() == ["ListModelPackages"]


def test_the_status_in_a_stage_is_looked_for_where_it_is_asked_for(account: Any) -> None:
    staged(account, "Production", "Production")
    account.sandbox.stage("spam", 2, "Production", "Pending")
    answer = ask_staged(account, ("Production", "Active", 0))
    assert [(version.number, version.stage_status) for version in answer.versions] == [(2, "Pending"), (1, "Active")]


def test_a_stage_that_nobody_is_in_leaves_the_newest_version(account: Any) -> None:
    staged(account, "Staging", "Staging", "")
    account.sandbox.settings(page_size=1)
    assert found(ask_staged(account, ("Production", "", 0))) == [(3, "")]


def test_a_pin_is_found_in_any_stage(account: Any) -> None:
    staged(account, "Archived", "Production", "Staging")
    answer = ask_staged(account, ("Production", "", 0), pins={"spam": [1]})
    assert found(answer) == [(3, "Staging"), (2, "Production"), (1, "Archived")]


def test_versions_in_a_stage_soak_and_others_are_not_dated(account: Any) -> None:
    staged(account, "Production", "Production", "Staging")
    answer = ask_staged(account, ("Production", "", 1))
    assert [(version.number, bool(version.approved)) for version in answer.versions] == [
        (3, False),
        (2, True),
        (1, True),
    ]
    assert account.operations().count("DescribeModelPackage") == 2


def test_without_a_stage_none_is_told(account: Any) -> None:
    staged(account, "Production", "Staging")
    assert ask(account) == approved(2)
