"""Values without quotes that YAML 1.1 and YAML 1.2 read differently: `010`, `1:30`, `yes`, `1_000`, `1e3`.

This program reads with PyYAML, which goes by 1.1; editors, other languages and Pulumi's own files go by 1.2. What is
not the same to both means one thing to who wrote it and another to who reads it.
"""

import json
import re
from datetime import date
from decimal import Decimal

_WORDS: dict[str, object] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_WHOLE = re.compile(r"[-+]?[0-9]+|0o(?P<eight>[0-7]+)|0x(?P<sixteen>[0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NUMBER = re.compile(f"^(?:{_WHOLE.pattern}|{_FLOAT.pattern})$")  # to YAML 1.2
_MOST_DIGITS = 4000  # Python makes no longer number of a text


def newer(text: str) -> object:
    """What YAML 1.2 makes of a value without quotes (core schema, section 10.3.2)."""
    if text in _WORDS:
        return _WORDS[text]
    if infinite := _INFINITE.fullmatch(text):
        return float(f"{infinite[1]}inf")
    if len(text) > _MOST_DIGITS:
        return text
    if whole := _WHOLE.fullmatch(text):
        if digits := whole["eight"]:
            return int(digits, 8)
        return int(whole["sixteen"], 16) if whole["sixteen"] else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def doubt(text: str, older: object) -> str:
    """What to write in place of a value that YAML 1.1 takes for `older`, and 1.2 for another; "" where both agree.

    A day is one to 1.1 alone, and says so by its looks: where none is wanted, it is refused as any other value.
    """
    other = newer(text)
    if isinstance(older, date) or (type(older), repr(older)) == (type(other), repr(other)):
        return ""
    numbers = [_both_read(json.dumps(value)) for value in (older, other) if not isinstance(value, str)]
    readings = " and ".join(
        f"{'text' if isinstance(value, str) else json.dumps(value)} to YAML {version}"
        for value, version in ((older, "1.1"), (other, "1.2"))
    )
    return f"{text} is {readings}; write {' or '.join(dict.fromkeys(numbers))}, or put it in quotes if it is text"


def _both_read(number: str) -> str:
    """A number without an exponent: YAML 1.1 takes 2e-05 for text, because it has no point."""
    if "e" not in number or number in ("true", "false"):
        return number
    plain = f"{Decimal(number):f}"
    return plain if "." in plain else f"{plain}.0"
