"""What is written so that somebody, or some program, reads it as something else is refused, by character and place."""

import re
import unicodedata
from pathlib import Path

import pytest
import yaml

from fleet import characters, scalars
from fleet.tasks.load import TaskListError, parse
from fleet.tasks.model import Task


def read(text: str) -> dict[str, Task]:
    return {task.name: task for task in parse(text, Path("tasks.yaml"))}


def refused(text: str) -> list[str]:
    with pytest.raises(TaskListError) as refusal:
        read(text)
    return refusal.value.errors


def one(settings: str) -> str:
    return f"tasks:\n  toxicity: {{{settings}}}\n"


# --- characters that nobody sees ------------------------------------------------------------------------------------

IN_DOUBLE_QUOTES = 'take it out, or write "{}" in double quotes if it is meant'


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\u200b", "U+200B (ZERO WIDTH SPACE)"),
        ("\u00a0", "U+00A0 (NO-BREAK SPACE)"),
        ("\ufeff", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
        ("\u00ad", "U+00AD (SOFT HYPHEN)"),
        ("\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("\u2066", "U+2066 (LEFT-TO-RIGHT ISOLATE)"),
        ("\u200d", "U+200D (ZERO WIDTH JOINER)"),
        ("\u2060", "U+2060 (WORD JOINER)"),
        ("\u3000", "U+3000 (IDEOGRAPHIC SPACE)"),
        ("\u3164", "U+3164 (HANGUL FILLER)"),
        ("\ufe0f", "U+FE0F (VARIATION SELECTOR-16)"),
        ("\U000e0041", "U+E0041 (TAG LATIN CAPITAL LETTER A)"),
    ],
)
def test_a_character_that_nobody_sees_is_named_with_its_line_and_column(sign: str, name: str) -> None:
    told = f"{name} in column 11 cannot be seen"
    value = f"tasks:\n  spam: {{}}\n  toxicity:\n    group: te{sign}am\n"
    advice = IN_DOUBLE_QUOTES.format(characters.escape(sign))
    assert refused(value) == [f"tasks.yaml:4: toxicity.group: {told.replace('11', '14')}; {advice}"]
    key = f"tasks:\n  spam: {{}}\n  toxicity:\n    memory{sign}_mb: 1024\n"
    escaped = f"memory{characters.escape(sign)}_mb"
    assert refused(key) == [f"tasks.yaml:4: toxicity.{escaped}: {told}; take it out"]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085"])
def test_what_ends_a_line_only_for_some_is_named_too(sign: str) -> None:
    (error,) = refused(f"tasks:\n  toxicity: {{owner: 'a{sign}b'}}\n")
    assert error.startswith(f"tasks.yaml:2: toxicity.owner: U+{ord(sign):04X} (")


def test_in_indentation_it_is_part_of_the_name_that_follows() -> None:
    text = "tasks:\n  toxicity:\n  \u00a0 memory_mb: 1024\n"
    assert refused(text)[-1].startswith(
        "tasks.yaml:3: \\u00a0 memory_mb: U+00A0 (NO-BREAK SPACE) in column 3 cannot be"
    )


def test_between_names_and_values_it_has_a_line_and_a_column() -> None:
    text = "tasks:\n  toxicity: { \u200b}\n"
    assert "U+200B (ZERO WIDTH SPACE) in column 15 cannot be seen" in refused(text)[0]


def test_several_in_one_value_are_told_once_and_those_of_other_lines_too() -> None:
    text = "tasks:\n  toxicity:\n    owner: a\u200bb\u200bc\n    group: a\u200bb\n    attempt: 0\n"
    errors = refused(text)
    assert [error[:12] for error in errors] == ["tasks.yaml:3", "tasks.yaml:4", "tasks.yaml:5"]


def test_a_file_that_such_a_character_breaks_is_told_both() -> None:
    errors = refused("tasks:\n  toxicity:\n    memory_mb: 1024\n\u00a0 attempt\n# ein\u00a0Satz\n    attempt: 2\n")
    assert errors[0] == "tasks.yaml:4: U+00A0 (NO-BREAK SPACE) in column 1 cannot be seen; take it out"
    assert "is not plain YAML" in errors[1]
    assert len(errors) == 2


