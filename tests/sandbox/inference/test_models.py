"""The models behind the sandbox's endpoints are real: they learnt, they differ by version, and they don't pretend."""

import csv
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from sandbox.inference import __main__ as command
from sandbox.inference import models

GROUPS = ("sentiment-polarity", "spam", "toxicity", "urgency")
TEXT = "The parcel is late and nobody answers, what is going on?"


@pytest.fixture
def nothing_trained(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, int], models.Classifier]]:
    trained: dict[tuple[str, int], models.Classifier] = {}
    monkeypatch.setattr(models, "_trained", trained)
    yield trained


def test_four_groups_have_data() -> None:
    assert models.groups() == GROUPS


@pytest.mark.parametrize("group", GROUPS)
def test_there_are_enough_different_texts_and_no_label_dominates(group: str) -> None:
    data = models.dataset(group)
    examples = data.training + data.held_out
    assert len({example.text.casefold() for example in examples}) == len(examples) >= 240
    assert max(Counter(example.label for example in examples).values()) < 0.6 * len(examples)


@pytest.mark.parametrize("group", GROUPS)
def test_of_each_label_every_fourth_text_of_the_file_is_held_out(group: str) -> None:
    with (models.DATA / f"{group}.csv").open(encoding="utf-8", newline="") as file:
        rows = [models.Example(row["label"], row["text"]) for row in csv.DictReader(file)]
    labels = {row.label for row in rows}
    expected = {row for label in labels for row in [row for row in rows if row.label == label][3::4]}
    data = models.dataset(group)
    assert set(data.held_out) == expected
    assert set(data.training) == set(rows) - expected


@pytest.mark.parametrize("group", GROUPS)
def test_the_first_version_has_learnt_something(group: str) -> None:
    assert models.accuracy(group, 1) >= models.dataset(group).majority + 0.15


@pytest.mark.parametrize("version", (2, 3, 4, 5))
@pytest.mark.parametrize("group", GROUPS)
def test_later_versions_are_good_on_texts_they_never_saw(group: str, version: int) -> None:
    assert models.accuracy(group, version) >= max(0.7, models.dataset(group).majority + 0.25)


@pytest.mark.parametrize("group", GROUPS)
def test_the_second_version_is_better_than_the_first(group: str) -> None:
    assert models.accuracy(group, 2) >= max(0.75, models.accuracy(group, 1) + 0.05)


@pytest.mark.parametrize("group", GROUPS)
def test_a_text_is_mended_by_the_second_version(group: str) -> None:
    text = models.differing_text(group)
    [truth] = [example.label for example in models.dataset(group).held_out if example.text == text]
    [before], [after] = (models.model(group, version).answer([text]) for version in (1, 2))
    assert before.label != truth == after.label


def test_no_text_is_mended_by_the_same_version() -> None:
    with pytest.raises(LookupError, match="spam: version 2 mends no held-out text"):
        models.differing_text("spam", before=2, after=2)


def test_every_version_is_another_training() -> None:
    scores = [models.model("urgency", version).answer([TEXT])[0].score for version in range(1, 9)]
    assert len(set(scores)) == len(scores)


def test_a_version_is_trained_the_same_each_time(nothing_trained: dict[tuple[str, int], models.Classifier]) -> None:
    first = models.model("spam", 3).answer([TEXT])
    nothing_trained.clear()
    assert models.model("spam", 3).answer([TEXT]) == first


def test_callers_at_once_wait_for_one_training(
    nothing_trained: dict[tuple[str, int], models.Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    trainings: list[tuple[str, int]] = []
    train = models._train

    def counted(group: str, version: int) -> models.Classifier:
        trainings.append((group, version))
        return train(group, version)

    monkeypatch.setattr(models, "_train", counted)
    callers = [threading.Thread(target=models.model, args=("toxicity", 2)) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert trainings == [("toxicity", 2)]


def test_a_group_without_data_says_that_it_does_not_know() -> None:
    model = models.model("credibility", 7)
    assert model.what == "no training data in the sandbox"
    assert model.answer(["a", "b"]) == [models.Answer("unknown", 0.0)] * 2


def test_asking_for_data_that_is_not_there_names_what_is() -> None:
    with pytest.raises(KeyError, match=r"credibility: no training data in the sandbox; there is data for .*toxicity"):
        models.dataset("credibility")


def test_the_report_prints_accuracy_against_majority(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["inference", "--report"])
    command.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(GROUPS) * len(command.REPORTED)
    [spam] = [line.split() for line in lines if line.split()[:2] == ["spam", "2"]]
    assert spam[2:5] == ["62", "0.500", f"{models.accuracy('spam', 2):.3f}"]


def test_differ_prints_a_text_a_group_with_both_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["inference", "--differ"])
    command.main()
    printed = capsys.readouterr().out
    assert f"toxicity: {models.differing_text('toxicity')}\n    version 1: ok, version 2: toxic\n" in printed
