"""What is said of a challenger, and of which time."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.comparison import Arm, Metrics, Verdict, Window, compare, judge, newcombe, window

NOW = datetime(2027, 3, 1, 10, 0, 30, tzinfo=UTC)


def arm(calls: int | None = 1000, errors: int | None = 0, *, errors_4xx: int | None = 0) -> Arm:
    return Arm("toxicity", 7, 0.5, "", Metrics(calls, errors_4xx, errors))


# The interval


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [  # Newcombe (1998), table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_is_newcombes(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    difference = newcombe(one, other)
    assert difference.value == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert [difference.low, difference.high] == pytest.approx([low, high], abs=5e-5)


# The verdict


@pytest.mark.parametrize(
    ("challenger", "champion", "verdict"),
    [
        (arm(1000, 5), arm(1000, 40), Verdict.BETTER),
        (arm(1000, 40), arm(1000, 5), Verdict.WORSE),
        (arm(1000, 6), arm(1000, 5), Verdict.NO_DIFFERENCE),
        (arm(1000, 0), arm(1000, 0), Verdict.NO_DIFFERENCE),
        (arm(199, 100), arm(1000, 5), Verdict.NOT_ENOUGH_CALLS),
        (arm(1000, 100), arm(199, 5), Verdict.NOT_ENOUGH_CALLS),
        (arm(200, 100), arm(200, 5), Verdict.WORSE),
        (arm(None, None), arm(1000, 5), Verdict.NOT_ENOUGH_CALLS),
        (arm(1000, None), arm(1000, 5), Verdict.NO_DATA),
        (arm(1000, 5), arm(1000, 5, errors_4xx=None), Verdict.NO_DATA),
        (arm(1000, 1001), arm(1000, 5), Verdict.NO_DATA),
    ],
)
def test_a_verdict_is_given_where_the_data_allow_one(challenger: Arm, champion: Arm, verdict: Verdict) -> None:
    assert judge("challenger", challenger, champion).verdict is verdict


def test_a_caller_s_errors_count_as_the_model_s_do() -> None:
    assert judge("challenger", arm(1000, 0, errors_4xx=40), arm(1000, 5)).verdict is Verdict.WORSE


def test_a_verdict_says_the_rates_and_the_interval() -> None:
    assert judge("challenger", arm(1000, 40), arm(1000, 5)).reason == (
        "4.00% of its calls fail, 0.50% of the champion's; difference +3.50 points, 95% interval +2.26 to +4.93"
    )


def test_what_keeps_from_a_verdict_is_named() -> None:
    assert judge("blue", arm(57), arm()).reason == "blue has 57 calls; a verdict takes 200 in each variant"
    no_data = judge("blue", arm(), arm(1000, None)).reason
    assert no_data == "CloudWatch has calls of champion, and no data on its 5XX errors"


def test_shares_are_of_all_calls() -> None:
    arms, _ = compare({"champion": arm(900), "challenger": arm(100)})
    assert [one.share for one in arms.values()] == [0.9, 0.1]


def test_without_data_on_one_arm_s_calls_no_share_is_told() -> None:
    arms, _ = compare({"champion": arm(900), "challenger": arm(None)})
    assert [one.share for one in arms.values()] == [None, None]


# The window


@pytest.mark.parametrize(
    ("back", "first", "last"),
    [
        (timedelta(seconds=5), "2027-03-01T10:00", "2027-03-01T10:01"),
        (timedelta(hours=1), "2027-03-01T09:00", "2027-03-01T10:01"),
        (timedelta(days=20, minutes=3), "2027-02-09T09:55", "2027-03-01T10:05"),
        (timedelta(days=70, minutes=3), "2026-12-21T09:00", "2027-03-01T11:00"),
    ],
)
def test_a_window_is_whole_steps_of_what_is_kept_that_long(back: timedelta, first: str, last: str) -> None:
    start, end = (datetime.fromisoformat(time).replace(tzinfo=UTC) for time in (first, last))
    assert window(NOW - back, NOW) == Window(start, end)


@pytest.mark.parametrize(("days", "step"), [(15, 300), (63, 3600)])
def test_a_window_is_in_the_coarser_steps_a_little_before_the_finer_ones_are_dropped(days: int, step: int) -> None:
    assert window(NOW - timedelta(days=days) + timedelta(minutes=30), NOW).seconds % step == 0


def test_what_is_dropped_is_refused() -> None:
    with pytest.raises(ValueError, match="for 455 days"):
        window(NOW - timedelta(days=456), NOW)


def test_a_start_in_the_future_by_a_clock_that_is_ahead_is_now() -> None:
    assert window(NOW + timedelta(minutes=5), NOW).start == NOW.replace(second=0)
