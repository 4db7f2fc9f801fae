"""Parameter Store of the sandbox: what AWS refuses is refused, pages are followed, versions count."""

from typing import Any

import pytest

from sandbox.aws import ssm
from sandbox.aws.world import REGION, AwsError, Settings, World

NAME = "/fleet/prod/toxicity"
LONG = "x" * 4097


class Store:
    """Parameter Store in one region."""

    def __init__(self) -> None:
        self.world = World()

    def __call__(self, operation: str, region: str = REGION, /, **request: Any) -> dict[str, Any]:
        return ssm.SERVICE.answer(self.world, region, operation, request)

    def refused(self, operation: str, **request: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self(operation, **request)
        return caught.value

    def put(self, name: str = NAME, value: str = "7", **more: Any) -> dict[str, Any]:
        return self("PutParameter", **{"Name": name, "Value": value, "Type": "String", **more})

    def get(self, name: str = NAME) -> dict[str, Any]:
        parameter: dict[str, Any] = self("GetParameter", Name=name)["Parameter"]
        return parameter

    def tags(self, name: str = NAME) -> dict[str, str]:
        rows = self("ListTagsForResource", ResourceType="Parameter", ResourceId=name)["TagList"]
        return {row["Key"]: row["Value"] for row in rows}


@pytest.fixture
def store() -> Store:
    return Store()


# Writing


def test_a_parameter_is_kept_and_its_version_counts(store: Store) -> None:
    assert store.put(Description="d") == {"Version": 1, "Tier": "Standard"}
    assert store("PutParameter", Name=NAME, Value="8", Overwrite=True) == {"Version": 2, "Tier": "Standard"}
    shown = store.get()
    assert (shown["Value"], shown["Version"], shown["DataType"]) == ("8", 2, "text")
    assert shown["ARN"] == "arn:aws:ssm:eu-west-1:123456789012:parameter/fleet/prod/toxicity"
    assert store("DescribeParameters")["Parameters"][0]["Description"] == "d"


def test_what_exists_is_overwritten_only_on_demand(store: Store) -> None:
    store.put()
    refusal = store.refused("PutParameter", Name=NAME, Value="8", Type="String")
    assert refusal.code == "ParameterAlreadyExists"
    assert store.get()["Value"] == "7"


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        ({"Name": "fleet/toxicity"}, "ValidationException", "fully qualified"),
        ({"Name": "/fleet/toxi city"}, "ValidationException", "name requirements"),
        ({"Name": "/fleet/"}, "ValidationException", "name requirements"),
        ({"Name": "//fleet"}, "ValidationException", "name requirements"),
        ({"Name": "/AWS/toxicity"}, "ValidationException", "can't be prefixed"),
        ({"Name": "/ssm-fleet"}, "ValidationException", "can't be prefixed"),
        ({"Name": "/a" * 16}, "HierarchyLevelLimitExceededException", "maximum of 15 levels, not 16"),
        ({"Name": "/" + "a" * 1000}, "ValidationException", "1011"),
        ({"Value": ""}, "ValidationException", "greater than or equal to 1"),
        ({"Value": LONG}, "ValidationException", "maximum parameter value of 4096 characters"),
        ({"Value": LONG + LONG, "Tier": "Advanced"}, "ValidationException", "8192"),
        ({"Value": "rolled back: {{x}}"}, "ValidationException", "can't nest another parameter"),
        ({"Value": "{{\n}}"}, "ValidationException", "can't nest another parameter"),
        ({"Value": "8", "AllowedPattern": "[a-z]+"}, "ParameterPatternMismatchException", r"\[a-z\]\+"),
        ({"Type": "SecureString"}, "UnsupportedOperation", "String"),
        ({"DataType": "aws:ec2:image"}, "UnsupportedOperation", "text"),
        ({"Type": "string"}, "ValidationException", "enum value set"),
        ({"Policies": "[]"}, "UnsupportedOperation", "Policies"),
        ({"Tags": [{"Key": "a", "Value": "b"}], "Overwrite": True}, "ValidationException", "can't be used together"),
        ({"Tags": [{"Key": "a", "Value": "b!"}]}, "ValidationException", "regular expression"),
    ],
)
def test_what_aws_refuses_is_refused(store: Store, request_: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(AwsError, match=says) as caught:
        store.put(**{"name": request_.pop("Name", NAME), "value": request_.pop("Value", "7"), **request_})
    assert caught.value.code == code
    assert store.world.parameters == {}


def test_a_new_parameter_needs_a_type(store: Store) -> None:
    assert "type is required" in store.refused("PutParameter", Name=NAME, Value="7").message


def test_json_with_closing_braces_is_no_nesting(store: Store) -> None:
    store.put(value='{"variants":{"champion":{}}}')
    assert store.get()["Value"].endswith("}}}")


@pytest.mark.parametrize(("value", "tier"), [("7", "Standard"), (LONG, "Advanced")])
def test_intelligent_tiering_takes_the_tier_that_is_needed(store: Store, value: str, tier: str) -> None:
    assert store.put(value=value, Tier="Intelligent-Tiering")["Tier"] == tier
    assert store("DescribeParameters")["Parameters"][0]["Tier"] == tier


def test_there_is_no_way_back_from_advanced(store: Store) -> None:
    store.put(Tier="Advanced")
    refusal = store.refused("PutParameter", Name=NAME, Value="8", Overwrite=True, Tier="Standard")
    assert "can't downgrade" in refusal.message
    for tier in ({}, {"Tier": "Intelligent-Tiering"}):
        assert store("PutParameter", Name=NAME, Value="8", Overwrite=True, **tier)["Tier"] == "Advanced"


# Reading


def test_what_is_not_there_is_said(store: Store) -> None:
    store.put()
    assert store.refused("GetParameter", Name="/other").code == "ParameterNotFound"
    answer = store("GetParameters", Names=[NAME, "/other"])
    assert [one["Name"] for one in answer["Parameters"]] == [NAME]
    assert answer["InvalidParameters"] == ["/other"]


def test_another_region_has_its_own(store: Store) -> None:
    store.put()
    assert store("GetParametersByPath", "us-east-1", Path="/", Recursive=True) == {"Parameters": []}
    assert store("DescribeParameters", "us-east-1") == {"Parameters": []}


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        ({"Path": "/fleet"}, ["/fleet/a"]),
        ({"Path": "/fleet/"}, ["/fleet/a"]),
        ({"Path": "/fleet", "Recursive": True}, ["/fleet/a", "/fleet/prod/b"]),
        ({"Path": "/", "Recursive": True}, ["/fleet/a", "/fleet/prod/b", "/fleetless"]),
        ({"Path": "/nothing"}, []),
    ],
)
def test_a_path_gives_what_is_beneath_it(store: Store, request_: dict[str, Any], names: list[str]) -> None:
    for name in ("/fleet/prod/b", "/fleet/a", "/fleetless"):
        store.put(name)
    assert [one["Name"] for one in store("GetParametersByPath", **request_)["Parameters"]] == names


