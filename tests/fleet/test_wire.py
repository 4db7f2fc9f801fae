"""Whatever is sent over Pulumi's wire comes back as it was, although every number comes back as a double."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from fleet import contract, wire
from fleet.choice import Questions
from fleet.memory import Intent, Outcome, Sighting, Verdict
from fleet.revision import Limits, Revision, Settings
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, NothingApproved, OnHold, Refused, Unknown, Version

WORDS, NUMBERS = st.text(max_size=8), st.integers(0, 2**53)
OF_TYPE: dict[Any, Any] = {
    str: WORDS,
    int: NUMBERS,
    str | None: st.none() | WORDS,
    int | None: st.none() | NUMBERS,
    Mapping[str, str]: st.dictionaries(WORDS, WORDS, max_size=3),
    Limits | None: st.none() | st.builds(Limits, least=NUMBERS, most=NUMBERS),
}
SETTINGS = st.builds(Settings, **{name: OF_TYPE[hint] for name, hint in get_type_hints(Settings).items()})
REVISION = st.builds(Revision, name=WORDS, version=NUMBERS, package=WORDS, settings=SETTINGS)
REVISIONS = st.lists(REVISION, max_size=2).map(tuple)
SIGHTING = st.none() | st.builds(Sighting, config=WORDS, modified=WORDS, provisioned=NUMBERS)
VERSIONS = st.lists(st.builds(Version, number=NUMBERS, package=WORDS, approved=WORDS), max_size=2).map(tuple)
ANSWER = st.one_of(
    st.builds(Approved, version=NUMBERS, package=WORDS, approved=WORDS, older=VERSIONS, passed_over=VERSIONS),
    st.builds(NothingApproved, passed_over=VERSIONS),
    st.builds(Unknown, error=WORDS, pin=NUMBERS),
    st.builds(Refused, reason=WORDS),
    st.just(OnHold()),
)
LIVE = st.one_of(
    st.builds(
        LiveEndpoint,
        status=WORDS,
        config=WORDS,
        modified=WORDS,
        provisioned=NUMBERS,
        failure=WORDS,
        ours=st.booleans(),
        serving=st.none() | REVISION,
        instance_based=st.booleans(),
    ),
    st.just(Absent()),
    st.builds(Unknown, error=WORDS),
)
INTENT = st.builds(
    Intent,
    wanted=WORDS,
    turn=NUMBERS,
    declared=REVISIONS,
    dropped=REVISIONS,
    target=WORDS,
    serving=WORDS,
    previous=WORDS,
    before=SIGHTING,
    held=st.booleans(),
    generation=NUMBERS,
)
OUTCOME = st.builds(
    Outcome,
    endpoint=WORDS,
    declared=st.lists(WORDS, max_size=2).map(tuple),
    missing=st.lists(WORDS, max_size=2).map(tuple),
    tried=WORDS,
    turn=NUMBERS,
    verdict=st.sampled_from(Verdict),
    failure=WORDS,
    serving=WORDS,
    modified=WORDS,
    provisioned=NUMBERS,
    endpoint_status=WORDS,
    approved_version=NUMBERS,
    memory_mb=NUMBERS,
    max_concurrency=NUMBERS,
    served=st.lists(WORDS, max_size=2).map(tuple),
    by_decision=st.booleans(),
)
PLAN = st.builds(
    Plan,
    kind=st.sampled_from(Kind),
    declared=REVISIONS,
    wanted=st.none() | REVISION,
    doubtful=st.lists(WORDS, max_size=2).map(tuple),
    target=WORDS,
    turn=NUMBERS,
    generation=NUMBERS,
)
TYPED = st.one_of(
    *(
        st.tuples(st.just(kind), values)
        for kind, values in [
            (Settings, SETTINGS),
            (Answer, ANSWER),
            (Live, LIVE),
            (Intent, INTENT),
            (Outcome, OUTCOME),
            (Plan, PLAN),
        ]
    )
)
EXAMPLE = Settings("toxicity", "role", memory_mb=2048, max_concurrency=5)


def sent(value: Any) -> Any:
    """A mapping as the other side of Pulumi's own wire gets it."""
    return rpc.deserialize_properties(asyncio.run(rpc.serialize_properties(value, {})))


@given(TYPED)
def test_every_value_comes_back_from_the_wire_as_it_was(typed: tuple[Any, Any]) -> None:
    kind, value = typed
    assert wire.decode(kind, sent({"value": wire.encode(value)})["value"]) == value


@given(OUTCOME)
def test_what_is_packed_is_one_line_and_comes_back_as_it_was(value: Outcome) -> None:
    packed = wire.pack(value)
    assert len(packed.splitlines()) == 1
    assert contract.outcome(packed) == value


@given(OUTCOME)
def test_what_releases_up_to_0_3_wrote_unpacked_reads_the_same(value: Outcome) -> None:
    assert contract.outcome(sent({"run": wire.encode(value)})["run"]) == value


def test_what_is_packed_is_no_json_that_the_engine_would_show_line_by_line() -> None:
    packed = wire.pack(Outcome(endpoint="toxicity", version=7))
    assert packed == 'json {"endpoint":"toxicity","version":7}'
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(packed)


