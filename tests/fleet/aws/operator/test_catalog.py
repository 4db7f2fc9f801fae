"""What `fleet init` and `fleet validate --registry` read out of the Model Registry."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fleet.access import Access
from fleet.aws.operator import catalog
from fleet.aws.operator.catalog import Finding
from fleet.seen import NothingApproved, Unknown
from fleet.tasks.model import Hold, Pin, Retired, Task, Variant
from fleet.tasks.settings import Gate

ACCESS = Access("eu-west-1")
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not you"}
DECIDED: dict[str, Any] = {"reason": "fair", "owner": "team-x", "until": date(9999, 1, 31)}


def arn(group: str, version: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{group}/{version}"


def task(name: str = "spam", **settings: Any) -> Task:
    return Task(**{"name": name, "endpoint": name, "group": name, **settings})


def check(account: Any, *tasks: Task) -> list[Finding]:
    return catalog.check(account.its_client, ACCESS, tasks, datetime.now(UTC))


def newest(account: Any, *groups: str) -> dict[str, Any]:
    return catalog.newest(account.its_client, ACCESS, groups)[0]


# Groups


def test_every_group_is_listed_page_by_page(account: Any) -> None:
    for name in ("topic", "spam", "emotion"):
        account.sandbox.register(name)
    account.sandbox.settings(page_size=1)
    account.mark = account.sandbox.mark()
    assert catalog.groups(account.its_client) == ["emotion", "spam", "topic"]
    assert account.operations() == ["ListModelPackageGroups"] * 3


# The newest version of each


def test_the_newest_approved_version_comes_with_its_package(account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("spam")
    account.sandbox.register("spam", approval="PendingManualApproval")
    entry = newest(account, "spam")["spam"]
    assert isinstance(entry, catalog.Entry)
    assert (entry.version, entry.package["ModelPackageArn"]) == (2, arn("spam", 2))


def test_a_group_with_nothing_approved_says_so(account: Any) -> None:
    account.sandbox.register("spam", approval="Rejected")
    assert newest(account, "spam") == {"spam": NothingApproved()}


@pytest.mark.parametrize("operation", ["ListModelPackages", "DescribeModelPackage"])
def test_a_group_that_cannot_be_read_leaves_the_others_alone(account: Any, operation: str) -> None:
    match = (
        {"ModelPackageGroupName": "spam"} if operation == "ListModelPackages" else {"ModelPackageName": arn("spam", 1)}
    )
    account.sandbox.register("spam")
    account.sandbox.register("topic")
    account.sandbox.fault(operation, **DENIED, match=match)
    answers = newest(account, "spam", "topic")
    assert answers["spam"] == Unknown(f'model package group "spam": {operation}: AccessDeniedException: not you')
    assert isinstance(answers["topic"], catalog.Entry)


# Whether tasks can have what they would get


def test_nothing_is_said_of_what_can_be_deployed(account: Any) -> None:
    account.sandbox.register("spam")
    assert check(account, task()) == []


def test_a_missing_group_is_a_mistake_of_every_task_that_names_it(account: Any) -> None:
    account.sandbox.register("spam")
    sentence = 'model package group "spm" does not exist in eu-west-1; did you mean "spam"?'
    assert check(account, task("a", group="spm"), task("b", group="spm")) == [
        Finding(f"a: {sentence}"),
        Finding(f"b: {sentence}"),
    ]


def test_nothing_approved_is_no_mistake(account: Any) -> None:
    account.sandbox.register("spam", approval="PendingManualApproval")
    sentence = 'spam: nothing approved in model package group "spam"; there is no endpoint until a version is'
    assert check(account, task()) == [Finding(sentence, is_mistake=False)]


def test_a_package_that_serverless_cannot_run_is_a_mistake(account: Any) -> None:
    account.sandbox.register("spam", containers=2)
    (finding,) = check(account, task())
    assert finding.is_mistake
    assert finding.text.startswith("spam: version 1: its package is an inference pipeline of 2 containers")


def test_the_pinned_version_is_the_one_that_is_looked_at(account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("spam")
    account.mark = account.sandbox.mark()
    assert check(account, task(pin=Pin(version=1, **DECIDED))) == []
    (described,) = (c for c in account.sandbox.calls(account.mark) if c.operation == "DescribeModelPackage")
    assert described.params["ModelPackageName"] == arn("spam", 1)


@pytest.mark.parametrize("version", [1, 3])
def test_a_pin_on_a_version_that_is_not_approved_is_a_mistake(account: Any, version: int) -> None:
    account.sandbox.register("spam", approval="Rejected")
    account.sandbox.register("spam")
    (finding,) = check(account, task(pin=Pin(version=version, **DECIDED)))
    assert finding.is_mistake
    assert finding.text.startswith(f'spam: pin: version {version} of model package group "spam" is not approved')


def test_two_tasks_may_pin_versions_of_the_same_group(account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("spam")
    pinned = [task(name, group="spam", pin=Pin(version=version, **DECIDED)) for name, version in (("a", 1), ("b", 2))]
    assert check(account, *pinned) == []


def test_a_version_that_has_not_soaked_is_no_mistake(account: Any) -> None:
    account.sandbox.register("spam")
    (finding,) = check(account, task(soak_hours=8760))
    assert not finding.is_mistake
    assert "version 1 approved, eligible from" in finding.text


def test_nothing_in_the_stage_is_no_mistake_and_says_where_the_newest_is(account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.stage("spam", 1, "Staging")
    sentence = "spam: nothing approved in stage Production; version 1 is approved, in stage Staging (Active)"
    assert check(account, task(stage="Production")) == [Finding(sentence, is_mistake=False)]


def test_the_version_in_the_stage_is_the_one_that_is_looked_at(account: Any) -> None:
    for _ in range(2):
        account.sandbox.register("spam")
    account.sandbox.stage("spam", 1, "Production")
    account.mark = account.sandbox.mark()
    assert check(account, task(stage="Production")) == []
    assert described(account) == {arn("spam", 1)}


def gated(account: Any, *figures: str) -> list[Finding]:
    for figure in figures:
        account.sandbox.register("spam", members={"CustomerMetadataProperties": {"metric.f1": figure}})
    return check(account, task(gate=Gate(metric="f1", min=0.8), variants={"b": Variant(weight=0.1)}))


def test_a_version_that_does_not_pass_its_gate_is_no_mistake(account: Any) -> None:
    why = "spam: version 2 does not pass the gate: f1 0.7 is below min 0.8"
    one, other = gated(account, "0.9", "0.7")
    assert one == Finding(f"{why}; version 1 is the newest that does", is_mistake=False)
    assert other == Finding("spam/b: not deployed: same version as the champion", is_mistake=False)


def test_where_no_version_passes_its_gate_that_is_no_mistake(account: Any) -> None:
    first, *_ = gated(account, "0.7")
    assert first == Finding("spam: version 1 does not pass the gate: f1 0.7 is below min 0.8", is_mistake=False)


def test_a_decision_whose_last_day_is_over_is_told(account: Any) -> None:
    account.sandbox.register("spam")
    (finding,) = check(account, task(pin=Pin(version=1, **{**DECIDED, "until": date(2020, 11, 1)})))
    assert not finding.is_mistake
    assert "the pin by team-x ended on 2020-11-01" in finding.text


def test_a_held_task_needs_its_group_too(account: Any) -> None:
    (finding,) = check(account, task(hold=Hold(**DECIDED)))
    assert finding == Finding('spam: model package group "spam" does not exist in eu-west-1')


@pytest.mark.parametrize("gone", [{"enabled": False}, {"retired": Retired(successor="x", since=date(2020, 11, 1))}])
def test_a_task_that_is_torn_down_needs_nothing(account: Any, gone: Any) -> None:
    assert check(account, task(**gone)) == []
    assert account.operations() == []


def test_could_not_find_out_is_a_mistake(account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.fault("DescribeModelPackage", **DENIED)
    (finding,) = check(account, task())
    assert finding.is_mistake
    assert finding.text.startswith("spam: version 1: its package could not be looked at")
    assert finding.text.endswith("DescribeModelPackage: AccessDeniedException: not you")


def test_an_image_for_gpus_is_worth_knowing(account: Any) -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/text:1-gpu"
    account.sandbox.register("spam", inference_specification={"Containers": [{"Image": image}]})
    (finding,) = check(account, task())
    assert not finding.is_mistake
    assert f'spam: version 1: its image {image} says "gpu"' in finding.text


def test_images_that_may_not_be_looked_at_are_noted_once(account: Any) -> None:
    for name in ("spam", "topic"):
        account.sandbox.register(name)
    account.sandbox.fault("DescribeImages", service="ecr", **DENIED)
    sentence = "the sizes of images could not be looked at: DescribeImages: AccessDeniedException: not you"
    assert check(account, task(), task("topic")) == [Finding(sentence, is_mistake=False)]


# Challengers


def described(account: Any) -> set[str]:
    calls = account.sandbox.calls(account.mark)
    return {call.params["ModelPackageName"] for call in calls if call.operation == "DescribeModelPackage"}


def challenged(**settings: Any) -> Task:
    return task(variants={"b": Variant(weight=0.1, **settings)})


def test_the_version_that_a_challenger_is_pinned_to_is_looked_at_too(account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("spam")
    account.mark = account.sandbox.mark()
    assert check(account, challenged(pin=Pin(version=1, **DECIDED))) == []
    assert described(account) == {arn("spam", 1), arn("spam", 2)}


def test_the_specification_and_the_key_that_each_variant_has_are_looked_at(account: Any) -> None:
    account.sandbox.register("spam")
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    (finding,) = check(account, task(kms_key=key))
    assert finding.text.startswith("spam: version 1: kms_key is in us-east-1, the endpoint in eu-west-1")

    account.sandbox.register("spam")
    (finding,) = check(account, challenged(inference_specification="small", pin=Pin(version=1, **DECIDED)))
    assert finding.text.startswith('spam/b: version 1: its package has no additional inference specification "small"')


def test_a_challengers_pin_on_a_version_that_is_not_approved_is_a_mistake(account: Any) -> None:
    account.sandbox.register("spam", approval="Rejected")
    account.sandbox.register("spam")
    (finding,) = check(account, challenged(pin=Pin(version=1, **DECIDED)))
    assert finding.is_mistake
    assert finding.text.startswith('spam/b: pin: version 1 of model package group "spam" is not approved')


def test_a_challenger_on_the_champions_version_is_worth_knowing(account: Any) -> None:
    account.sandbox.register("spam")
    sentence = "spam/b: not deployed: same version as the champion"
    assert check(account, challenged()) == [Finding(sentence, is_mistake=False)]


def test_previous_is_below_what_the_champion_is_pinned_to(account: Any) -> None:
    for _ in range(3):
        account.sandbox.register("spam")
    account.mark = account.sandbox.mark()
    pinned = challenged(follow="previous").model_copy(update={"pin": Pin(version=2, **DECIDED)})
    assert check(account, pinned) == []
    assert described(account) == {arn("spam", 1), arn("spam", 2)}


def test_previous_is_below_the_champions_pin_also_where_that_is_a_mistake(account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("spam", approval="Rejected")
    pinned = challenged(follow="previous").model_copy(update={"pin": Pin(version=2, **DECIDED)})
    (finding,) = check(account, pinned)
    assert finding.text.startswith("spam: pin: version 2")


@pytest.mark.parametrize("approval", ["Rejected", "none at all"])
def test_what_is_so_of_the_champion_is_not_said_of_its_challengers_again(account: Any, approval: str) -> None:
    if approval == "Rejected":
        account.sandbox.register("spam", approval=approval)
    (finding,) = check(account, challenged())
    assert finding.text.startswith("spam: ")