def test_a_path_gives_ten_a_page(store: Store) -> None:
    for number in range(23):
        store.put(f"/fleet/t{number:02}")
    pages = [store("GetParametersByPath", Path="/fleet")]
    while token := pages[-1].get("NextToken"):
        pages.append(store("GetParametersByPath", Path="/fleet", NextToken=token))
    assert [len(page["Parameters"]) for page in pages] == [10, 10, 3]
    assert len({one["Name"] for page in pages for one in page["Parameters"]}) == 23


def test_pages_can_be_made_smaller(store: Store) -> None:
    store.world.settings = Settings(page_size=1)
    store.put("/fleet/a")
    store.put("/fleet/b")
    assert len(store("GetParametersByPath", Path="/fleet")["Parameters"]) == 1


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("GetParametersByPath", {"Path": "/fleet", "MaxResults": 11}, "ValidationException"),
        ("GetParametersByPath", {"Path": "fleet"}, "ValidationException"),
        ("GetParametersByPath", {"Path": "/fleet", "NextToken": "é"}, "InvalidNextToken"),
        ("GetParameters", {"Names": [f"/{n}" for n in range(11)]}, "ValidationException"),
        ("GetParameter", {"Name": f"{NAME}:3"}, "UnsupportedOperation"),
        ("DescribeParameters", {"ParameterFilters": [{"Key": "Name", "Option": "Recursive"}]}, "InvalidFilterOption"),
        ("DescribeParameters", {"ParameterFilters": [{"Key": "Name"}]}, "InvalidFilterValue"),
        ("GetParameterHistory", {"Name": NAME}, "UnsupportedOperation"),
    ],
)
def test_a_bad_question_is_refused(store: Store, operation: str, request_: dict[str, Any], code: str) -> None:
    assert store.refused(operation, **request_).code == code


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        ({"ParameterFilters": [{"Key": "Name", "Values": ["/fleet/a"]}]}, ["/fleet/a"]),
        ({"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": ["/fleet"]}]}, []),
        ({"ParameterFilters": [{"Key": "Name", "Option": "BeginsWith", "Values": ["/fleet/"]}]}, ["/fleet/a"]),
        ({"ParameterFilters": [{"Key": "Path", "Option": "Recursive", "Values": ["/fleet"]}]}, ["/fleet/a"]),
        ({"Filters": [{"Key": "Name", "Values": ["/oth", "fleet"]}]}, ["/other"]),
        ({}, ["/fleet/a", "/other"]),
    ],
)
def test_descriptions_are_filtered(store: Store, request_: dict[str, Any], names: list[str]) -> None:
    store.put("/fleet/a")
    store.put("/other")
    assert [one["Name"] for one in store("DescribeParameters", **request_)["Parameters"]] == names


