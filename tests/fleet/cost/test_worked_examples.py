"""The six examples of docs/cost.md, which were done by hand: the program comes to the same, to the cent."""

import re
from pathlib import Path

from fleet.cost.advice import Evidence, Verdict, judge
from fleet.cost.bill import Bill, Once, amount, make, of_list
from fleet.cost.month import Month
from fleet.cost.traffic import Span
from tests.fleet.cost.fleets import NOVEMBER, tariff, tasks

PAGE = (Path(__file__).parents[3] / "docs" / "cost.md").read_text(encoding="utf-8")
MILLION = "traffic: {calls_per_month: 1000000, mean_ms: 100}"
OFFICE = """{min: 1, max: 5, schedules: [
      {name: office, cron: "0 8 ? * MON-FRI *", timezone: Europe/Berlin, min: 3, max: 5},
      {name: home, cron: "0 18 ? * MON-FRI *", timezone: Europe/Berlin, min: 1, max: 5}]}"""


def by_hand(number: int) -> str:
    """The bold amount of an example."""
    found = re.search(rf"^### {number}\. .*?^\*\*([0-9.]+) USD\*\*$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def bill(settings: str, month: Month = NOVEMBER, names: tuple[str, ...] = ("a",)) -> Bill:
    listed = tasks("tasks:\n" + "".join(f"  {name}: {{{settings}}}\n" for name in names))
    return make(of_list(listed), Once(), tariff(month=month))


def test_nobody_calls() -> None:
    assert amount(bill("traffic: {calls_per_month: 0, mean_ms: 100}").monthly_usd) == by_hand(1) == "0.00"


def test_a_steady_million_calls() -> None:
    assert amount(bill(MILLION).monthly_usd) == by_hand(2) == "4.03"


def test_provisioned_concurrency_all_day() -> None:
    assert amount(bill(f"{MILLION}, provisioned_concurrency: 2").monthly_usd) == by_hand(3) == "54.21"


def test_the_slots_of_the_third_example_do_not_pay() -> None:
    its = bill(f"{MILLION}, provisioned_concurrency: 2").endpoints["a", "champion"]
    verdict = judge(Evidence(its, tariff(), Span(30)))[0]
    assert (verdict.verdict, amount(verdict.saves_usd)) == (Verdict.DROP_PROVISIONED, "50.18")
    assert "`drop_provisioned` would save 50.18 USD" in PAGE
    assert "for 1.9% of their time" in verdict.why


def test_only_in_office_hours() -> None:
    office = f"{MILLION}, provisioned_concurrency: 1, scaling: {OFFICE}"
    assert amount(bill(office).monthly_usd) == by_hand(4) == "43.41"
    assert amount(bill(office, Month(2026, 12)).monthly_usd) == "45.72"
    assert "1,204 slot hours and 45.72 USD" in PAGE


def test_22_tasks_with_three_alarms_each_and_the_ten_that_are_free() -> None:
    names = tuple(f"task-{number}" for number in range(22))
    of_22 = bill("traffic: {calls_per_month: 0, mean_ms: 100}", names=names)
    assert amount(of_22.monthly_usd) == by_hand(5) == "5.60"


def test_an_a_b_test_of_two_sizes() -> None:
    of_two = bill(f"{MILLION}, variants: {{challenger: {{weight: 0.2, memory_mb: 4096}}}}")
    parts = [amount(each.parts["inference"].usd or 0) for each in of_two.endpoints.values()]
    assert parts == ["3.20", "1.60"]
    assert amount(of_two.monthly_usd) == by_hand(6) == "4.83"
