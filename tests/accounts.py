"""Two accounts, each a real sandbox without models, that answer for each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.lab.handle import Sandbox

OURS, THEIRS = "123456789012", "210987654321"


@contextmanager
def two_accounts(folder: Path) -> Iterator[tuple[Sandbox, Sandbox]]:
    """This one and the other, until the block ends."""
    with (
        Sandbox.start(folder / "ours", inference=False, account=OURS) as ours,
        Sandbox.start(folder / "theirs", inference=False, account=THEIRS) as theirs,
    ):
        ours.neighbour(theirs)
        yield ours, theirs
