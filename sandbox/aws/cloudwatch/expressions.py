"""Metric math, as far as alarms need it: + - * / of metrics and numbers, comparisons, IF and FILL with a number.

An operation on two metrics has a value only where both have one.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.world import AwsError

Series = Mapping[float, float]  # the beginning of a period, as epoch seconds -> the value

_OPERATORS: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def reckon(expression: str, metrics: Mapping[str, Series], periods: frozenset[float]) -> Series:
    """The expression in every period where it has a value; `periods` are those that FILL fills.

    Raises AwsError (UnsupportedOperation) for what is not played, also where no metric has a value.
    """
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        raise _not_played(expression) from None
    value = _value(tree, expression, metrics, periods)
    return value if isinstance(value, Mapping) else dict.fromkeys(periods, value)


def _value(node: ast.expr, whole: str, metrics: Mapping[str, Series], periods: frozenset[float]) -> Any:
    """A series, or a number where no metric is in the expression."""

    def of(part: ast.expr) -> Any:
        return _value(part, whole, metrics, periods)

    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in metrics:
            return metrics[name]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            return _joined(_OPERATORS[type(sign)], of(left), of(right))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _OPERATORS:
            return _joined(_OPERATORS[type(sign)], of(left), of(right))
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            chosen = _joined(lambda is_so, value: (is_so, value), of(condition), of(yes))
            return _joined(lambda pair, other: pair[1] if pair[0] else other, chosen, of(no))
        case ast.Call(func=ast.Name(id="FILL"), args=[series, number]):
            known, filler = of(series), of(number)
            if isinstance(known, Mapping) and isinstance(filler, float):
                return dict.fromkeys(periods, filler) | dict(known)
    raise _not_played(whole)


def _joined(apply: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    match left, right:
        case Mapping(), Mapping():
            return _defined({at: (left[at], right[at]) for at in left if at in right}, apply)
        case Mapping(), _:
            return _defined({at: (value, right) for at, value in left.items()}, apply)
        case _, Mapping():
            return _defined({at: (left, value) for at, value in right.items()}, apply)
        case _:
            return apply(left, right)


def _defined(pairs: Mapping[float, tuple[Any, Any]], apply: Callable[[Any, Any], Any]) -> dict[float, Any]:
    """Without the periods in which something is divided by zero: CloudWatch has no value there."""
    return {
        at: apply(left, right) for at, (left, right) in pairs.items() if right != 0 or apply is not operator.truediv
    }


def _not_played(expression: str) -> AwsError:
    return AwsError(f"the sandbox does not play the expression {expression!r}", code="UnsupportedOperation")
