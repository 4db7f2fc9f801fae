"""Take the protections of this project out one by one, and show that for each a test goes red.

tests/mutants/ names them, a table for each file of the product: what is taken out, what stands there instead, and the
test. All of it happens in copies of the files that git knows or would add, so that nothing here changes.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree

TABLES = Path("tests/mutants")
TOOLS = (".venv", ".tools")  # what `make setup` fills; linked, not copied
LONGEST_TEST = 900  # seconds; without its protection a test may wait for ever
LONGEST_REASON = 100  # characters


class MutantError(Exception):
    """An entry does not fit the code."""


@dataclass(frozen=True)
class Mutant:
    """A protection, and how to do without it."""

    name: str
    file: str
    take: str  # stands exactly once in `file`
    test: str  # pytest node id that must go red
    put: str = ""  # what stands there instead

    def apply(self, root: Path) -> None:
        path = root / self.file
        text = path.read_text()
        if (count := text.count(self.take)) != 1:
            raise MutantError(f"{self.name}: {self.take!r} stands {count} times in {self.file}; it must stand once")
        path.write_text(text.replace(self.take, self.put))


def read(root: Path) -> list[Mutant]:
    """The rows of every table; where a table lies, and is called, says which file of the product it is about."""
    tables = sorted((root / TABLES).rglob("*.toml"))
    files = [str(table.relative_to(root / TABLES).with_suffix("")) for table in tables]
    return [
        Mutant(file=file, **row)
        for file, table in zip(files, tables, strict=True)
        for row in tomllib.loads(table.read_text())["mutant"]
    ]


def copy(root: Path, into: Path) -> None:
    """What git knows or would add, as it is now, and links to the tools."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.check_output(command, cwd=root, text=True).split("\0")
    for name in (name for name in listed if (root / name).is_file()):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, into / name)
    for name in TOOLS:
        (into / name).symlink_to(root / name)


def prove(root: Path, mutant: Mutant) -> tuple[bool, str]:
    """Whether the test goes red without the protection, and how it then ends."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy(root, Path(folder))
        try:
            mutant.apply(Path(folder))
            code = _pytest(Path(folder), mutant.test, "--exitfirst", "--junitxml=report.xml", timeout=LONGEST_TEST)
        except MutantError as error:
            return False, str(error)
        except subprocess.TimeoutExpired:
            return False, f"no end after {LONGEST_TEST} seconds"
        path = Path(folder, "report.xml")
        ended = ElementTree.parse(path).getroot() if path.exists() else ElementTree.Element("none")
    failure, trouble = ended.find(".//failure"), ended.find(".//error")
    if trouble is not None:  # a test that could not be read or set up proves nothing
        return False, f"an error before the test: {_said(trouble)}"
    if failure is None or code != 1:
        return False, "the test passes" if code == 0 else f"pytest ended with {code}"
    return True, _said(failure)


def _pytest(folder: Path, *arguments: str, quiet: bool = True, timeout: float | None = None) -> int:
    # PYTHONPATH, because an editable install would lead back to the files that are not patched
    env = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", *arguments]
    out = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, cwd=folder, env=env, stdout=out, stderr=out, check=False, timeout=timeout).returncode


def _said(element: ElementTree.Element) -> str:
    return textwrap.shorten(element.get("message", ""), LONGEST_REASON, placeholder=" …")


def pass_unpatched(root: Path, tests: Iterable[str], workers: int) -> bool:
    """Whether all of these pass with every protection in place."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy(root, Path(folder))
        return _pytest(Path(folder), "-n", str(workers), *dict.fromkeys(tests), quiet=False) == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Take protections out one by one: each makes its test fail.")
    parser.add_argument("--only", default="*", help="of those with such a name; * and ? stand for anything")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2, help="how many run at a time")
    options = parser.parse_args()
    root = Path.cwd()
    mutants = [mutant for mutant in read(root) if fnmatchcase(mutant.name, options.only)]
    if not mutants:
        print(f"{TABLES} names no protection like {options.only!r}")
        return 1
    print(f"the tests of {len(mutants)} protections, with all of them in place:", flush=True)
    if not pass_unpatched(root, [mutant.test for mutant in mutants], options.workers):
        print("a test that fails with every protection in place proves nothing: mend it first")
        return 1
    return report(root, mutants, options.workers)


def report(root: Path, mutants: Sequence[Mutant], workers: int) -> int:
    """Take out one after the other, and say of each how its test ends; exit code."""
    unproven = []
    pool = ThreadPoolExecutor(workers)
    try:
        running = {pool.submit(prove, root, mutant): mutant for mutant in mutants}
        for number, done in enumerate(as_completed(running), start=1):
            mutant, (proven, said) = running[done], done.result()
            print(f"{number:3}/{len(mutants)} {'red' if proven else 'NOT PROVEN'}: {mutant.name} ({said})", flush=True)
            if not proven:
                unproven.append(mutant)
    finally:
        pool.shutdown(cancel_futures=True)
    print(f"{len(mutants) - len(unproven)} of {len(mutants)} protections have a test that goes red without them")
    for mutant in unproven:
        print(f"not proven: {mutant.name}: {mutant.test}")
    return 1 if unproven else 0


if __name__ == "__main__":
    sys.exit(main())
