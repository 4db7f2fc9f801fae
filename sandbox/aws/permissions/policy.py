"""Whether policies allow an action on a resource: IAM's rules for identity policies, strict about what they leave open.

Pure. IAM user guide, policy evaluation logic and the elements Action, Resource and Condition (2026-11). What a request
needs is needs.py. Not played: variables as ${aws:username}, principals, boundaries, session policies.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

Values = tuple[str, ...]
Context = Mapping[str, str | Values]  # a key with several values has a tuple, of one too


class BadPolicy(Exception):
    """A policy that IAM would refuse, or that is not played; the text says which element."""


class Verdict(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"  # by a statement that denies
    NOT_ALLOWED = "not allowed"  # by no statement


@dataclass(frozen=True)
class Need:
    """What somebody must be allowed."""

    action: str
    resource: str  # ARN, or * where the action has none
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    by: str = ""  # Sid of the statement that decided

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED


@dataclass(frozen=True)
class Clause:
    """One key of a condition."""

    operator: str  # without set operator and IfExists
    key: str
    values: Values
    over: str = ""  # ForAllValues or ForAnyValue
    if_exists: bool = False


@dataclass(frozen=True)
class Statement:
    sid: str
    allows: bool  # else it denies
    actions: Values
    resources: Values
    tests: tuple[Clause, ...] = ()
    but_actions: bool = False  # NotAction
    but_resources: bool = False

    def covers(self, need: Need) -> bool:
        action = any(matches(pattern.lower(), need.action.lower()) for pattern in self.actions)
        resource = any(arn_matches(pattern, need.resource) for pattern in self.resources)
        met = action is not self.but_actions and resource is not self.but_resources
        return met and all(holds(test, need.context) for test in self.tests)


def decide(statements: Sequence[Statement], need: Need) -> Decision:
    """A statement that denies has the last word; without one that allows nothing is allowed."""
    covering = [statement for statement in statements if statement.covers(need)]
    if denying := next((one for one in covering if not one.allows), None):
        return Decision(Verdict.DENIED, denying.sid)
    if allowing := next(iter(covering), None):
        return Decision(Verdict.ALLOWED, allowing.sid)
    return Decision(Verdict.NOT_ALLOWED)


# Matching


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.compile("".join(parts), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether a text with * and ? stands for this one."""
    return _pattern(pattern).fullmatch(text) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Part by part: a * does not reach beyond a colon, except in the last part, the resource's own."""
    if pattern == "*":
        return True
    parts, found = pattern.split(":", 5), arn.split(":", 5)
    return len(parts) == len(found) == 6 and all(map(matches, parts, found))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadPolicy(f"{text!r} is not a number") from None


def _number_compares(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, given: compare(_number(given), _number(wanted))


# Of the value of a policy and that of a request. One that negates is one of these, and none of its values may fit.
COMPARES: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": matches,
    "ArnEquals": arn_matches,  # the two behave alike (IAM user guide, ARN condition operators)
    "ArnLike": arn_matches,
    "NumericEquals": _number_compares(lambda given, wanted: given == wanted),
    "NumericLessThan": _number_compares(lambda given, wanted: given < wanted),
    "NumericLessThanEquals": _number_compares(lambda given, wanted: given <= wanted),
    "NumericGreaterThan": _number_compares(lambda given, wanted: given > wanted),
    "NumericGreaterThanEquals": _number_compares(lambda given, wanted: given >= wanted),
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}
NULL = "Null"


def holds(test: Clause, context: Context) -> bool:
    """Whether a condition holds. Names of keys are compared whatever their case."""
    given = next((value for key, value in context.items() if key.lower() == test.key.lower()), None)
    if test.operator == NULL:
        return any(wanted.lower() == str(given is None).lower() for wanted in test.values)
    if given is None:
        return test.if_exists or test.over == "ForAllValues" or (not test.over and test.operator in NEGATED)
    values = given if isinstance(given, tuple) else (given,)
    fits = (_fits(test, value) for value in values)
    if test.over == "ForAnyValue":
        return any(fits)
    if test.over == "ForAllValues":
        return all(fits)
    return len(values) == 1 and all(fits)  # several values need a set operator


