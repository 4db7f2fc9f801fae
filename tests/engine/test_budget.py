"""What the fleet costs is said by every run; one that makes it dearer than it may be stops before anything changes."""

import re

import pytest

from tests.engine.conftest import Fleet, forget_everything

PRICES = """prices:
  - {item: serverless-compute, region: eu-west-1, value: 0.00002, as_of: 2026-11-01, source: "a contract"}
  - {item: provisioned-ready, region: eu-west-1, value: 0.000005, as_of: 2026-11-01, source: "a contract"}
  - {item: provisioned-compute, region: eu-west-1, value: 0.0000117, as_of: 2026-11-01, source: "a contract"}
  - {item: data-in, region: eu-west-1, value: 0.016, as_of: 2026-11-01, source: "a contract"}
  - {item: data-out, region: eu-west-1, value: 0.016, as_of: 2026-11-01, source: "a contract"}
"""
BUSY = {"calls_per_month": 10_000_000, "mean_ms": 100}  # 40.32 USD on 2 GB


@pytest.fixture
def priced(fleet: Fleet) -> Fleet:
    """The saved world, in a Region whose prices are known."""
    fleet.stack.task_list.with_name("prices.yaml").write_text(PRICES)
    return fleet


def test_a_preview_says_what_the_fleet_costs_and_what_the_run_makes_of_it(priced):
    priced.change("spam", traffic=BUSY)
    line = "cost: at least 40.32 USD a month, unchanged by this run; the calls of 2 tasks are not counted"
    preview = priced.preview("--expect-no-changes")
    assert preview.ok, preview.text
    assert line in preview.text

    priced.change("spam", traffic=BUSY, memory_mb=4096)
    assert "cost: at least 80.32 USD a month, +40.00 by this run" in priced.preview().text
    run = priced.up()
    assert run.ok, run.text
    assert "cost: at least 80.32 USD a month, +40.00 by this run" in run.text
    assert "cost: at least 80.32 USD a month, unchanged by this run" in priced.preview("--expect-no-changes").text


def test_a_run_that_raises_the_cost_above_the_budget_changes_nothing_and_says_how_to_go_on(priced):
    priced.stack.configure(monthlyBudgetUsd=50)
    priced.change("spam", traffic=BUSY, memory_mb=4096)
    priced.sandbox.register("urgency")
    told = (
        "the fleet would cost 80.32 USD a month, 40.00 more than before, and monthlyBudgetUsd is 50.00: spam +40.00. "
        "Nothing was changed. If that is meant, run `pulumi config set monthlyBudgetUsd 81`"
    )
    for run in (priced.preview(), priced.up()):
        assert not run.ok
        assert told in run.text
        assert "Traceback" not in run.text
        assert priced.made() == priced.watched() == []

    priced.stack.configure(monthlyBudgetUsd=81)
    assert priced.up().ok
    assert priced.serving("urgency") == 2


def test_a_fleet_above_its_budget_goes_on_while_nobody_asks_for_more(priced):
    """A new version, a teardown, and everything again after its state was lost."""
    priced.change("spam", traffic=BUSY)
    assert priced.up().ok
    priced.stack.configure(monthlyBudgetUsd=1)
    priced.sandbox.register("spam")
    priced.remove("toxicity")
    run = priced.up()
    assert run.ok, run.text
    assert priced.serving("spam") == 2
    assert "above monthlyBudgetUsd (1.00)" in run.text

    again = forget_everything(priced)
    again.stack.configure(monthlyBudgetUsd=1)
    run = again.up()
    assert run.ok, run.text
    assert set(again.sandbox.endpoints()) == {"spam", "urgency"}


def test_what_was_asked_for_is_remembered_although_a_refresh_forgot_it(priced):
    office = {"name": "office", "cron": "0 8 ? * MON-FRI *", "min": 3, "max": 4}
    priced.change("spam", provisioned_concurrency=2, scaling={"min": 1, "max": 4, "schedules": [office]})
    assert priced.up().ok
    where = {"ResourceId": "endpoint/spam/variant/AllTraffic", "ServiceNamespace": "sagemaker"}
    priced.sandbox.client("application-autoscaling").delete_scheduled_action(
        ScheduledActionName="office", ScalableDimension="sagemaker:variant:DesiredProvisionedConcurrency", **where
    )
    priced.stack.configure(monthlyBudgetUsd=1)

    assert priced.stack.pulumi("refresh", "--yes").ok
    run = priced.up()

    assert run.ok, run.text
    assert "unchanged by this run" in run.text


def test_a_fleet_of_a_release_that_did_not_know_its_cost_has_no_changed_output(priced):
    file = priced.stack.state_file
    text, taken = re.subn(r'\\"cost\\":\\".*?}\\",?', "", file.read_text())
    assert taken == 3
    file.write_text(text)

    run = priced.up("--expect-no-changes")

    assert run.ok, run.text
    assert file.read_text().count("cost") == text.count("cost")


def test_what_aws_has_counts_as_before_where_the_state_is_older(priced):
    """The state is of before the endpoint was made larger."""
    priced.change("spam", traffic=BUSY)
    assert priced.up().ok
    older = priced.stack.state_file.read_text()
    priced.change("spam", memory_mb=4096)
    assert priced.up().ok
    priced.stack.state_file.write_text(older)
    priced.stack.configure(monthlyBudgetUsd=1)

    run = priced.up()

    assert run.ok, run.text
    assert priced.sandbox.harm() == []


def test_a_row_of_prices_with_a_mistake_is_told_and_the_others_count(priced):
    file = priced.stack.task_list.with_name("prices.yaml")
    file.write_text(file.read_text().replace("value: 0.00002,", "value: -1,"))
    priced.change("spam", traffic=BUSY)
    run = priced.preview()
    assert run.ok, run.text
    assert "prices.yaml:2: serverless-compute in eu-west-1: -1 USD is no price; this row is not used" in run.text
    assert "cost: at least 0.32 USD a month, unchanged by this run" in run.text
    assert "no price for eu-west-1: run `fleet prices --refresh` (serverless-compute)" in run.text
