"""What apps are told of a task: one shape for stack outputs and parameters, which SSM takes and fleet.client reads."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fleet import client, contract, wire
from fleet.contract import Contract, Variant
from fleet.memory import Outcome
from fleet.status import Status

ROOT = Path(__file__).parents[2]
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/{}"
AB_TEST = """{
 "endpoint": "toxicity",
 "model_package_arn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/7",
 "reason": "version 7 serves", "schema": 1, "status": "UP_TO_DATE", "variants": {
  "challenger": {"endpoint": "toxicity-challenger",
   "model_package_arn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/8",
   "reason": "version 8 serves", "status": "UP_TO_DATE", "version": 8, "weight": 0.1},
  "champion": {"endpoint": "toxicity",
   "model_package_arn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/7",
   "reason": "version 7 serves", "status": "UP_TO_DATE", "version": 7, "weight": 0.9}}, "version": 7}"""


def serves(version: int, weight: float = 1, endpoint: str = "toxicity", reason: str = "") -> Variant:
    return Variant(
        endpoint=endpoint,
        version=version,
        model_package_arn=ARN.format(version) if version else "",
        status=Status.UP_TO_DATE if version else Status.NOT_DEPLOYED,
        reason=reason or f"version {version} serves",
        weight=weight,
    )


def task(successor: str = "", **variants: Variant) -> Contract:
    return contract.contract(variants or {"champion": serves(7)}, successor)


def ab_test(reason: str = "") -> Contract:
    challenger = serves(8, 0.1, "toxicity-challenger", reason)
    return task(champion=serves(7, 0.9, reason=reason), challenger=challenger)


def saying(reason: str) -> Contract:
    return task(champion=serves(7, reason=reason))


def valid(said: Mapping[str, Any]) -> bool:
    schema = json.loads((ROOT / "contract.schema.json").read_text())
    return bool(Draft202012Validator(schema).is_valid(said))


# What is said


def test_a_parameter_is_this_text_and_no_release_changes_a_byte_of_it() -> None:
    assert contract.text(ab_test()) == " ".join(line.strip() for line in AB_TEST.splitlines()).replace("{ ", "{")


def test_the_order_of_the_variants_is_no_change() -> None:
    champion, challenger = serves(7, 0.9), serves(8, 0.1)
    one = task(champion=champion, challenger=challenger)
    assert contract.text(one) == contract.text(task(challenger=challenger, champion=champion))


def test_numbers_that_crossed_the_wire_as_doubles_read_the_same() -> None:
    crossed = {"champion": Variant.model_validate({**serves(7).model_dump(), "version": 7.0, "weight": 1})}
    assert contract.text(contract.contract(crossed, "")) == contract.text(task(champion=serves(7, 1.0)))


def test_a_stack_output_is_the_same_with_what_the_next_run_is_to_know() -> None:
    run = wire.pack(Outcome(declared=("toxicity-v7-3fa9c1",)))
    output = contract.output(ab_test(), {"champion": run})

    assert output["variants"]["champion"].pop("run") == run
    assert {"schema": 1, **output} == json.loads(contract.text(ab_test()))


def test_a_task_that_nothing_serves_is_told_too() -> None:
    output = contract.output(task(champion=serves(0, 0.0, reason="nothing approved")), {})
    assert (output["endpoint"], output["version"], output["model_package_arn"]) == ("toxicity", 0, "")
    assert (output["status"], output["reason"]) == ("NOT_DEPLOYED", "nothing approved")


def test_the_successor_is_told_of_a_retired_task_only() -> None:
    retired = task("toxicity-2", champion=serves(0, 0.0))
    assert json.loads(contract.text(retired))["successor"] == "toxicity-2"
    assert contract.output(retired, {})["successor"] == "toxicity-2"
    assert "successor" not in contract.output(task(), {})


# What SSM takes


@pytest.mark.parametrize("reason", ["x" * 9000, "größer 😀" * 900, "{{" * 3000], ids=["long", "not ASCII", "braces"])
def test_a_text_that_is_too_long_for_a_parameter_has_its_reasons_cut(reason: str) -> None:
    said = contract.text(ab_test(reason))
    read = json.loads(said)

    assert 3500 < len(said) <= 4096
    assert said.isascii()  # so characters are bytes
    assert read["reason"].endswith("…")
    assert reason.startswith(read["reason"][:-1])
    uncut = json.loads(contract.text(ab_test("short")))
    for row in (read, uncut, *read["variants"].values(), *uncut["variants"].values()):
        del row["reason"]
    assert read == uncut


def test_the_longest_reasons_are_cut_first() -> None:
    long = task(champion=serves(7, 0.9, reason="x" * 9000), challenger=serves(8, 0.1, reason="rolled back"))
    assert json.loads(contract.text(long))["variants"]["challenger"]["reason"] == "rolled back"


def test_a_text_of_4096_characters_is_left_alone_and_a_longer_one_is_not() -> None:
    assert (len(contract.text(as_long_as(4096))), is_cut(as_long_as(4096))) == (4096, False)
    assert is_cut(as_long_as(4097))


def as_long_as(characters: int) -> Contract:
    """One whose text would have so many: a reason is in it twice, a successor once."""
    missing = characters - len(contract.text(task("-", champion=serves(7, reason="x"))))
    return task("-" * (1 + missing % 2), champion=serves(7, reason="x" * (1 + missing // 2)))


def is_cut(said: Contract) -> bool:
    return bool(json.loads(contract.text(said))["reason"] != said.reason)


def test_what_could_never_fit_is_not_cut_further_than_its_reasons() -> None:
    crowd = {"champion": serves(7), **{f"variant-{n}": serves(8, 0.01) for n in range(30)}}
    read = json.loads(contract.text(contract.contract(crowd, "")))
    assert len(read["variants"]) == 31
    assert read["reason"] == "…"


@pytest.mark.parametrize("reason", ["{{resolve:ssm:/a}}", "{{{{ a }}}}", "{{{", "\\{{a}}"])
def test_nothing_in_a_text_reads_as_another_parameter(reason: str) -> None:
    said = contract.text(saying(reason))
    assert "{{" not in said
    assert json.loads(said)["reason"] == reason


# Who reads it


def test_the_client_reads_what_is_written() -> None:
    for content in (contract.text(ab_test()), contract.output(ab_test(), {"champion": wire.pack(Outcome(version=7))})):
        read = client.parse("toxicity", content)
        assert set(read.variants) == {
            client.Variant("champion", "toxicity", 7, 0.9),
            client.Variant("challenger", "toxicity-challenger", 8, 0.1),
        }
        assert read.reason == "version 7 serves"


def test_the_client_reads_of_a_retired_task_what_to_use_instead() -> None:
    read = client.parse("toxicity", contract.text(task("toxicity-2", champion=serves(0, 0.0))))
    assert (read.variants, read.successor) == ((), "toxicity-2")


def test_the_committed_schema_is_that_of_the_models() -> None:
    assert json.loads((ROOT / "contract.schema.json").read_text()) == contract.json_schema()


@pytest.mark.parametrize("said", [task(), ab_test(), task("toxicity-2", champion=serves(0, 0.0))])
def test_both_forms_are_what_the_schema_says(said: Contract) -> None:
    assert valid(json.loads(contract.text(said)))
    assert valid(contract.output(said, {"champion": wire.pack(Outcome(version=7))}))


def test_the_schema_allows_a_field_of_a_later_release_and_no_later_schema() -> None:
    said = json.loads(contract.text(task()))
    assert valid({**said, "region": "eu-west-1"})
    assert not valid({**said, "schema": 2})


def test_a_field_that_an_app_relies_on_cannot_be_left_out() -> None:
    said = json.loads(contract.text(ab_test()))
    for field in ("endpoint", "version", "model_package_arn", "status", "reason", "variants"):
        assert not valid({key: value for key, value in said.items() if key != field}), field