def _fits(test: Clause, given: str) -> bool:
    negated = test.operator in NEGATED
    compare = COMPARES[NEGATED.get(test.operator, test.operator)]
    return any(compare(wanted, given) for wanted in test.values) is not negated


# Reading


_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def read(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of an identity policy. Raises BadPolicy."""
    if unknown := document.keys() - {"Version", "Id", "Statement"}:
        raise BadPolicy(f"a policy has no {', '.join(sorted(unknown))}")
    if document.get("Version") != "2012-10-17":
        raise BadPolicy(f"Version {document.get('Version')!r} is not played; use 2012-10-17")
    said = document.get("Statement")
    statements = tuple(map(_statement, said if isinstance(said, list) else [said]))
    sids = [one.sid for one in statements if one.sid]
    if len(set(sids)) < len(sids):
        raise BadPolicy("two statements have the same Sid")
    return statements


def _statement(said: Any) -> Statement:
    if not isinstance(said, Mapping):
        raise BadPolicy("Statement is not a mapping")
    if unknown := said.keys() - _ELEMENTS:
        raise BadPolicy(f"an identity policy has no {', '.join(sorted(unknown))} that is played")
    if said.get("Effect") not in ("Allow", "Deny"):
        raise BadPolicy(f"Effect is {said.get('Effect')!r}")
    actions, but_actions = _one_of(said, "Action", "NotAction")
    resources, but_resources = _one_of(said, "Resource", "NotResource")
    for action in actions:
        if action != "*" and not re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9*?]+", action):
            raise BadPolicy(f"{action!r} is not an action")
    for resource in resources:
        if resource != "*" and resource.count(":") < 5:
            raise BadPolicy(f"{resource!r} is not an ARN")
    tests = tuple(_tests(said.get("Condition", {})))
    allows = said["Effect"] == "Allow"
    return Statement(said.get("Sid", ""), allows, actions, resources, tests, but_actions, but_resources)


def _one_of(said: Mapping[str, Any], element: str, opposite: str) -> tuple[Values, bool]:
    if (element in said) == (opposite in said):
        raise BadPolicy(f"a statement has either {element} or {opposite}")
    return _texts(said[element] if element in said else said[opposite]), opposite in said


def _texts(said: Any) -> Values:
    texts = tuple(said if isinstance(said, list | tuple) else [said])
    if not texts or not all(isinstance(text, str) for text in texts):
        raise BadPolicy(f"{said!r} is neither a text nor a list of texts")
    if variables := [text for text in texts if "${" in text]:
        raise BadPolicy(f"variables are not played: {variables[0]}")
    return texts


def _tests(condition: Mapping[str, Any]) -> Iterator[Clause]:
    for said, keys in condition.items():
        over, _, operator = said.rpartition(":")
        if_exists, operator = operator.endswith("IfExists"), operator.removesuffix("IfExists")
        if operator not in {*COMPARES, *NEGATED, NULL} or over not in ("", "ForAllValues", "ForAnyValue"):
            raise BadPolicy(f"the condition operator {said} is not played")
        if operator == NULL and (over or if_exists):
            raise BadPolicy(f"there is no condition operator {said}")
        for key, values in keys.items():
            test = Clause(operator, key, _texts(values), over, if_exists)
            _check_values(test)
            yield test


def _check_values(test: Clause) -> None:
    if test.operator in ("Bool", NULL) and any(value.lower() not in ("true", "false") for value in test.values):
        raise BadPolicy(f"{test.operator} of {test.key} is neither true nor false")
    if test.operator.startswith("Numeric"):
        for value in test.values:
            _number(value)


def without(statements: Iterable[Statement], sid: str) -> tuple[Statement, ...]:
    """All but the statement of that Sid."""
    return tuple(one for one in statements if one.sid != sid)