# Going


def test_what_is_deleted_is_gone_with_its_tags(store: Store) -> None:
    store.put(Tags=[{"Key": "a", "Value": "b"}])
    store("DeleteParameter", Name=NAME)
    assert store.refused("DeleteParameter", Name=NAME).code == "ParameterNotFound"
    assert store.world.tags == {}
    assert store.put()["Version"] == 1


def test_several_are_deleted_at_once(store: Store) -> None:
    store.put()
    assert store("DeleteParameters", Names=[NAME, "/other"]) == {
        "DeletedParameters": [NAME],
        "InvalidParameters": ["/other"],
    }
    assert store.world.parameters == {}


# Tags and snapshots


def test_tags_are_added_overwritten_and_removed(store: Store) -> None:
    store.put(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}])
    which = {"ResourceType": "Parameter", "ResourceId": NAME}
    store("AddTagsToResource", **which, Tags=[{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "2"}])
    store("RemoveTagsFromResource", **which, TagKeys=["a", "unknown"])
    store("PutParameter", Name=NAME, Value="8", Overwrite=True)
    assert store.tags() == {"b": "2", "c": "2"}


def test_tags_of_what_is_not_there_are_refused(store: Store) -> None:
    refusal = store.refused("ListTagsForResource", ResourceType="Parameter", ResourceId=NAME)
    assert refusal.code == "InvalidResourceId"


def test_a_snapshot_holds_the_parameters_and_an_old_one_has_none(store: Store) -> None:
    store.put(Tags=[{"Key": "a", "Value": "b"}])
    kept, shown = store.world.snapshot(), store.get()
    del kept["targets"]
    store("DeleteParameter", Name=NAME)
    store.world.restore(kept)
    assert (store.get(), store.tags()) == (shown, {"a": "b"})
    del kept["parameters"]
    store.world.restore(kept)
    assert store.world.parameters == {}
