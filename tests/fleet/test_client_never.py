"""What must never happen to a split, over all weights and keys: a key that moves though its variants did not change."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fleet.client import Variant, choose

WEIGHTS = st.lists(st.floats(0.001, 1), min_size=2, max_size=4)
KEYS = st.lists(st.text(), min_size=1, max_size=30)


def split(weights: list[float]) -> list[Variant]:
    """Variants as the contract has them: a weight of 0 is not there, the others sum to 1."""
    return [Variant(f"v{n}", f"v{n}", 1, weight / sum(weights)) for n, weight in enumerate(weights) if weight]


@settings(deadline=None)
@given(WEIGHTS, st.data(), st.floats(0, 1), KEYS)
def test_a_changed_weight_moves_keys_only_into_or_out_of_its_variant(
    weights: list[float], data: st.DataObject, weight: float, keys: list[str]
) -> None:
    changed = data.draw(st.integers(0, len(weights) - 1))
    after = [weight if n == changed else other for n, other in enumerate(weights)]
    assume(weight == 0 or weight > 0.001)

    for key in keys:
        source = choose("task", split(weights), key).name
        target = choose("task", split(after), key).name
        if source != target:
            assert (target if weight > weights[changed] else source) == f"v{changed}"
            assert f"v{changed}" in (source, target)


@settings(deadline=None)
@given(WEIGHTS, st.text())
def test_every_key_has_a_variant(weights: list[float], key: str) -> None:
    assert choose("task", split(weights), key) in split(weights)
