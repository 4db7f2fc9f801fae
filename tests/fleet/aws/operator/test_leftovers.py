"""What has this stack's tags and is in no state: told apart from what serves, and from what is not known."""

from collections.abc import Collection
from typing import Any

import pytest

from fleet.aws.operator import leftovers
from fleet.aws.operator.leftovers import Kind, Leftovers

OLD, NEW = "toxicity-v1-aaaaaa", "toxicity-v2-bbbbbb"
CANDIDATE = f"{NEW}-c"
REVISION = (Kind.CONFIG, Kind.MODEL)


def sorted_out(
    account: Any, *, in_state: Collection[tuple[Kind, str]] = (), wanted: Collection[str] = ("toxicity",)
) -> Leftovers:
    listed = leftovers.list_all(account.its_client)
    return leftovers.sort_out(account.its_client, listed, in_state, wanted, account.ownership)


def orphans(found: Leftovers) -> list[tuple[Kind, str]]:
    return [(orphan.resource.kind, orphan.resource.name) for orphan in found.orphans]


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:eu-west-1:123456789012:{kind}/{name}"


def deny(account: Any, operation: str, **match: str) -> None:
    account.sandbox.fault(operation, action="error", code="AccessDeniedException", message="no", match=match)


# Models and configurations


def test_a_revision_that_no_endpoint_uses_is_an_orphan(account: Any) -> None:
    account.configure(OLD)
    found = sorted_out(account)
    assert orphans(found) == [(kind, OLD) for kind in REVISION]
    assert {orphan.reason for orphan in found.orphans} == {"not in the state, and used by no endpoint"}


def test_a_revision_in_the_state_is_none_and_nothing_is_asked_about_it(account: Any) -> None:
    account.configure(OLD)
    assert orphans(sorted_out(account, in_state={(kind, OLD) for kind in REVISION})) == []
    assert account.operations() == ["ListEndpoints", "ListEndpointConfigs", "ListModels"]


def test_what_is_called_unlike_a_revision_is_not_asked_about(account: Any) -> None:
    account.configure("by-hand")
    assert orphans(sorted_out(account)) == []
    assert "ListTags" not in account.operations()


def test_every_page_is_read_a_hundred_at_a_time(account: Any) -> None:
    account.configure(OLD)
    account.configure(NEW)
    account.sandbox.settings(page_size=1)
    assert len(sorted_out(account).orphans) == 4
    lists = [call.params for call in account.sandbox.calls(account.mark) if call.operation == "ListModels"]
    assert [request["MaxResults"] for request in lists] == [100, 100]


@pytest.mark.parametrize("endpoint", ["toxicity", "somebody-elses"])
def test_what_any_endpoint_serves_is_no_orphan(account: Any, endpoint: str) -> None:
    account.deploy(endpoint, OLD)
    assert orphans(sorted_out(account, in_state={(Kind.ENDPOINT, endpoint)})) == []


def test_what_an_endpoint_goes_to_is_no_orphan(account: Any) -> None:
    account.deploy("toxicity", OLD)
    account.configure(NEW)
    account.sandbox.settings(update_seconds=60)
    account.client.update_endpoint(EndpointName="toxicity", EndpointConfigName=NEW)
    assert orphans(sorted_out(account)) == []


def test_what_an_endpoint_may_go_to_that_does_not_say_where_is_no_orphan(account: Any) -> None:
    account.deploy("toxicity", OLD)
    account.configure(NEW)
    account.sandbox.set_status("toxicity", "Updating")
    assert orphans(sorted_out(account)) == []


def test_a_model_that_serves_through_another_configuration_is_no_orphan(account: Any) -> None:
    account.configure(OLD)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": OLD,
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
    }
    account.client.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=[variant])
    account.client.create_endpoint(EndpointName="by-hand", EndpointConfigName="by-hand")
    assert orphans(sorted_out(account)) == [(Kind.CONFIG, OLD)]


def test_the_model_of_a_configuration_that_was_deleted_while_it_serves_is_no_orphan(account: Any) -> None:
    account.deploy("toxicity", OLD)
    account.client.delete_endpoint_config(EndpointConfigName=OLD)
    assert orphans(sorted_out(account)) == []


def test_the_model_of_a_configuration_in_the_state_is_no_orphan(account: Any) -> None:
    account.configure(OLD)
    assert orphans(sorted_out(account, in_state={(Kind.CONFIG, OLD)})) == []


# Endpoints


