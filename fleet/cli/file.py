"""A file that a command writes anew, in one step: whoever reads it meanwhile sees the old one or the new one."""

import shutil
import tempfile
from pathlib import Path

from fleet.cli.command import CommandError


def replace(path: Path, text: str) -> None:
    """Write it; one that is there keeps its mode. Raises CommandError where that cannot be done."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            new = Path(file.name)
            try:
                file.write(text.encode())
                file.close()
                if path.exists():
                    shutil.copymode(path, new)
                else:
                    new.chmod(0o644)  # a temporary file is its maker's alone
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}") from None