@pytest.mark.parametrize("unreadable", ["", "json", "json {", "gzip …", 'json "text"', 7])
def test_what_cannot_be_unpacked_raises_instead_of_meaning_nothing(unreadable: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        contract.outcome(unreadable)


@given(TYPED)
def test_no_none_crosses_the_wire(typed: tuple[Any, Any]) -> None:
    assert None not in leaves(wire.encode(typed[1]))


def leaves(value: Any) -> list[Any]:
    match value:
        case dict():
            return [leaf for item in value.values() for leaf in leaves(item)]
        case list():
            return [leaf for item in value for leaf in leaves(item)]
    return [value]


def test_the_wire_makes_doubles_of_numbers() -> None:
    """What the module is for: should it ever fail, much of it can go."""
    assert repr(sent({"version": 1})["version"]) == "1.0"


def test_a_version_that_came_back_as_a_double_is_written_without_a_point() -> None:
    settings = wire.decode(Settings, {**wire.encode(EXAMPLE), "attempt": 2.0, "memory_mb": 3072.0})
    assert f"{settings.attempt} {settings.memory_mb}" == "2 3072"


def test_what_the_registry_is_asked_arrives_in_whole_numbers() -> None:
    asked = wire.encode(Questions(("spam",), pins={"spam": [7]}, soaks={"spam": 24}))
    arrived = wire.whole(sent(asked))
    assert arrived == {"groups": ["spam"], "pins": {"spam": [7]}, "soaks": {"spam": 24}}
    assert repr((arrived["pins"], arrived["soaks"])) == "({'spam': [7]}, {'spam': 24})"


def test_whole_reaches_into_lists_and_mappings() -> None:
    assert repr(wire.whole({"a": [1.0, {"b": 2.0}], "c": (3.0,)})) == "{'a': [1, {'b': 2}], 'c': [3]}"


@pytest.mark.parametrize("value", [0.7, True, "1.0", None])
def test_whole_leaves_alone_what_is_no_whole_double(value: object) -> None:
    assert wire.whole(value) is value


def test_what_is_none_is_left_out_and_comes_back_as_none() -> None:
    encoded = wire.encode(EXAMPLE)
    assert "provisioned_concurrency" not in encoded
    assert wire.decode(Settings, encoded).provisioned_concurrency is None


def test_fields_of_another_release_are_passed_over() -> None:
    assert wire.decode(Outcome, {"tried": "toxicity-v8-3fa9c1", "from_the_future": {"is": "new"}}) == Outcome(
        tried="toxicity-v8-3fa9c1"
    )


def test_fields_that_an_older_release_did_not_write_take_their_defaults() -> None:
    assert wire.decode(Intent, {"wanted": "toxicity-v8-3fa9c1"}) == Intent(wanted="toxicity-v8-3fa9c1")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Approved(1, "arn"), "approved"),
        (NothingApproved(), "nothing-approved"),
        (Unknown("down"), "unknown"),
        (Refused("not approved"), "refused"),
        (OnHold(), "stay"),
        (Absent(), "absent"),
        (LiveEndpoint("InService", "c", "t"), "endpoint"),
    ],
)
def test_a_member_of_a_union_carries_its_name(value: object, name: str) -> None:
    assert wire.encode(value)["is"] == name


@pytest.mark.parametrize("unreadable", [{"is": "something-new"}, {"version": 1}, "unknown", {}])
def test_an_answer_that_cannot_be_read_raises_instead_of_meaning_nothing(unreadable: object) -> None:
    with pytest.raises((KeyError, TypeError)):
        wire.decode(Answer, unreadable)


@pytest.mark.parametrize("kind", ["", "something-new"])
def test_a_kind_of_plan_that_is_not_known_raises(kind: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Kind"):
        wire.decode(Plan, {"kind": kind})


def test_a_double_is_the_same_as_its_whole_number() -> None:
    assert wire.same({"plan": {"turn": 1.0}}, {"plan": {"turn": 1}}, "plan")


def test_only_the_keys_asked_for_are_compared() -> None:
    olds, news = {"plan": 1, "intent": 1}, {"plan": 1, "intent": 2}
    assert wire.same(olds, news, "plan") and not wire.same(olds, news, "plan", "intent")


def test_what_is_hidden_is_the_same_as_what_releases_up_to_0_3_named_in_the_open() -> None:
    assert wire.same({"plan": {"turn": 1}}, {"__plan": {"turn": 1.0}}, "plan")
    assert not wire.same({"plan": {"turn": 1}}, {"__plan": {"turn": 2}}, "plan")


def test_what_this_release_wrote_goes_before_what_an_earlier_one_did() -> None:
    assert wire.given({"plan": "old", "__plan": "new"}, "plan") == "new"
    assert (wire.given({"plan": "old"}, "plan"), wire.given({}, "plan")) == ("old", None)


def test_a_key_that_is_missing_on_one_side_is_a_difference() -> None:
    assert not wire.same({}, {"plan": {}}, "plan")
