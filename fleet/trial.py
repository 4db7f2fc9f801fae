"""What becomes of a candidate: how its answers to a smoke test make a verdict.

Pure: answers come in as values. Making, calling and removing the candidate is fleet/aws/candidates.py.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import jmespath
from jmespath.exceptions import JMESPathError

from fleet.tasks.model import Case, SmokeTest
from fleet.tasks.values import is_json

SHOWN_CASES = 3  # wrong answers that a reason names; it stands in a status line
SHOWN_CHARACTERS = 60  # of a payload or an answer
SHOWN_ERROR = 200  # characters of what a container or SageMaker says


@dataclass(frozen=True)
class Passed:
    """Consumers may see the revision."""

    note: str = ""  # what of the candidate could not be removed; the next run removes it


@dataclass(frozen=True)
class Failed:
    """Consumers must not see the revision."""

    reason: str
    note: str = ""  # as in Passed


@dataclass(frozen=True)
class Answer:
    """What a model answered to one case."""

    body: bytes
    milliseconds: float  # from the call until its answer was read


def body(test: SmokeTest, case: Case) -> bytes:
    """What is sent."""
    as_it_is = isinstance(case.payload, str) and not is_json(test.content_type)
    return (case.payload if as_it_is else json.dumps(case.payload, ensure_ascii=False)).encode()


def judge(test: SmokeTest, answers: Sequence[Answer]) -> Passed | Failed:
    """The verdict on the answers of a warm candidate, one a case, in their order."""
    reasons = (_disagreement(test, answers), _slowness(test, answers))
    reason = "; ".join(filter(None, reasons))
    return Failed(reason) if reason else Passed()


def broken(case: Case, status: int | None, message: str) -> Failed:
    """The verdict on a container that answered with an error instead."""
    answered = f"answered {status}" if status else "failed"
    return Failed(f"{_shown(case.payload)}: the container {answered}: {_both_ends(message, SHOWN_ERROR)}")


def not_started(why: str) -> Failed:
    """The verdict on a candidate that never came to answer."""
    return Failed(f"does not start: {_cut(why, SHOWN_ERROR) or 'SageMaker gives no reason'}")


def _disagreement(test: SmokeTest, answers: Sequence[Answer]) -> str:
    wrong = list(filter(None, map(lambda case, answer: _mistake(test, case, answer), test.cases, answers)))
    cases, agree = len(test.cases), len(test.cases) - len(wrong)
    if agree / cases >= test.min_agreement:
        return ""
    shown = "; ".join(wrong[:SHOWN_CASES]) + ("; …" if len(wrong) > SHOWN_CASES else "")
    return f"{agree} of {cases} cases agree ({agree / cases:.4g}), min_agreement is {test.min_agreement}; {shown}"


def _mistake(test: SmokeTest, case: Case, answer: Answer) -> str:
    """What is wrong with an answer; "" where it has the expected label."""
    asked = _shown(case.payload)
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return f"{asked} gave no JSON: {_cut(answer.body.decode(errors='replace'), SHOWN_CHARACTERS)}"
    try:
        label = jmespath.search(test.label, content)
    except JMESPathError:  # a function that does not take what is there
        label = None
    if label is None:
        return f"{asked} gave nothing at {test.label}: {_shown(content)}"
    given = label if isinstance(label, str) else json.dumps(label)  # 1 and true are labels too
    return "" if given == case.expect else f"{asked} gave {_shown(given)}, expected {_shown(case.expect)}"


def _slowness(test: SmokeTest, answers: Sequence[Answer]) -> str:
    slowest = max(answer.milliseconds for answer in answers)
    if test.max_latency_ms is None or slowest <= test.max_latency_ms:
        return ""
    return f"slowest warm call took {math.ceil(slowest)} ms, max_latency_ms is {test.max_latency_ms}"


def _shown(value: object) -> str:
    return _cut(json.dumps(value, ensure_ascii=False), SHOWN_CHARACTERS)


def _both_ends(text: str, most: int) -> str:
    """Cut in the middle: a container's traceback says at its end what was wrong."""
    line, half = " ".join(text.split()), most // 2
    return line if len(line) <= most else f"{line[: half - 3]} … {line[-half:]}"


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