def test_an_endpoint_of_the_task_list_is_left_to_the_next_run(account: Any) -> None:
    account.deploy("toxicity", OLD)
    found = sorted_out(account)
    assert found.notes == ("toxicity: not in the state; the next `pulumi up` takes it over",)
    assert orphans(found) == []


def test_an_endpoint_that_serves_and_that_nobody_wants_is_told_and_keeps_what_it_serves(account: Any) -> None:
    account.deploy("toxicity", OLD)
    found = sorted_out(account, wanted=())
    assert orphans(found) == [(Kind.ENDPOINT, "toxicity")]
    assert found.orphans[0].serves
    assert found.orphans[0].reason.startswith("in service, but not in the state, and the task list wants no endpoint")


def test_an_endpoint_that_failed_and_that_nobody_wants_is_an_orphan_with_its_revision(account: Any) -> None:
    account.sandbox.ending("toxicity", "create", "failed")
    account.deploy("toxicity", OLD)
    found = sorted_out(account, wanted=())
    assert orphans(found) == [(Kind.ENDPOINT, "toxicity"), *((kind, OLD) for kind in REVISION)]
    assert [orphan.serves for orphan in found.orphans] == [False] * 3
    assert found.orphans[1].needed_by == {"toxicity"}


def test_a_candidate_of_a_killed_run_is_an_orphan_with_its_configuration(account: Any) -> None:
    account.deploy(CANDIDATE, CANDIDATE)
    found = sorted_out(account)
    assert orphans(found) == [(kind, CANDIDATE) for kind in (Kind.ENDPOINT, *REVISION)]
    assert found.orphans[0].reason == "left by a smoke test that did not come to its end"
    assert not found.orphans[0].serves


# Other makers


def test_what_another_stack_of_the_project_has_is_counted_only(account: Any) -> None:
    account.deploy("spam", OLD, stack="staging")
    found = sorted_out(account)
    assert (found.orphans, found.other_stacks) == ((), {"staging": 3})


def test_what_has_no_tags_is_nobodys(account: Any) -> None:
    account.configure(OLD)
    for kind in ("endpoint-config", "model"):
        account.client.delete_tags(ResourceArn=arn(kind, OLD), TagKeys=["fleet:project"])
    found = sorted_out(account)
    assert (found.orphans, found.other_stacks) == ((), {})


# What could not be found out


def test_what_has_tags_that_cannot_be_read_is_no_orphan(account: Any) -> None:
    account.configure(OLD)
    deny(account, "ListTags", ResourceArn=arn("model", OLD))
    found = sorted_out(account)
    assert orphans(found) == [(Kind.CONFIG, OLD)]
    assert found.unknown == (f"model {OLD}: ListTags: AccessDeniedException: no",)


@pytest.mark.parametrize("operation", ["DescribeEndpoint", "DescribeEndpointConfig"])
def test_while_one_endpoint_cannot_be_looked_at_no_revision_is_an_orphan(account: Any, operation: str) -> None:
    account.deploy("somebody-elses", "theirs", stack="another")
    account.configure(OLD)
    deny(account, operation)
    found = sorted_out(account)
    assert found.orphans == ()
    assert found.unknown[0].endswith(f"{operation}: AccessDeniedException: no")
    assert "2 of them are left alone" in found.unknown[-1]


# Taking away


def test_a_deleted_endpoint_is_waited_for(account: Any) -> None:
    account.deploy("toxicity", OLD)
    account.sandbox.settings(delete_seconds=0.3)
    endpoint = leftovers.list_all(account.its_client)[0]
    assert leftovers.delete(account.its_client, [endpoint]) == {endpoint: ""}
    assert account.sandbox.endpoints() == {}


def test_an_endpoint_that_does_not_go_is_told(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account.deploy("toxicity", OLD)
    account.sandbox.settings(delete_seconds=60)
    monkeypatch.setattr(leftovers, "LONGEST_WAIT", 0)
    endpoint = leftovers.list_all(account.its_client)[0]
    assert leftovers.delete(account.its_client, [endpoint]) == {endpoint: "not gone after 0 minutes"}


def test_what_went_in_the_meantime_is_gone_and_what_is_refused_says_why(account: Any) -> None:
    for name in (OLD, NEW):
        account.configure(name)
    models = [one for one in leftovers.list_all(account.its_client) if one.kind is Kind.MODEL]
    account.client.delete_model(ModelName=OLD)
    deny(account, "DeleteModel", ModelName=NEW)
    assert list(leftovers.delete(account.its_client, models).values()) == [
        "",
        "DeleteModel: AccessDeniedException: no",
    ]
