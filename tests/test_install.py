"""`pip install .` gives a `fleet` and a program that work: away from the source tree, and with what is declared alone.

A team's project is what `pulumi new` makes of `template/`, and the program that runs in it is the installed one.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from sandbox.lab.handle import Sandbox

ROOT = Path(__file__).parent.parent
PACKAGES = ("fleet", "providers")
FILES = {"Pulumi.yaml", "Pulumi.prod.yaml", "__main__.py", "tasks.yaml"}
NAME = "sagemaker-endpoint-manager"
REQUIREMENTS = ("requirements.txt", "requirements-report.txt")
OF_THE_EXTRA = "fleet.cli.page."  # what draws the report's page is imported by `fleet report` alone
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, built = tmp_path_factory.mktemp("source") / "tree", tmp_path_factory.mktemp("wheel")
    # Of a copy: setuptools builds in the tree, and what an earlier build left there would hide that a module is missing
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__"))
    _run(*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", built, source)
    [made] = built.iterdir()
    return made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A folder with a virtual environment: the wheel is installed there, and what it declares is linked into it."""
    place = tmp_path_factory.mktemp("place")
    venv.create(place / "env")
    _run(*PIP, "--python", place / "env", "install", "--no-index", "--no-deps", wheel)
    [installed] = distributions(name=NAME, path=[str(_packages(place / "env"))])
    _link(place / "env", distribution("pip"), *_needs(installed, {NAME}))  # pip: the engine asks it what is installed
    return place


def _packages(env: Path) -> Path:
    [packages] = (env / "lib").glob("python*/site-packages")
    return packages


def _link(env: Path, *packages: Distribution) -> None:
    for name, origin in dict(top for package in packages for top in _tops(package)).items():
        (_packages(env) / name).symlink_to(origin)


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


def _run(*command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PULUMI_", "AWS_"))}
    done = subprocess.run(command, cwd=cwd, env=own | dict(env or {}), capture_output=True, text=True, check=False)
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
    [installed] = distributions(name=NAME, path=[str(_packages(place / "env"))])
    extra = [Requirement(one).name for one in installed.requires or () if 'extra == "report"' in one]

    assert (done.returncode, extra) == (1, ["jinja2", "vl-convert-python"])
    assert f"run `pip install '{NAME}[report]'`" in done.stderr


def test_every_file_of_the_packages_is_installed(place: Path) -> None:
    for package in PACKAGES:
        assert _files(_packages(place / "env") / package) == _files(ROOT / package)


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


@pytest.fixture
def project(place: Path, tmp_path: Path) -> Path:
    """A team's project, made by `pulumi new`."""
    folder = tmp_path / "text-models"
    said = ("--name", folder.name, "--description", "Our models", "--dir", folder)
    _run("pulumi", "new", ROOT / "template", "--generate-only", "--yes", *said, cwd=tmp_path)
    return folder


def test_a_team_gets_four_files_and_they_pass(place: Path, project: Path) -> None:
    assert {file.name for file in project.iterdir()} == FILES
    assert len((project / "__main__.py").read_text().split("\n\n")) == 2
    for file in FILES - {"Pulumi.yaml"}:  # into which the CLI writes the name
        assert (project / file).read_text() == (ROOT / "template" / file).read_text()
    assert _run(place / "env" / "bin" / "fleet", "validate", cwd=project) == "tasks.yaml: 1 task (stack prod)\n"


def test_the_template_asks_of_the_cli_what_this_project_asks(project: Path) -> None:
    ours, theirs = (yaml.safe_load((folder / "Pulumi.yaml").read_text()) for folder in (ROOT, project))

    assert (theirs["name"], theirs["description"]) == ("text-models", "Our models")
    assert theirs["requiredPulumiVersion"] == ours["requiredPulumiVersion"]
    assert theirs["config"]["aws:maxRetries"] == ours["config"]["aws:maxRetries"]


def test_the_ci_files_work_in_a_teams_project_as_they_are(project: Path, wheel: Path) -> None:
    """Beside them, as docs/installing.md says, the wheel, and a line for it in the requirements of its release."""
    shutil.copy(wheel, project)
    hashed = _run(sys.executable, "-m", "pip", "hash", wheel).split()[-1]
    pinned = [(ROOT / name).read_text() for name in REQUIREMENTS]
    for name, text, line in zip(REQUIREMENTS, pinned, (f"./{wheel.name} {hashed}\n", ""), strict=True):
        (project / name).write_text(text + line)
    venv.create(project / ".venv", with_pip=True)
    names = re.findall(r"^([\w.-]+)==", "\n".join(pinned), flags=re.MULTILINE)
    _link(project / ".venv", *map(distribution, names))  # a runner downloads them
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "fleet.yml").read_text())
    preview, deploy = (
        {step.get("name"): step.get("run") for step in job["steps"]} for job in workflow["jobs"].values()
    )
    env = {"PIP_NO_INDEX": "1", "GITHUB_PATH": str(project / "path"), "FLEET_STACK": "prod"}

    _run("bash", "-eo", "pipefail", "-c", preview["Install"], cwd=project, env=env)
    env["PATH"] = os.pathsep.join(((project / "path").read_text().strip(), os.environ["PATH"]))
    said = _run("bash", "-eo", "pipefail", "-c", preview["Validate the task list"], cwd=project, env=env)
    drawn = _run("python", "-c", "import fleet.cli.page.html as page; print(page.__file__)", cwd=project, env=env)

    assert said == "tasks.yaml: 1 task (stack prod)\n"
    assert drawn.startswith(str(project / ".venv"))
    assert deploy["Install"] == preview["Install"]
    gitlab, codebuild = (
        yaml.safe_load((ROOT / "ci" / name).read_text()) for name in ("gitlab-ci.yml", "buildspec.yml")
    )
    [asked, *_] = [line for line in preview["Install"].splitlines() if "pip install" in line]
    assert asked in gitlab[".fleet"]["before_script"]
    assert asked.removesuffix(f" -r {REQUIREMENTS[1]}") in codebuild["phases"]["install"]["commands"]


def test_the_installed_program_deploys_a_teams_fleet_and_then_has_nothing_to_do(place: Path, project: Path) -> None:
    with Sandbox.start(project.parent / "aws", inference=False, create_seconds=0.1) as sandbox:
        sandbox.register("toxicity")
        path = os.pathsep.join((str(place / "env" / "bin"), sandbox.env["PATH"]))

        def run(*command: str) -> str:
            return _run(*command, cwd=project, env={**sandbox.env, "PATH": path})

        run("pulumi", "stack", "init", "prod")
        assert "1 UP_TO_DATE" in run("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs")
        run("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs", "--expect-no-changes")
        status = run("fleet", "status", "--all-stacks")

        assert sandbox.endpoints() == {"prod-toxicity": "InService"}
        assert status.splitlines()[-1] == "1 stack: 1 UP_TO_DATE"
        state = json.loads(run("pulumi", "stack", "export"))["deployment"]["resources"]
        assert {one["type"] for one in state if "dynamic" in one["type"]} == {
            "pulumi-python:dynamic/registry:ApprovedModels",
            "pulumi-python:dynamic/rollout:Rollout",
        }