def test_a_byte_order_mark_at_the_beginning_is_none_of_them() -> None:
    assert list(read("\ufefftasks: {toxicity: {}}")) == ["toxicity"]


PEOPLE = (
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f 10\u00a0% \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
)


def test_what_models_and_people_read_may_need_them() -> None:
    text = f"""
tasks:
  toxicity:
    pin: {{version: 7, reason: "{PEOPLE}", owner: me, until: 2027-01-31}}  # {PEOPLE}
    smoke_test:
      cases:
      - payload: {{text: "{PEOPLE}", "{PEOPLE}": [{PEOPLE}]}}
        expect: nice
"""
    task = read(text)["toxicity"]
    assert task.pin and task.pin.reason == PEOPLE
    assert task.smoke_test and task.smoke_test.cases[0].payload == {"text": PEOPLE, PEOPLE: [PEOPLE]}


@pytest.mark.parametrize("sign", ["\u202e", "\u2067", "\ufeff", "\u2028"])
def test_what_makes_a_file_read_otherwise_than_it_is_shown_stands_nowhere(sign: str) -> None:
    case = f"cases: [{{payload: 'a{sign}b', expect: nice}}]"
    (payload,) = refused(one(f"smoke_test: {{{case}}}"))
    assert f'write "{characters.escape(sign)}" in double quotes' in payload
    comment = refused(f"tasks:\n  # a{sign}b\n  toxicity: {{}}\n")[0]
    assert comment.startswith(f"tasks.yaml:2: U+{ord(sign):04X} (")


def test_what_is_compared_must_be_clean_or_written_so_that_it_is_seen() -> None:
    test = "smoke_test: {{cases: [{{payload: a, expect: {}}}]}}"
    (error,) = refused(one(test.format("'10\u00a0%'")))
    assert error.startswith("tasks.yaml:2: toxicity.smoke_test.cases[0].expect: U+00A0")
    seen = read(one(test.format(r'"10\u00a0%"')))["toxicity"].smoke_test
    assert seen and seen.cases[0].expect == "10\u00a0%"
    assert read(one(r'environment: {SEPARATOR: "\u200b"}'))["toxicity"].environment == {"SEPARATOR": "\u200b"}


def test_a_name_stays_impossible_however_it_is_written() -> None:
    (error,) = refused(one(r'group: "te\u200bam"'))
    assert error.startswith('tasks.yaml:2: toxicity.group: "te\\u200bam" is not possible; use the name of')


def test_every_space_and_format_character_of_unicode_is_found() -> None:
    # Signs of Arabic, Syriac and Kaithi numbers, verses and abbreviations, and of hieroglyphs: drawn, though of Cf
    drawn = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U00013438 \n\r\t]")
    every = (chr(code) for code in range(0x110000))
    unseen = [sign for sign in every if unicodedata.category(sign) in ("Zs", "Zl", "Zp", "Cf", "Cc")]
    found = {one.sign for one in characters.unseen("x" + "".join(unseen))}
    assert [hex(ord(sign)) for sign in unseen if sign not in found and not drawn.match(sign)] == []


