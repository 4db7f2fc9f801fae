"""Which share of the callers each variant has: what serves has all of them, in the proportion of the task list."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.split import DECIMALS, weights

SHARES = {"challenger": 0.1, "bold": 0.3}
ALL = ("champion", *SHARES)


def split(*serving: str, same: tuple[str, ...] = (), **shares: float) -> dict[str, float]:
    return weights(shares or SHARES, "champion", serving, same)


@pytest.mark.parametrize(
    ("serving", "same", "expected"),
    [
        (ALL, (), (0.6, 0.1, 0.3)),
        (("champion", "challenger"), (), (0.857143, 0.142857, 0.0)),
        (("champion", "bold"), ("challenger",), (0.7, 0.0, 0.3)),
        (("champion",), (), (1.0, 0.0, 0.0)),
        (("challenger",), (), (0.0, 1.0, 0.0)),
        (("challenger", "bold"), (), (0.0, 0.25, 0.75)),
        ((), (), (0.0, 0.0, 0.0)),
        ((), ("bold",), (0.0, 0.0, 0.0)),
    ],
    ids=[
        "all serve",
        "what does not serve leaves its share to all",
        "the champion's own version leaves its share to the champion",
        "the champion alone",
        "a challenger alone",
        "without the champion",
        "nothing serves",
        "nothing serves, and one would be the same",
    ],
)
def test_what_serves_has_all_callers_between_it(
    serving: tuple[str, ...], same: tuple[str, ...], expected: tuple[float, ...]
) -> None:
    assert tuple(split(*serving, same=same).values()) == expected


def test_a_task_without_challengers_is_its_champions() -> None:
    assert weights({}, "champion", ["champion"], []) == {"champion": 1.0}


def test_a_weight_has_no_noise_of_floating_point() -> None:
    assert split("champion", "a", "b", a=0.1, b=0.2) == {"champion": 0.7, "a": 0.1, "b": 0.2}


def test_a_variant_of_the_champions_version_keeps_its_share_while_it_serves() -> None:
    assert split(*ALL, same=("bold",)) == split(*ALL)


def test_what_serves_is_never_said_to_have_no_share() -> None:
    assert split("champion", "tiny", tiny=1e-9)["tiny"] > 0


NAMES = ("champion", "a", "b", "c")
PARTS = st.lists(st.integers(1, 1000), min_size=4, max_size=4)
SOME = st.sets(st.sampled_from(NAMES))


def shares_of(parts: list[int]) -> dict[str, float]:
    """Of the challengers; the first part is the champion's."""
    return {name: part / sum(parts) for name, part in zip(NAMES[1:], parts[1:], strict=True)}


@given(PARTS, SOME, SOME)
def test_weights_sum_to_1_where_something_serves(parts: list[int], serving: set[str], same: set[str]) -> None:
    found = weights(shares_of(parts), "champion", serving, same - {"champion"})

    assert all((0 < weight <= 1) if name in serving else weight == 0 for name, weight in found.items())
    assert sum(found.values()) == pytest.approx(1 if serving else 0, abs=len(NAMES) * 10**-DECIMALS)


@given(PARTS, st.sampled_from(NAMES[1:]), st.sampled_from(["gone", "failed", "same"]))
def test_a_challenger_that_goes_changes_nothing_between_the_others(parts: list[int], goes: str, how: str) -> None:
    shares = shares_of(parts)
    before = weights(shares, "champion", NAMES, ())
    left = {name: share for name, share in shares.items() if name != goes or how != "gone"}
    after = weights(left, "champion", set(NAMES) - {goes}, {goes} if how == "same" else ())

    for one, other in itertools.permutations(set(NAMES) - {goes, "champion"}, 2):
        assert after[one] * before[other] == pytest.approx(before[one] * after[other], abs=1e-5)
