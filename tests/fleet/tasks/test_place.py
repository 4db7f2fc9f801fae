"""Several stacks have one task list: each takes the tasks of its Region and of its part, and no slip empties one."""

from pathlib import Path

import pytest

from fleet.tasks.load import TaskListError, load
from fleet.tasks.place import EVERYWHERE, Place

LIST = """
tasks:
  anywhere: {}
  irish: {regions: [eu-west-1]}
  both: {regions: [eu-west-1, us-east-1]}
  first: {part: a}
  second: {part: b}
  irish-second: {regions: [eu-west-1], part: b}
"""
ALL = ["anywhere", "irish", "both", "first", "second", "irish-second"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "tasks.yaml").write_text(LIST)
    return tmp_path / "tasks.yaml"


def refused(file: Path, text: str, at: Place = EVERYWHERE) -> list[str]:
    file.write_text(text)
    with pytest.raises(TaskListError) as refusal:
        load(file, at=at)
    return [error.removeprefix(f"{file}") for error in refusal.value.errors]


@pytest.mark.parametrize(
    ("at", "names"),
    [
        (EVERYWHERE, ALL),
        (Place("eu-west-1"), ALL),
        (Place("us-east-1"), ["anywhere", "both", "first", "second"]),
        (Place("eu-west-1", "a"), ["anywhere", "irish", "both", "first"]),
        (Place("eu-west-1", "b"), ["anywhere", "irish", "both", "second", "irish-second"]),
        (Place("us-east-1", "b"), ["anywhere", "both", "second"]),
        (Place("", "b"), ["anywhere", "irish", "both", "second", "irish-second"]),
    ],
)
def test_a_stack_has_the_tasks_of_its_region_and_part_and_those_that_say_nothing(
    file: Path, at: Place, names: list[str]
) -> None:
    assert [task.name for task in load(file, at=at)] == names


def test_every_task_with_a_part_is_of_exactly_one_of_the_parts(file: Path) -> None:
    of = [{task.name for task in load(file, at=Place("eu-west-1", part)) if task.part} for part in ("a", "b")]

    assert of[0] & of[1] == set()
    assert of[0] | of[1] == {task.name for task in load(file) if task.part}


@pytest.mark.parametrize(
    ("part", "advice"),
    [("blu", "did you mean blue?"), ("x", "there is blue and green")],
)
def test_a_stack_whose_part_no_task_has_is_refused_so_that_nothing_is_torn_down(
    file: Path, part: str, advice: str
) -> None:
    text = "tasks:\n  c: {part: green}\n  b: {part: blue}\n  a: {}\n"

    assert refused(file, text, Place("eu-west-1", part)) == [f": part: no task is of part {part}; {advice}"]


def test_a_part_of_a_list_without_parts_is_refused(file: Path) -> None:
    assert refused(file, "tasks:\n  a: {}\n", Place("", "b")) == [": part: no task is of part b; no task has one"]


def test_a_stack_in_a_region_of_no_task_is_refused(file: Path) -> None:
    assert refused(file, "tasks:\n  a: {regions: [eu-west-1]}\n", Place("us-east-1")) == [
        ": no task is for us-east-1; to take a fleet away, use `pulumi destroy`"
    ]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("regions: []", "regions: names none; enabled: false is how a task is deployed nowhere"),
        ("regions: [eu-west-1, eu-west-1]", "regions: names one twice"),
        ("regions: eu-west-1", "regions: must be a list"),
        ("regions: [Ireland]", 'regions[0]: "Ireland" is not possible; use a Region, for example eu-west-1'),
        ("part: 1", "part: must be text; put it in quotes"),
        (
            "part: a b",
            'part: "a b" is not possible; use letters, digits and hyphens, a letter or digit at both ends, at most 32 '
            "characters",
        ),
    ],
)
def test_what_is_no_place_is_refused(file: Path, setting: str, said: str) -> None:
    assert refused(file, f"tasks:\n  a: {{{setting}}}\n") == [f":2: a.{said}"]
