"""The page of `fleet report` in the docs: a made-up month of a fleet, with everything in it that a page may show.

The same numbers each time. `python -m demo.report FILE` takes the picture of it.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import sin
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.browser import look
from fleet.aws.operator.alarms import State
from fleet.cli import report
from fleet.cli.commands import alarms, compare
from fleet.cli.cost import CostReport, Looked, Question
from fleet.cli.cost import report as cost_report
from fleet.cli.history import Run
from fleet.cli.page import html
from fleet.cli.page.content import Content, Moved
from fleet.cli.report import Report, VariantStatus
from fleet.comparison import Arm, Metrics
from fleet.comparison import compare as compared
from fleet.cost.bill import Once
from fleet.cost.estimate import Tariff
from fleet.cost.month import Month
from fleet.cost.price_file import shipped
from fleet.cost.usage import Day, Period, Usage
from fleet.memory import Move, Verdict
from fleet.status import Status
from fleet.tasks.load import parse
from fleet.tasks.model import CHAMPION, title

NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
DAYS = 30
OLD = NOW - timedelta(days=200)
NAMES = (
    *("toxicity", "sentiment-polarity", "credibility", "urgency", "spam", "language", "brand-safety", "stance"),
    *("emotion", "topic", "intent", "formality", "product-perception", "clickbait", "pii-presence", "sarcasm"),
    *("review-quality", "purchase-intent", "complaint-type", "refund-request", "churn-risk", "feature-request"),
)
SETTINGS = {
    "urgency": "{variants: {challenger: {weight: 0.4}}}",
    "toxicity": "{provisioned_concurrency: 2}",
    "credibility": "{memory_mb: 4096}",
}
REGION = "us-east-1"  # the one whose prices are shipped
WIDTH, HEIGHT, SCALE = 1080, 1930, 0.75  # of the picture


def content(count: int = len(NAMES)) -> Content:
    """A fleet of so many tasks, one of them in an A/B test."""
    numbers = range(count)
    names = [NAMES[n] if n < len(NAMES) else f"{NAMES[n % len(NAMES)]}-{n}" for n in numbers]
    standing = {name: report.task(_variants(name, number)) for number, name in enumerate(names)}
    usage = {name: _usage(number) for number, name in enumerate(names)} | {"urgency/challenger": _usage(3, 0.4)}
    return Content(
        stack="sagemaker-endpoint-manager/prod",
        region=REGION,
        made=NOW,
        days=DAYS,
        standing=Report(schema=1, tasks=standing, warnings=[]),
        run=Run(
            "update", "succeeded", NOW - timedelta(hours=34), NOW - timedelta(hours=31), {"create": 3, "same": 391}
        ),
        moves=tuple(sorted(_moves(names), key=lambda moved: moved.move.time, reverse=True)),
        cost=_cost(names, usage),
        usage=usage,
        tests=(_test(),),
        alarms=_alarms(names),
    )


def _variants(name: str, number: int) -> dict[str, VariantStatus]:
    found = {CHAMPION: _standing(name, number)}
    if name == "urgency":
        beside = {"weight": 0.4, "status": Status.UP_TO_DATE, "serving_version": 3, "reason": "version 3 serves"}
        found |= {"challenger": _standing(f"{name}-challenger", 2).model_copy(update=beside)}
    return found


def _standing(endpoint: str, number: int) -> VariantStatus:
    version = 2 + number % 8
    status, reason, serving = Status.UP_TO_DATE, f"version {version} serves", version
    if number % 11 == 4:
        status, serving = Status.OUT_OF_DATE, version - 1
        why = "the container did not answer its ping in time"
        reason = f"version {version} rolled back: {why}; version {serving} keeps serving"
    if number % 17 == 5:
        status, reason, serving = Status.NOT_DEPLOYED, "nothing approved", 0
    return VariantStatus(
        status=status,
        reason=reason,
        approved_version=version,
        serving_version=serving,
        endpoint=endpoint,
        endpoint_status="InService" if serving else "",
        modified=(NOW - timedelta(hours=7 * number + 1)).isoformat() if serving else "",
        by_decision=False,
        weight=1,
    )


def _moves(names: Sequence[str]) -> Iterator[Moved]:
    for number, name in enumerate(names):
        for back in range(number % 4):
            verdict = Verdict.ROLLED_BACK if number % 11 == 4 else Verdict.SERVES
            time = NOW - timedelta(hours=1.95 + 31 * (number % 22) + 170 * back)
            yield Moved(name, Move(max(1, 2 + number % 8 - back), f"{name}-v", time.isoformat(), verdict))


def _usage(number: int, share: float = 1) -> Usage:
    """A week has a rhythm, and one task in seven is called by nobody."""
    days = [_day(number, day, share) for day in range(2 * DAYS)]
    return Usage(Period(NOW, DAYS), tuple(days[DAYS:]), tuple(days[:DAYS]))


def _day(number: int, day: int, share: float) -> Day:
    is_weekend = (day + 3) % 7 in (5, 6)
    uneven = 1 + sin(day * (2 + number)) / 5 + day / 200
    calls = 0 if number % 7 == 6 else round(share * 400_000 / (1 + number) * (0.3 if is_weekend else 1) * uneven)
    if not calls:
        return Day()
    return Day(
        calls=calls,
        mean_ms=(20 + 13 * number % 90) * (1 + sin(day * 1.7 + number) / 12),
        p95_ms=(60 + 29 * number % 240) * (1 + sin(day * 1.3 + number) / 8),
        errors_4xx=round(calls / 900 * (1 + sin(day))),
        errors_5xx=calls // 8 if number == 3 and day in (52, 53) else round(calls / 4000 * (1 + sin(day + number))),
        cold_starts=min(calls, round((4 + number % 5 * 30) * (1.6 if is_weekend else 1) * uneven)),
        memory_share=0.2 + number % 5 / 10,
        log_bytes=calls * 300,
    )


def _cost(names: Sequence[str], usage: dict[str, Usage]) -> CostReport:
    text = "\n".join(["tasks:", *(f"  {name}: {SETTINGS.get(name, '{}')}" for name in names)])
    listed = parse(text, Path("tasks.yaml"))
    looked = {
        (its.name, variant): Looked(seen.span(OLD), seen.observed, seen.observed_before(OLD))
        for its in listed
        for variant in (CHAMPION, *its.variants)
        for seen in [usage[title(its.name, variant)]]
    }
    tariff = Tariff(shipped(), REGION, Month.of(NOW.date()))
    return cost_report(Question(listed, looked, tariff, NOW.date(), DAYS, Once(9, 1, (300,)), budget=250))


def _test() -> compare.Report:
    champion = Metrics(18_000, 20, 90, 24.2, 71.0, 120.0, 6.1, 2400, 12, 2150)
    challenger = Metrics(12_100, 15, 24, 31.0, 88.0, 140.0, 7.4, 2600, 21, 2300)
    arms = {
        CHAMPION: Arm("urgency", 1, 0.6, "", champion),
        "challenger": Arm("urgency-challenger", 3, 0.4, "", challenger),
    }
    variants, judgements = compared(arms)
    return compare.Report(1, "urgency", NOW - timedelta(hours=24), NOW, 200, variants, judgements, ())


def _alarms(names: Sequence[str]) -> alarms.Report:
    rows = [
        alarms.AlarmStatus(
            name=f"sagemaker-endpoint-manager/prod/{name}/{kind}",
            task=name,
            variant=CHAMPION,
            kind=kind,
            state=State.ALARM if (name, kind) == ("urgency", "server-errors") else State.OK,
            since=(NOW - timedelta(minutes=35)).isoformat(),
            reason="Threshold Crossed: 2 datapoints were greater than the threshold (0.05)",
        )
        for name in names
        for kind in ("server-errors", "slow", "throttled")
    ]
    return alarms.Report(schema=1, alarms=sorted(rows, key=lambda row: (row.state, row.name)), warnings=[])


def main() -> None:
    """Write the picture of the page's beginning to the file that is named."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(html.page(content()), encoding="utf-8")
        with look(page, WIDTH, height=HEIGHT, scale=SCALE) as seen:
            seen.page.screenshot(path=sys.argv[1])


if __name__ == "__main__":
    main()
