"""How AWS is to call what a stack has once."""

import pytest

from fleet.monitoring import names


def test_what_aws_does_not_take_in_a_name_is_a_hyphen() -> None:
    assert names.topic("fleet", "prod.eu") == "fleet-prod-eu-alerts"


def test_a_dashboard_names_its_region_for_the_account_has_it_once() -> None:
    assert names.dashboard("fleet", "prod", "eu-west-1") == "fleet-prod-eu-west-1"


def test_further_rules_are_numbered() -> None:
    assert [names.rule("fleet", "prod", number) for number in (1, 2)] == [
        "fleet-prod-endpoints",
        "fleet-prod-endpoints-2",
    ]


def test_long_names_of_rules_are_cut_and_stay_different() -> None:
    first, second = (names.rule("p" * 60, "prod", number) for number in (1, 2))
    assert len(first) == names.LONGEST_RULE
    assert first != second


@pytest.mark.parametrize(
    ("given", "agreed"),
    [([], ""), (["fleet/a"], "fleet/a"), (["fleet/ab", "fleet/a", "fleet/b"], "fleet/"), (["x", "y"], "")],
)
def test_names_begin_alike_as_far_as_all_of_their_characters_agree(given: list[str], agreed: str) -> None:
    assert names.beginning(given) == agreed
