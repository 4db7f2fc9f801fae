"""The comment of CI on a pull request, against a forge on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.cli import comment
from tests.unattended.forge import PROJECT, REPOSITORY, TOKEN, Forge, open_forge

GITHUB = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": "", "PULL_REQUEST": "7", "FORGE_TOKEN": TOKEN}
GITLAB = {"CI_PROJECT_ID": PROJECT, "CI_API_V4_URL": "", "PULL_REQUEST": "7", "FORGE_TOKEN": TOKEN}


@pytest.fixture
def forge() -> Iterator[Forge]:
    with open_forge() as opened:
        yield opened


@pytest.fixture(params=[GITHUB, GITLAB], ids=["github", "gitlab"])
def job(request: pytest.FixtureRequest, forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Forge:
    """A job of a pull request, in a folder with what its steps found out."""
    for name in GITHUB | GITLAB:
        monkeypatch.delenv(name, raising=False)
    for name, value in request.param.items():
        monkeypatch.setenv(name, value or forge.url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "status.md").write_text("### 3 UP_TO_DATE\n")
    (tmp_path / "preview.txt").write_text("    3 unchanged\n")
    return forge


def comment_of(stack: str = "prod") -> int:
    return comment.main(["--stack", stack, "--status", "status.md", "--preview", "preview.txt"])


def test_the_first_run_comments(job: Forge) -> None:
    assert comment_of() == 0

    [written] = job.comments.values()
    assert "### 3 UP_TO_DATE" in written["body"]
    assert "```text\n3 unchanged\n```" in written["body"]


def test_the_next_run_writes_over_it_wherever_it_stands(job: Forge, tmp_path: Path) -> None:
    for number in range(150):
        job.people_comment(f"comment {number}")
    comment_of()
    (tmp_path / "status.md").write_text("### 2 UP_TO_DATE, 1 OUT_OF_DATE\n")

    assert comment_of() == 0

    written = [one["body"] for one in job.comments.values() if "fleet: prod" in one["body"]]
    assert len(written) == 1
    assert "1 OUT_OF_DATE" in written[0]


def test_each_stack_has_its_own(job: Forge) -> None:
    comment_of("prod")
    comment_of("test")

    assert len(job.comments) == 2


def test_a_persons_comment_that_looks_like_it_is_left_alone(job: Forge) -> None:
    for say in (job.people_comment, job.people_note):
        say(f"{comment.marker('prod')} I quote")

    assert comment_of() == 0

    assert [one["body"].endswith("I quote") for one in job.comments.values()] == [True, True, False]


def test_a_forge_that_refuses_is_one_sentence(job: Forge, capsys: pytest.CaptureFixture[str]) -> None:
    job.broken = 403

    assert comment_of() == 1

    said = capsys.readouterr().err
    assert said.startswith("comment: GET http")
    assert said.endswith(": 403 Forbidden\n")


def test_outside_of_a_pull_request_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job: Forge
) -> None:
    monkeypatch.setenv("PULL_REQUEST", "")

    assert comment_of() == 1

    assert "this is no job of a pull request" in capsys.readouterr().err


def test_a_preview_cannot_end_the_block_that_it_stands_in() -> None:
    shown = comment.body("prod", "", "```\n![](https://example.com/seen)\n```")

    assert "````text\n```\n" in shown
    assert "```\n````\n" in shown


def test_what_is_too_long_for_a_comment_is_cut_and_says_so() -> None:
    shown = comment.body("prod", "| a task |\n" * 30_000, "a line of the preview\n" * 10_000)

    assert len(shown) < 65_536
    assert shown.count("lines more: see the job's log") == 2