# --- numbers and words that are not the same to every reader --------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("memory_mb: 02000", "02000 is 1024 to YAML 1.1 and 2000 to YAML 1.2; write 1024 or 2000"),
        ("max_concurrency: 010", "010 is 8 to YAML 1.1 and 10 to YAML 1.2; write 8 or 10"),
        ("max_concurrency: 0o10", "0o10 is text to YAML 1.1 and 8 to YAML 1.2; write 8"),
        ("max_concurrency: 089", "089 is text to YAML 1.1 and 89 to YAML 1.2; write 89"),
        ("max_concurrency: 0b11", "0b11 is 3 to YAML 1.1 and text to YAML 1.2; write 3"),
        ("attempt: 1_0", "1_0 is 10 to YAML 1.1 and text to YAML 1.2; write 10"),
        ("soak_hours: 1:30", "1:30 is 90 to YAML 1.1 and text to YAML 1.2; write 90"),
        ("soak_hours: 1e2", "1e2 is text to YAML 1.1 and 100.0 to YAML 1.2; write 100.0"),
        ("soak_hours: 5e-05", "5e-05 is text to YAML 1.1 and 5e-05 to YAML 1.2; write 0.00005"),
        ("soak_hours: 1e22", "1e22 is text to YAML 1.1 and 1e+22 to YAML 1.2; write 10000000000000000000000.0"),
        ("enabled: yes", "yes is true to YAML 1.1 and text to YAML 1.2; write true"),
        ("enabled: Off", "Off is false to YAML 1.1 and text to YAML 1.2; write false"),
        ("owner: 0o10", "0o10 is text to YAML 1.1 and 8 to YAML 1.2; write 8"),
    ],
)
def test_what_yaml_1_1_and_1_2_read_differently_is_refused_with_what_to_write(written: str, told: str) -> None:
    name = written.partition(":")[0]
    assert refused(one(written)) == [f"tasks.yaml:2: toxicity.{name}: {told}, or put it in quotes if it is text"]


@pytest.mark.parametrize("written", ["010", "1:30", "yes", "0o10", "1e-5"])
def test_where_text_is_wanted_it_needs_quotes_and_nothing_else(written: str) -> None:
    sentence = "must be text; put it in quotes"
    assert refused(one(f"environment: {{RATE: {written}}}")) == [f"tasks.yaml:2: toxicity.environment.RATE: {sentence}"]
    assert read(one(f"environment: {{RATE: '{written}'}}"))["toxicity"].environment == {"RATE": written}
    assert read(one(f"environment: {{RATE: !!str {written}}}"))["toxicity"].environment == {"RATE": written}


def test_in_a_payload_too() -> None:
    (error,) = refused(one("smoke_test: {cases: [{payload: {at: 1:30}, expect: nice}]}"))
    assert error.startswith("tasks.yaml:2: toxicity.smoke_test.cases[0].payload.at: 1:30 is 90 to YAML 1.1 and text to")


def test_a_name_that_is_a_number_to_somebody_needs_quotes() -> None:
    assert refused("tasks: {spam: {}, 089: {}}") == ["tasks.yaml:1: 089: must be text; put the name in quotes"]
    assert list(read("tasks: {'089': {}}")) == ["089"]


def test_a_default_is_told_where_it_was_written_and_nowhere_else() -> None:
    text = "defaults:\n  memory_mb: 010\ntasks:\n  toxicity: {}\n  spam: {}\n"
    assert [error[:12] for error in refused(text)] == ["tasks.yaml:2"]


ALIKE = "1024 -1 +1 0 007 0x1F 0.5 .5 1. 1.5e+3 true False NULL ~ .inf .nan text 1.2.3 1-2 0x 0o9 e5 + . y 2027-01-31"


@pytest.mark.parametrize("text", [*ALIKE.split(), "", "9" * 5000])
def test_what_both_read_alike_is_nobodys_doubt(text: str) -> None:
    try:
        older = yaml.safe_load(text)
    except ValueError:  # more digits than Python takes
        older = text
    assert scalars.doubt(text, older) == ""


# --- nesting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"tasks: {'[' * 3000}",
        f"tasks: {'{a: ' * 3000}",
        "tasks:\n" + "\n".join(f"{' ' * depth}- a:" for depth in range(1, 3000, 2)),
        one(f"smoke_test: {{cases: [{{payload: {'[' * 3000}{']' * 3000}, expect: nice}}]}}"),
    ],
    ids=["lists", "mappings", "lines", "a payload"],
)
def test_what_is_nested_without_end_is_one_sentence(text: str) -> None:
    (error,) = refused(text)
    assert error.endswith("is not plain YAML: is nested deeper than 100 levels")


def test_a_payload_may_be_nested_as_deep_as_anybody_needs() -> None:
    case = f"{{payload: {'[' * 80}{']' * 80}, expect: nice}}"
    assert read(one(f"smoke_test: {{cases: [{case}]}}"))["toxicity"].smoke_test
