"""`pip install .` gives a `fleet` that works: away from the source tree, and with no package but those it declares."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PACKAGES = ("fleet", "providers")
NAME = "sagemaker-endpoint-manager"
OF_THE_EXTRA = "fleet.cli.page."  # what draws the report's page is imported by `fleet report` alone
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment: the wheel is installed there, and what it declares is linked into it."""
    place = tmp_path_factory.mktemp("place")
    source, built = tmp_path_factory.mktemp("source") / "tree", tmp_path_factory.mktemp("wheel")
    # Of a copy: setuptools builds in the tree, and what an earlier build left there would hide that a module is missing
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__"))
    _run(*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", built, source)
    venv.create(place / "env")
    [packages] = (place / "env" / "lib").glob("python*/site-packages")
    _run(*PIP, "--python", place / "env", "install", "--no-index", "--no-deps", *built.iterdir())
    [installed] = distributions(name=NAME, path=[str(packages)])
    for name, origin in {
        name: origin for needed in _needs(installed, {NAME}) for name, origin in _tops(needed)
    }.items():
        (packages / name).symlink_to(origin)
    return place


def _needs(package: Distribution, seen: set[str]) -> Iterator[Distribution]:
    """What a package declares, and what that declares; the version that is here must be one of those it allows."""
    for needed in map(Requirement, package.requires or ()):
        if needed.name not in seen and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
            seen.add(needed.name)
            found = distribution(needed.name)
            assert needed.specifier.contains(found.version), f"{package.name}: {needed}, but {found.version} is here"
            yield found
            yield from _needs(found, seen)


def _tops(package: Distribution) -> Iterator[tuple[str, Path]]:
    """The files and folders of a package, as they lie beside those of others."""
    for name in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
        yield name, Path(str(package.locate_file(name)))


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PULUMI_", "AWS_"))}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_installed_command_validates_a_task_list(place: Path) -> None:
    shutil.copy(ROOT / "tasks.yaml", place / "list.yaml")

    assert "22 tasks" in _run(place / "env" / "bin" / "fleet", "validate", "list.yaml", cwd=place)


def test_the_installed_prices_can_be_read(place: Path) -> None:
    count = "from fleet.cost.price_file import shipped; print(len(shipped().rows))"

    assert int(_run(place / "env" / "bin" / "python", "-c", count, cwd=place)) > 30


def test_the_installed_command_names_the_extra_that_a_report_needs(place: Path) -> None:
    fleet = place / "env" / "bin" / "fleet"
    done = subprocess.run([fleet, "report", "--html", "x"], cwd=place, capture_output=True, text=True, check=False)
    [packages] = (place / "env" / "lib").glob("python*/site-packages")
    [installed] = distributions(name=NAME, path=[str(packages)])
    extra = [Requirement(one).name for one in installed.requires or () if 'extra == "report"' in one]

    assert (done.returncode, extra) == (1, ["jinja2", "vl-convert-python"])
    assert f"run `pip install '{NAME}[report]'`" in done.stderr


def test_every_file_of_the_packages_is_installed(place: Path) -> None:
    [packages] = (place / "env" / "lib").glob("python*/site-packages")

    for package in PACKAGES:
        assert _files(packages / package) == _files(ROOT / package)


def _files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"}


def test_every_module_finds_what_it_imports_among_what_is_declared(place: Path) -> None:
    modules = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for name in PACKAGES
        for file in (ROOT / name).rglob("*.py")
    ]
    without = [name for name in modules if not name.endswith("__main__") and not name.startswith(OF_THE_EXTRA)]
    imports = "\n".join(f"import {name.removesuffix('.__init__')}" for name in without)

    where = _run(place / "env" / "bin" / "python", "-c", f"{imports}\nprint(fleet.__file__)", cwd=place)

    assert where.startswith(str(place))
