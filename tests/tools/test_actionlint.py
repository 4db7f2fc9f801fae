"""actionlint is downloaded, or built, in the pinned version and in no other."""

import hashlib
import io
import sys
import tarfile
from pathlib import Path

import pytest

from tools import actionlint
from tools.actionlint import PROGRAM, VERSION, provide
from tools.pulumi import Refused, Unavailable


def program(version: str) -> bytes:
    return f"#!{sys.executable} -IS\nprint('v{version}\\nbuilt by a test')\n".encode()


def packed(content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        member = tarfile.TarInfo(PROGRAM)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


class Release:
    """What the project publishes: an archive and its checksum."""

    def __init__(self, content: bytes, checksum: str = "") -> None:
        self.archive = packed(content)
        self.checksum = checksum or hashlib.sha256(self.archive).hexdigest()
        self.asked: list[str] = []

    def download(self, url: str, folder: Path) -> Path:
        self.asked.append(url)
        file = folder / url.rpartition("/")[2]
        if file.suffix == ".txt":
            names = [f"{PROGRAM}_{VERSION}_{system}_{machine}.tar.gz" for system in OF for machine in MACHINES]
            file.write_text("".join(f"{self.checksum}  {name}\n" for name in names))
        else:
            file.write_bytes(self.archive)
        return file


OF, MACHINES = ("linux", "darwin"), ("amd64", "arm64")


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a release nor Go can be had."""

    def unavailable(*_: str) -> str:
        raise Unavailable("not here")

    monkeypatch.setattr(actionlint, "download", unavailable)
    monkeypatch.setattr(actionlint, "go", unavailable)


@pytest.mark.usefixtures("nothing")
def test_the_release_is_taken_where_it_is_what_was_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actionlint, "download", Release(program(VERSION)).download)

    provide(tmp_path / "bin")

    assert actionlint.version(tmp_path / "bin" / PROGRAM) == VERSION


@pytest.mark.usefixtures("nothing")
def test_a_release_that_is_not_what_was_published_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actionlint, "download", Release(program(VERSION), checksum="0" * 64).download)

    with pytest.raises(Refused, match="nothing was installed"):
        provide(tmp_path / "bin")

    assert list((tmp_path / "bin").iterdir()) == []


@pytest.mark.usefixtures("nothing")
def test_where_there_is_no_release_it_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def go(module: str, *command: str) -> str:
        target = Path(command[command.index("-o") + 1])
        target.write_bytes(program(VERSION))
        target.chmod(0o755)
        return ""

    monkeypatch.setattr(actionlint, "go", go)

    provide(tmp_path / "bin")

    assert actionlint.version(tmp_path / "bin" / PROGRAM) == VERSION


@pytest.mark.usefixtures("nothing")
def test_where_neither_can_be_had_it_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="neither its release nor Go"):
        provide(tmp_path / "bin")


@pytest.mark.usefixtures("nothing")
def test_another_version_is_replaced_and_the_pinned_one_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Release(program(VERSION))
    monkeypatch.setattr(actionlint, "download", release.download)
    (tmp_path / PROGRAM).write_bytes(program("1.0.0"))
    (tmp_path / PROGRAM).chmod(0o755)

    provide(tmp_path)
    asked = len(release.asked)
    provide(tmp_path)

    assert actionlint.version(tmp_path / PROGRAM) == VERSION
    assert len(release.asked) == asked == 2
