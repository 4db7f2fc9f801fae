"""How the answers of a candidate become a verdict, and what a person reads of it."""

import json
from typing import Any

import pytest

from fleet.tasks.model import SmokeTest
from fleet.trial import Answer, Failed, Passed, body, broken, judge, not_started


def smoke_test(*expected: str, **more: Any) -> SmokeTest:
    """One case for each label that is expected: {"text": "a"}, {"text": "b"}, …"""
    cases = [{"payload": {"text": letter}, "expect": label} for letter, label in zip("abcdefg", expected, strict=False)]
    return SmokeTest.model_validate({"cases": cases, **more})


def answers(*contents: object, milliseconds: float = 10) -> list[Answer]:
    return [Answer(json.dumps(content).encode(), milliseconds) for content in contents]


def labelled(*labels: str, milliseconds: float = 10) -> list[Answer]:
    return answers(*({"label": label, "score": 0.9} for label in labels), milliseconds=milliseconds)


def reason(test: SmokeTest, given: list[Answer]) -> str:
    verdict = judge(test, given)
    assert isinstance(verdict, Failed)
    return verdict.reason


# What passes


def test_the_expected_labels_pass() -> None:
    assert judge(smoke_test("good", "bad"), labelled("good", "bad")) == Passed()


def test_a_share_as_large_as_min_agreement_passes() -> None:
    expected = smoke_test(*"ggggg", min_agreement=0.6)
    assert judge(expected, labelled(*"gggbb")) == Passed()
    assert isinstance(judge(expected, labelled(*"ggbbb")), Failed)


def test_a_call_as_slow_as_max_latency_ms_passes() -> None:
    assert judge(smoke_test("good", max_latency_ms=2000), labelled("good", milliseconds=2000)) == Passed()


def test_without_max_latency_ms_no_call_is_too_slow() -> None:
    assert judge(smoke_test("good"), labelled("good", milliseconds=59_000)) == Passed()


@pytest.mark.parametrize(
    ("label", "content", "expected"),
    [
        ("[0].label", [{"label": "good"}], "good"),
        ("max_by(predictions, &score).label", {"predictions": [{"label": "good", "score": 1}]}, "good"),
        ("spam", {"spam": True}, "true"),
        ("class", {"class": 1}, "1"),
        ("@", "good", "good"),
    ],
)
def test_the_label_is_where_jmespath_finds_it(label: str, content: object, expected: str) -> None:
    assert judge(smoke_test(expected, label=label), answers(content)) == Passed()


# What fails, and why


def test_a_wrong_label_is_told_with_its_payload() -> None:
    test = SmokeTest.model_validate(
        {
            "cases": [{"payload": {"text": "great phone"}, "expect": "positive"}]
            + [{"payload": {"text": str(n)}, "expect": "positive" if n < 2 else "negative"} for n in range(4)],
            "min_agreement": 0.8,
        }
    )
    assert reason(test, labelled("negative", "positive", "positive", "positive", "negative")) == (
        "3 of 5 cases agree (0.6), min_agreement is 0.8; "
        '{"text": "great phone"} gave "negative", expected "positive"; '
        '{"text": "2"} gave "positive", expected "negative"'
    )


def test_the_first_three_wrong_cases_are_named() -> None:
    told = reason(smoke_test(*"ggggg"), labelled(*"bbbbb"))
    assert told.startswith("0 of 5 cases agree (0), min_agreement is 1.0; ")
    assert [f'{{"text": "{letter}"}}' in told for letter in "abcde"] == [True, True, True, False, False]
    assert told.endswith("; …")


def test_long_texts_are_cut() -> None:
    test = SmokeTest.model_validate({"cases": [{"payload": "x" * 500, "expect": "good"}]})
    told = reason(test, labelled("y" * 500))
    assert f'"{"x" * 58}… gave "{"y" * 58}…, expected "good"' in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"<html>\n  busy", '{"text": "a"} gave no JSON: <html> busy'),
        (b"\xff\xfe\xff", '{"text": "a"} gave no JSON: \ufffd\ufffd\ufffd'),
        (b"", '{"text": "a"} gave no JSON: '),
        (b"[" * 100_000, f'{{"text": "a"}} gave no JSON: {"[" * 59}…'),
        (b'{"labels": ["good"]}', '{"text": "a"} gave nothing at label: {"labels": ["good"]}'),
        (b'{"label": null}', '{"text": "a"} gave nothing at label: {"label": null}'),
    ],
)
def test_an_answer_without_a_label_is_a_wrong_answer(given: bytes, told: str) -> None:
    assert reason(smoke_test("good"), [Answer(given, 10)]).endswith(told)


def test_an_answer_that_the_expression_does_not_take_is_a_wrong_answer() -> None:
    told = reason(smoke_test("good", label="max_by(@, &score).label"), answers({"label": "good"}))
    assert told.endswith('gave nothing at max_by(@, &score).label: {"label": "good"}')


def test_the_slowest_call_counts_and_is_never_shown_as_the_limit() -> None:
    given = [*labelled("good"), *labelled("good", milliseconds=2000.2)]
    told = "slowest warm call took 2001 ms, max_latency_ms is 2000"
    assert reason(smoke_test("good", "good", max_latency_ms=2000), given) == told


def test_wrong_and_slow_are_both_told() -> None:
    told = reason(smoke_test("good", max_latency_ms=5), labelled("bad"))
    assert told.startswith("0 of 1 cases agree")
    assert told.endswith("; slowest warm call took 10 ms, max_latency_ms is 5")


def test_a_container_that_fails_is_told_with_its_words() -> None:
    case = smoke_test("good").cases[0]
    words = '{\n  "error": "no vocabulary"\n}'
    assert broken(case, 500, words).reason == '{"text": "a"}: the container answered 500: { "error": "no vocabulary" }'
    traceback = "Traceback:\n" + "  File serve.py\n" * 50 + "ValueError: no label\n"
    reason = broken(case, None, traceback).reason
    assert reason.startswith('{"text": "a"}: the container failed: Traceback: File serve.py ')
    assert reason.endswith(" File serve.py ValueError: no label")
    assert len(reason) <= len('{"text": "a"}: the container failed: ') + 200


def test_a_candidate_that_does_not_start_is_told_even_without_a_reason() -> None:
    assert not_started("The primary container exited").reason == "does not start: The primary container exited"
    assert not_started("").reason == "does not start: SageMaker gives no reason"


# What is sent


@pytest.mark.parametrize(
    ("content_type", "payload", "sent"),
    [
        ("application/json", {"text": "größer"}, '{"text": "größer"}'),
        ("application/json", "great", '"great"'),
        ("application/vnd.fleet+json", "great", '"great"'),
        ("text/csv", "great,5", "great,5"),
    ],
)
def test_a_payload_is_sent_as_its_media_type_says(content_type: str, payload: object, sent: str) -> None:
    cases = [{"payload": payload, "expect": "good"}]
    test = SmokeTest.model_validate({"content_type": content_type, "cases": cases})
    assert body(test, test.cases[0]) == sent.encode()
