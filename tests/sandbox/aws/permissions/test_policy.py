"""What policies allow, by IAM's rules: one behaviour each, and properties that hold of every policy and request."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.permissions.policy import (
    BadPolicy,
    Clause,
    Context,
    Decision,
    Need,
    Statement,
    Verdict,
    arn_matches,
    decide,
    holds,
    matches,
    read,
    without,
)

ENDPOINT = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/prod-spam"
NEED = Need("sagemaker:DeleteEndpoint", ENDPOINT)


def policy(**elements: Any) -> dict[str, Any]:
    """One statement that allows the need, with other elements; None takes one out."""
    usual = {"Sid": "One", "Effect": "Allow", "Action": NEED.action, "Resource": ENDPOINT}
    statement = {name: value for name, value in {**usual, **elements}.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allowed(need: Need = NEED, **elements: Any) -> bool:
    return decide(read(policy(**elements)), need).allowed


# Actions and resources


def test_what_a_statement_names_is_allowed_and_nothing_else():
    assert decide(read(policy()), NEED) == Decision(Verdict.ALLOWED, "One")
    assert decide(read(policy()), replace(NEED, action="sagemaker:DeleteModel")) == Decision(Verdict.NOT_ALLOWED)
    assert not allowed(replace(NEED, resource=ENDPOINT + "-2"))
    assert decide((), NEED) == Decision(Verdict.NOT_ALLOWED)


@pytest.mark.parametrize(
    "action", ["*", "sagemaker:*", "sagemaker:Delete*", "sagemaker:?eleteEndpoint", "sagemaker:deleteendpoint"]
)
def test_actions_have_wildcards_and_no_case(action: str) -> None:
    assert allowed(Action=action)


def test_resources_have_wildcards_and_case():
    assert allowed(Resource="arn:aws:sagemaker:*:*:endpoint/prod-*")
    assert not allowed(Resource="arn:aws:sagemaker:*:*:endpoint/PROD-*")


def test_a_wildcard_does_not_reach_into_another_part_of_the_arn():
    assert not arn_matches("arn:aws:sagemaker:*", ENDPOINT)
    assert not arn_matches("arn:aws:sagemaker:*:endpoint/prod-spam", ENDPOINT)
    assert not arn_matches("arn:aws:s3:::endpoint/prod-spam", ENDPOINT)
    assert arn_matches("arn:aws:sagemaker:eu-west-1:123456789012:*", ENDPOINT)
    assert arn_matches("arn:aws:cloudwatch:eu-west-1:1:alarm:a*", "arn:aws:cloudwatch:eu-west-1:1:alarm:a:b/c")


def test_on_nothing_in_particular_only_a_star_allows():
    need = Need("sagemaker:ListEndpoints", "*")
    assert allowed(need, Action=need.action, Resource="*")
    assert not allowed(need, Action=need.action, Resource="arn:aws:sagemaker:eu-west-1:123456789012:endpoint/x")


def test_all_but_some_actions_or_resources():
    assert not allowed(Action=None, NotAction="sagemaker:Delete*")
    assert allowed(Action=None, NotAction="sagemaker:Create*")
    assert not allowed(Resource=None, NotResource=ENDPOINT)
    assert allowed(Resource=None, NotResource=ENDPOINT + "-2")


def test_what_is_denied_is_denied_whatever_allows_it():
    document = policy(Action="*", Resource="*")
    document["Statement"].append({"Sid": "No", "Effect": "Deny", "Action": "sagemaker:Delete*", "Resource": "*"})
    for statements in (read(document), tuple(reversed(read(document)))):
        assert decide(statements, NEED) == Decision(Verdict.DENIED, "No")
        assert decide(statements, replace(NEED, action="sagemaker:DescribeEndpoint")).allowed


# Conditions


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holding"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringLike", "a*", "ab", True),
        ("StringNotLike", "a*", "ab", False),
        ("ArnLike", "arn:aws:sagemaker:*:*:endpoint/prod-*", ENDPOINT, True),
        ("ArnEquals", "arn:aws:sagemaker:*:*:endpoint/dev-*", ENDPOINT, False),
        ("ArnNotLike", "arn:aws:sagemaker:*:*:endpoint/dev-*", ENDPOINT, True),
        ("NumericLessThanEquals", "3072", "3072", True),
        ("NumericLessThanEquals", "3072", "4096", False),
        ("NumericLessThan", "3072", "3072", False),
        ("NumericGreaterThan", "5", "10", True),
        ("NumericGreaterThanEquals", "10", "9", False),
        ("NumericEquals", "2", "2.0", True),
        ("NumericNotEquals", "2", "2.0", False),
        ("Bool", "true", "true", True),
        ("Bool", "true", "false", False),
    ],
)
def test_operators(operator: str, wanted: Any, given: str, holding: bool) -> None:
    need = replace(NEED, context={"key": given})
    assert allowed(need, Condition={operator: {"key": wanted}}) is holding


@pytest.mark.parametrize(
    ("operator", "holding"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("NumericLessThanEquals", False),
        ("NumericLessThanEqualsIfExists", True),
        ("Bool", False),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_of_a_key_that_is_missing(operator: str, holding: bool) -> None:
    value = "true" if operator == "Bool" else "1"
    assert allowed(Condition={operator: {"key": value}}) is holding


def test_whether_there_is_a_key():
    there = replace(NEED, context={"sagemaker:TaggingAction": "CreateModel"})
    for wanted, with_it, without_it in (("false", True, False), ("true", False, True)):
        condition = {"Null": {"sagemaker:TaggingAction": wanted}}
        assert allowed(there, Condition=condition) is with_it
        assert allowed(NEED, Condition=condition) is without_it


def test_a_key_with_several_values_needs_a_set_operator():
    need = replace(NEED, context={"aws:TagKeys": ("a", "b")})
    assert not allowed(need, Condition={"StringEquals": {"aws:TagKeys": ["a", "b"]}})
    assert allowed(need, Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}})
    assert not allowed(need, Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}})
    assert allowed(need, Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}})


def test_every_key_and_every_operator_has_to_hold_and_names_of_keys_have_no_case():
    need = replace(NEED, context={"aws:ResourceTag/fleet:stack": "prod", "size": "3"})
    both = {"StringEquals": {"aws:resourcetag/fleet:stack": "prod"}, "NumericLessThan": {"size": "4"}}
    assert allowed(need, Condition=both)
    assert not allowed(need, Condition={**both, "NumericLessThan": {"size": "3"}})
    assert not allowed(need, Condition={"StringEquals": {"aws:ResourceTag/fleet:stack": "prod", "other": "x"}})


# What is refused


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ({"Effect": "allow"}, "Effect is 'allow'"),
        ({"Action": None}, "either Action or NotAction"),
        ({"NotAction": "a:B"}, "either Action or NotAction"),
        ({"Resource": None}, "either Resource or NotResource"),
        ({"Resource": "endpoint/x"}, "is not an ARN"),
        ({"Action": "DeleteEndpoint"}, "is not an action"),
        ({"Action": []}, "neither a text nor a list"),
        ({"Principal": "*"}, "no Principal"),
        ({"Resource": "arn:aws:s3:::${aws:username}"}, "variables are not played"),
        ({"Condition": {"StringStartsWith": {"a": "b"}}}, "operator StringStartsWith is not played"),
        ({"Condition": {"DateLessThan": {"a": "b"}}}, "operator DateLessThan is not played"),
        ({"Condition": {"NullIfExists": {"a": "true"}}}, "no condition operator NullIfExists"),
        ({"Condition": {"Bool": {"a": "yes"}}}, "neither true nor false"),
        ({"Condition": {"NumericLessThan": {"a": "many"}}}, "is not a number"),
    ],
)
def test_what_is_not_played_is_refused_and_never_read_as_something_else(elements: dict[str, Any], said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        read(policy(**elements))


def test_a_sid_names_one_statement():
    document = policy()
    document["Statement"] *= 2
    with pytest.raises(BadPolicy, match="the same Sid"):
        read(document)


# Properties

texts = st.text("ab*?:/", max_size=8)
plain = st.text("ab:/", max_size=8)
actions = st.sampled_from(["s:A", "s:B", "t:A"])
resources = st.sampled_from(["*", *(f"arn:aws:s:r:1:{name}" for name in ("a", "b", "a/b"))])
operators = st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"])
tests = st.builds(
    Clause,
    operators,
    st.sampled_from(["k", "l"]),
    st.lists(plain, min_size=1, max_size=3).map(tuple),
    st.sampled_from(["", "ForAllValues", "ForAnyValue"]),
    st.booleans(),
)
statements = st.builds(
    Statement,
    st.sampled_from(["1", "2", "3"]),
    st.booleans(),
    st.lists(st.sampled_from(["*", "s:*", "s:A", "t:?"]), min_size=1, max_size=2).map(tuple),
    st.lists(st.sampled_from(["*", "arn:aws:s:r:1:*", "arn:aws:s:r:*:a"]), min_size=1, max_size=2).map(tuple),
    st.lists(tests, max_size=2).map(tuple),
    st.booleans(),
    st.booleans(),
)
contexts = st.dictionaries(st.sampled_from(["k", "l"]), plain | st.lists(plain, max_size=3).map(tuple))
needs = st.builds(Need, actions, resources, contexts)


@given(st.lists(statements, max_size=4), needs)
def test_the_order_of_statements_does_not_matter(some: list[Statement], need: Need) -> None:
    assert decide(some, need).verdict == decide(some[::-1], need).verdict


@given(st.lists(statements, max_size=4), statements, needs)
def test_one_statement_more_that_allows_takes_nothing_away_and_one_that_denies_gives_nothing(
    some: list[Statement], more: Statement, need: Need
) -> None:
    before, after = decide(some, need).allowed, decide([*some, more], need).allowed
    assert after >= before if more.allows else after <= before


@given(st.lists(statements, max_size=4), needs)
def test_nothing_is_allowed_without_a_statement_that_allows_it(some: list[Statement], need: Need) -> None:
    if decide(some, need).allowed:
        assert any(one.allows and one.covers(need) for one in some)
        assert not any(not one.allows and one.covers(need) for one in some)


@given(statements, needs)
def test_a_statement_covers_what_its_opposite_does_not(one: Statement, need: Need) -> None:
    opposite = replace(one, but_actions=not one.but_actions, tests=())
    alike = replace(one, tests=())
    resource = replace(one, tests=(), actions=("*",), but_actions=False).covers(need)
    assert (alike.covers(need) or opposite.covers(need)) == resource
    assert not (alike.covers(need) and opposite.covers(need))


@given(st.sampled_from(["k"]), st.lists(plain, min_size=1, max_size=3).map(tuple), plain)
def test_a_negated_operator_holds_where_its_opposite_does_not(key: str, wanted: tuple[str, ...], given: str) -> None:
    for one, other in (("StringEquals", "StringNotEquals"), ("StringLike", "StringNotLike")):
        context: Context = {key: given}
        assert holds(Clause(one, key, wanted), context) is not holds(Clause(other, key, wanted), context)


@given(plain)
def test_a_text_without_wildcards_stands_for_itself_alone(text: str) -> None:
    assert matches(text, text)
    assert not matches(text, text + "a")


@given(texts, plain, plain)
def test_a_star_stands_for_anything(pattern: str, one: str, other: str) -> None:
    assert matches(f"{one}*{other}", f"{one}{pattern}{other}")


@given(st.lists(statements, max_size=4), st.sampled_from(["1", "2"]))
def test_less_a_statement_it_is_gone(some: list[Statement], sid: str) -> None:
    assert not [one for one in without(some, sid) if one.sid == sid]
