"""Names outlive releases: what a revision's name holds, and that no release changes one."""

from dataclasses import replace
from typing import Any

import pytest

from fleet.revision import MAX_ENDPOINT_NAME, Settings, reads_as_revision, revise

PLAIN = Settings(
    endpoint="toxicity",
    role="arn:aws:iam::123456789012:role/fleet",
    memory_mb=2048,
    max_concurrency=5,
)
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/{}"


def name(settings: Settings, version: int = 7) -> str:
    return revise(settings, version, PACKAGE.format(version)).name


@pytest.mark.parametrize(
    ("settings", "version", "pinned"),
    [
        (PLAIN, 10, "toxicity-v10-6a89bb"),
        (replace(PLAIN, environment={"LANG": "de", "CACHE": "größer"}), 7, "toxicity-v7-cc8bf5"),
        (replace(PLAIN, provisioned_concurrency=2), 7, "toxicity-v7-20ecd2"),
        (replace(PLAIN, attempt=2), 7, "toxicity-v7-e8f895"),
        (replace(PLAIN, role="arn:aws:iam::123456789012:role/other"), 7, "toxicity-v7-d05338"),
    ],
    ids=["version 10", "environment", "provisioned", "attempt 2", "another role"],
)
def test_no_release_renames_a_revision(settings: Settings, version: int, pinned: str) -> None:
    assert name(settings, version) == pinned


def test_a_setting_left_out_changes_no_name() -> None:
    assert name(replace(PLAIN, provisioned_concurrency=None, environment={})) == name(PLAIN)


def test_the_order_of_the_environment_changes_no_name() -> None:
    one, other = {"A": "1", "B": "2"}, {"B": "2", "A": "1"}
    assert name(replace(PLAIN, environment=one)) == name(replace(PLAIN, environment=other))


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "arn:aws:iam::123456789012:role/other"},
        {"memory_mb": 3072},
        {"max_concurrency": 6},
        {"provisioned_concurrency": 1},
        {"environment": {"LANG": "de"}},
        {"attempt": 2},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_setting_is_in_the_name(changed: dict[str, Any]) -> None:
    assert name(replace(PLAIN, **changed)) != name(PLAIN)


def test_the_package_is_in_the_name() -> None:
    other_account = PACKAGE.format(7).replace("123456789012", "210987654321")
    assert revise(PLAIN, 7, other_account).name != name(PLAIN)


def test_a_name_says_endpoint_and_version() -> None:
    assert name(PLAIN, 12).startswith("toxicity-v12-")


def test_names_fit_sagemaker_with_the_longest_endpoint_name() -> None:
    candidate = name(replace(PLAIN, endpoint="e" * MAX_ENDPOINT_NAME), 9999) + "-c"
    assert len(candidate) <= 63


def test_a_revision_keeps_what_it_was_made_of() -> None:
    revision = revise(PLAIN, 7, PACKAGE.format(7))
    assert (revision.version, revision.package, revision.settings) == (7, PACKAGE.format(7), PLAIN)


def test_settings_do_not_change_with_the_mapping_they_were_made_of() -> None:
    environment = {"LANG": "de"}
    settings = replace(PLAIN, environment=environment)
    environment["LANG"] = "fr"
    assert settings.environment == {"LANG": "de"}


@pytest.mark.parametrize("taken", [name(PLAIN), name(PLAIN, 10) + "-c"])
def test_names_of_revisions_and_candidates_are_recognised(taken: str) -> None:
    assert reads_as_revision(taken)


@pytest.mark.parametrize(
    "free",
    [
        "toxicity",
        "toxicity-v2",
        "toxicity-v0-3fa9c1",
        "toxicity-v2-3fa9c",
        "toxicity-v2-3FA9C1",
        "v2-3fa9c1",
        "x-v2-3fa9c1-d",
    ],
)
def test_other_names_are_free_for_endpoints(free: str) -> None:
    assert not reads_as_revision(free)
