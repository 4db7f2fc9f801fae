"""`fleet cost` over a fleet that a real run has made: what it says, and what without CloudWatch."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
PRICES = """prices:
  - {item: serverless-compute, region: eu-west-1, value: 0.00002, as_of: DAY, source: "a test"}
  - {item: data-in, region: eu-west-1, value: 0.016, as_of: DAY, source: "a test"}
  - {item: data-out, region: eu-west-1, value: 0.016, as_of: DAY, source: "a test"}
"""


def command(fleet: Any, *words: str) -> tuple[int, str, str]:
    """Exit code, and what it prints."""
    done = fleet.stack.command(*words)
    return done.returncode, done.stdout, done.stderr


def cost(fleet: Any) -> tuple[int, Any]:
    """The exit code, and the object, which is that of the committed schema."""
    code, out, errors = command(fleet, "cost", "--json")
    assert out, errors
    found = json.loads(out)
    Draft202012Validator(json.loads((ROOT / "cost.schema.json").read_text())).validate(found)
    return code, found


def with_prices(fleet: Any) -> None:
    (fleet.sandbox.tasks.parent / "prices.yaml").write_text(PRICES.replace("DAY", str(datetime.now(UTC).date())))


def test_what_a_fleet_costs_is_told_in_few_calls_and_changes_nothing(fleet):
    with_prices(fleet)
    fleet.sandbox.record_invocations("toxicity", 5000, latency_ms=200, cold_starts=10, memory_percent=30)
    mark = fleet.sandbox.mark()

    code, found = cost(fleet)
    assert [call.operation for call in fleet.sandbox.calls(mark)].count("GetMetricData") == 1
    assert len(fleet.sandbox.calls(mark)) <= 5
    assert fleet.sandbox.mutations(mark) == []
    toxicity, spam = (found["tasks"][task]["variants"]["champion"] for task in ("toxicity", "spam"))
    assert (code, toxicity["traffic"], toxicity["mean_ms"], toxicity["cold_start_share"]) == (0, "observed", 200, 0.002)
    assert toxicity["parts"]["inference"] > 0
    assert toxicity["parts"]["alarms"] == 0.3
    assert (spam["traffic"], spam["parts"]["inference"], found["tasks"]["spam"]["verdict"]) == (
        "unknown",  # it is new: that nobody has called it says nothing
        None,
        "unknown",
    )
    assert found["shared"] == {"dashboard": 0, "metrics": 0, "alarms": -0.9}

    fleet.stack.pulumi("config", "set", "monthlyBudgetUsd", "0.01", check=True)
    code, out, errors = command(fleet, "cost")
    assert (code, errors.count("warning: ")) == (2, 3), errors
    assert out.startswith("TASK ")
    assert "above monthlyBudgetUsd (0.01)" in out


def test_without_cloudwatch_what_stands_is_told_and_nothing_is_advised(fleet):
    with_prices(fleet)
    fleet.change("toxicity", traffic={"calls_per_month": 100000, "mean_ms": 100})
    fleet.sandbox.record_invocations("spam", 10)
    denied = {"service": "cloudwatch", "action": "error", "code": "AccessDenied", "message": "not you"}
    fleet.sandbox.fault("GetMetricData", **denied)

    code, found = cost(fleet)
    traffic = {task: said["variants"]["champion"]["traffic"] for task, said in found["tasks"].items()}
    assert (code, traffic) == (0, {"toxicity": "expected", "spam": "unknown", "urgency": "unknown"})
    assert found["tasks"]["spam"]["verdict"] == "unknown"
    said = "CloudWatch could not be read of 3 endpoints: GetMetricData: AccessDenied: not you"
    assert [text for text in found["warnings"] if text.startswith("CloudWatch")] == [said]


def test_prices_are_refreshed_and_a_price_list_that_denies_changes_nothing(fleet):
    file = fleet.sandbox.tasks.parent / "prices.yaml"
    denied = {"service": "pricing", "action": "error", "code": "AccessDeniedException", "message": "not you"}
    fleet.sandbox.fault("GetProducts", **denied)
    code, _, errors = command(fleet, "prices", "--refresh")
    said = "fleet prices: the AWS Price List cannot be read: GetProducts: AccessDeniedException: not you"
    assert (code, errors.startswith(said), file.exists()) == (1, True, False), errors

    fleet.sandbox.clear_faults()
    code, out, errors = command(fleet, "prices", "--refresh")
    assert (code, "+  - {item: serverless-compute, region: eu-west-1" in out, errors) == (0, True, "")
    fleet.sandbox.record_invocations("toxicity", 100)
    _, found = cost(fleet)
    assert found["tasks"]["toxicity"]["variants"]["champion"]["parts"]["inference"] is not None
    assert not [text for text in found["warnings"] if text.startswith("no price")]
    code, out, errors = command(fleet, "prices")
    assert (code, "AWS Price List" in out, errors) == (0, True, "")
