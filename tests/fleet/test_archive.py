"""model.tar.gz: the same files make the same bytes; what is called so and is none is refused."""

import os
import tarfile
from pathlib import Path

import pytest

from fleet import archive


def model(folder: Path, *, at: float = 0) -> Path:
    """The files of a model, changed at that time."""
    (folder / "code").mkdir(parents=True)
    for name, text in (("model.pkl", "weights"), ("MLmodel", "flavors: {}"), ("code/inference.py", "")):
        (folder / name).write_text(text)
        os.utime(folder / name, (at, at))
    return folder


def test_the_files_of_a_model_lie_at_the_root(tmp_path):
    made = archive.of(model(tmp_path / "model"), tmp_path / archive.NAME)

    with tarfile.open(made, "r:gz") as packed:
        assert packed.getnames() == ["MLmodel", "code/inference.py", "model.pkl"]
        weights = packed.extractfile("model.pkl")
        assert weights and weights.read() == b"weights"


def test_the_same_files_make_the_same_bytes_on_any_machine_at_any_time(tmp_path):
    one = archive.of(model(tmp_path / "here", at=1), tmp_path / "one")
    other = archive.of(model(tmp_path / "there", at=2_000_000_000), tmp_path / "other")

    assert one.read_bytes() == other.read_bytes()


def test_an_archive_among_the_files_is_the_archive(tmp_path):
    packed = archive.of(model(tmp_path / "model"), tmp_path / "packed")
    folder = tmp_path / "logged"
    folder.mkdir()
    packed.rename(folder / archive.NAME)

    assert archive.of(folder, tmp_path / "new") == folder / archive.NAME
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("content", [b"", b"not gzip", b"PK\x03\x04 a zip file"])
def test_what_is_called_so_and_is_none_is_refused(tmp_path, content):
    (tmp_path / archive.NAME).write_bytes(content)

    with pytest.raises(ValueError, match=r"its model\.tar\.gz is no tar archive under gzip"):
        archive.of(tmp_path, tmp_path / "new")


def test_its_size_is_that_of_what_is_in_it(tmp_path):
    made = archive.of(model(tmp_path / "model"), tmp_path / "packed")

    assert archive.unpacked(made) == len("weights") + len("flavors: {}")
