"""What the page says: of each part that could not be read, why, where it is missing; the rest stands."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from demo.report import NOW, content
from fleet.cli import cost, report
from fleet.cli.history import Run
from fleet.cli.page import calls, money, standing
from fleet.cli.page.blocks import Beside, Block, Cell, Folded, Listed, Said, Section, Table, Tone
from fleet.cli.page.content import Content, Missing, Moved
from fleet.cli.page.html import SECTIONS, cards, page, sections
from fleet.memory import Move, Verdict
from fleet.seen import Unknown

WHY = "GetMetricData: AccessDenied: no"
PARTS = [field.name for field in fields(Content) if "Missing" in str(field.type)]


def said(section: Section) -> str:
    """All text of a section, a line each."""
    return "\n".join(_texts(section.blocks))


def _texts(blocks: tuple[Block, ...]) -> list[str]:
    found: list[str] = []
    for block in blocks:
        match block:
            case Said(text):
                found.append(text)
            case Listed(lines):
                found += lines
            case Table():
                found += [" | ".join(cell.text for cell in row) for row in (*block.rows, block.foot)]
            case Beside() | Folded():
                found += _texts(block.blocks)
            case _:
                found += [drawing.words for drawing in block.drawings]
    return found


def tables(section: Section) -> list[Table]:
    return [*_tables(section.blocks)]


def _tables(blocks: tuple[Block, ...]) -> Iterator[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Beside | Folded):
            yield from _tables(block.blocks)


def rows(section: Section) -> dict[str, tuple[Cell, ...]]:
    """By what they are of, whether folded or not."""
    return {row[0].text: row for table in tables(section) for row in table.rows}


def of(name: str) -> Section:
    return next(section for section in sections(content()) if section.anchor == name)


@pytest.mark.parametrize("part", PARTS)
def test_what_could_not_be_read_is_said_where_it_is_missing_and_takes_nothing_else_away(part: str) -> None:
    missing_one: Any = {part: Missing(WHY)}
    whole, less = content(3), replace(content(3), **missing_one)
    missing = [section.anchor for section in sections(less) if WHY in said(section)]
    assert missing
    assert page(less).count(WHY) >= len(missing)
    kept = [section for section in sections(whole) if section.anchor not in missing]
    assert [section for section in sections(less) if section.anchor not in missing] == kept
    assert len(kept) + len(missing) == len(SECTIONS)


def test_with_nothing_to_be_read_there_is_a_page_that_says_so() -> None:
    nothing: Any = dict.fromkeys(PARTS, Missing(WHY))
    assert page(replace(content(1), **nothing)).count(f"could not be read: {WHY}") >= len(PARTS)


def test_the_same_content_is_the_same_page_byte_for_byte() -> None:
    assert page(content(3)) == page(content(3))


def test_a_page_has_nothing_of_the_network_in_it() -> None:
    text = page(content(3))
    assert "default-src 'none'" in text
    addresses = set(re.findall(r"https?://[^\"'\s<)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, and no address
    assert not re.search(r"<(script|link|img|iframe)|@import|url\((?!#pattern)", text)


def test_what_needs_attention_comes_first_and_is_named_and_signed() -> None:
    first = tables(of("standing"))[0].rows[0]
    assert [cell.text for cell in first[:3]] == ["language", "NOT_DEPLOYED", "-"]
    assert (first[1].tone, first[1].sign) == (Tone.BAD, "✕")


def test_no_row_that_needs_attention_is_folded() -> None:
    first, folded = standing.standing(content(200)).blocks[1:3]
    assert isinstance(first, Table)
    assert isinstance(folded, Folded)
    assert len(first.rows) > standing.SHOWN_TASKS
    assert {row[1].text for row in first.rows} == {"NOT_DEPLOYED", "OUT_OF_DATE"}
    assert {row[1].text for row in next(_tables(folded.blocks)).rows} == {"UP_TO_DATE"}


def test_what_the_last_run_moved_is_told_apart_from_what_moved_before() -> None:
    text = said(of("run"))
    assert "3 created, 391 as they were" in text
    assert "sentiment-polarity | 3 | went live | 2026-11-26 23:03" in text
    assert "credibility" not in text


def test_a_move_in_the_second_in_which_the_run_began_is_its_own() -> None:
    run = Run("update", "succeeded", NOW.replace(microsecond=500_000), None, {})
    moved = Moved("spam", Move(2, "r", NOW.isoformat(), Verdict.SERVES))
    section = standing.last_run(replace(content(1), run=run, moves=(moved,)))
    assert "spam | 2 | went live" in said(section)
    assert "has not ended" in said(section)


def test_a_run_that_failed_is_told_with_its_standing() -> None:
    found: Any = content(2)
    error = report.failed("the program failed").model_copy(update={"tasks": found.standing.tasks})
    less = replace(found, standing=error)
    assert "the program failed" in said(standing.standing(less))
    assert "toxicity" in rows(standing.standing(less))
    assert cards(less)[0].tone is Tone.BAD


def test_a_moves_outcome_is_a_word() -> None:
    assert {row[2].text for row in rows(of("versions")).values()} == {"went live", "rolled back"}


def test_days_of_all_endpoints_are_put_together() -> None:
    first = tables(of("calls"))[0].rows[0]
    found: Any = content()
    days = [usage.days[0] for usage in found.usage.values()]
    assert first[0].text == "2026-10-29 08:00"
    assert first[1].text == f"{sum(day.calls for day in days):,}"
    assert first[3].text == f"{max(day.p95_ms or 0 for day in days):,.0f} ms"


def test_an_endpoint_that_cloudwatch_did_not_answer_for_is_named_and_the_others_are_shown() -> None:
    found: Any = content(4)
    section = calls.course(replace(found, usage={**found.usage, "spam": Unknown(WHY)}))
    assert f"The metrics of 1 endpoint (spam) could not be read: {WHY}" in said(section)
    assert "toxicity" in rows(section)


def test_no_calls_and_no_endpoints_are_two_sentences() -> None:
    found: Any = content(7)
    quiet = {"brand-safety": found.usage["brand-safety"]}
    assert said(calls.course(replace(found, usage=quiet))) == "Nobody called, as far as CloudWatch tells."
    assert said(calls.course(replace(found, usage={}))) == "Nothing serves."


def test_the_dearest_task_comes_first_and_the_sums_are_those_of_fleet_cost() -> None:
    found: Any = content()
    section = money.cost(found)
    whole, by_task = tables(section)[:2]
    assert by_task.rows[0][0].text == "toxicity"
    assert whole.foot[1].text == f"{found.cost.monthly_usd:.2f}"
    assert cards(found)[3].value == f"{found.cost.monthly_usd:.2f}"


def test_a_budget_that_is_passed_is_said_and_signed() -> None:
    found: Any = content(3)
    above = replace(found, cost=found.cost.model_copy(update={"budget_usd": 1.0}))
    assert "above the budget of 1.00 USD" in said(money.cost(above))
    assert (cards(above)[3].tone, cards(above)[3].detail) == (Tone.BAD, "above the budget of 1.00")


def test_a_part_that_is_not_known_is_never_nought() -> None:
    found: Any = content(3)
    spam = found.cost.tasks["credibility"].variants["champion"]
    unknown = spam.model_copy(update={"parts": {**spam.parts, "inference": None}, "monthly_usd": 0.3})
    task = found.cost.tasks["credibility"].model_copy(update={"variants": {"champion": unknown}})
    less = found.cost.model_copy(update={"tasks": {**found.cost.tasks, "credibility": task}})
    assert rows(money.cost(replace(found, cost=less)))["credibility"][4].text == "not known"


def test_a_cost_that_failed_is_missing_with_its_error() -> None:
    failed = replace(content(3), cost=cost.failed(WHY, 30))
    assert f"could not be read: {WHY}" in said(money.cost(failed))
    assert cards(failed)[3].value == "not known"


def test_verdicts_come_with_what_they_save_and_by_which_figures() -> None:
    toxicity = rows(of("verdicts"))["toxicity"]
    assert [cell.text for cell in toxicity[1:3]] == ["drop provisioned concurrency", "48.13"]
    assert "its slots are in use for" in toxicity[3].text


def test_an_ab_test_has_its_verdict_its_figures_and_its_interval() -> None:
    text = said(of("tests"))
    assert "urgency/challenger: better: 0.32% of its calls fail" in text
    assert "Version | 1 | 3" in text
    assert any(isinstance(block, Beside) for block in of("tests").blocks)


def test_an_alarm_that_fires_is_seen_first_and_those_that_are_well_are_counted() -> None:
    section = of("alarms")
    assert section.blocks[0] == Said("1 ALARM, 65 OK")
    assert [cell.text for cell in rows(section)["urgency"]][1:4] == ["server-errors", "ALARM", "2026-11-28 07:25"]
    assert "urgency: slow, throttled" in said(section)
