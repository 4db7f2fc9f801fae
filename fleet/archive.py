"""model.tar.gz, as SageMaker unpacks it: the files of a model at its root.

The same files make the same bytes, whoever packs them and when: two machines that register one model put one archive
into S3.
"""

import gzip
import tarfile
from pathlib import Path

NAME = "model.tar.gz"
_MODE = 0o644


def of(folder: Path, target: Path) -> Path:
    """The archive of a model's files: the one that is among them, else all of them packed into `target`.

    Raises ValueError with the reason where what is called model.tar.gz is none.
    """
    own = folder / NAME
    if own.is_file():
        check(own)
        return own
    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            _add(archive, path, path.relative_to(folder).as_posix())
    return target


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = path.stat().st_size, _MODE
    with path.open("rb") as file:
        archive.addfile(entry, file)


def check(path: Path) -> None:
    """Raises ValueError where it is no tar under gzip, which is the one form that SageMaker unpacks."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            archive.next()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ValueError(f"its {NAME} is no tar archive under gzip: {error}") from None


def unpacked(path: Path) -> int:
    """Bytes of all its files."""
    with tarfile.open(path, "r:gz") as archive:
        return sum(entry.size for entry in archive)
