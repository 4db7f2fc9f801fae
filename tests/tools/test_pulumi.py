"""The pulumi command line is found, downloaded or built: tools/pulumi.py run as `make setup` runs it.

Every program is a small fake on a PATH of its own and the releases come from a server on this machine, so neither
pulumi nor Go nor a network is needed.
"""

import hashlib
import io
import json
import os
import platform
import re
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.pulumi import ARCHITECTURES, PROGRAMS, VERSION

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools/pulumi.py"
CHECKSUMS = f"pulumi-{VERSION}-checksums.txt"
ARCHIVE = f"pulumi-v{VERSION}-{platform.system().lower()}-{ARCHITECTURES[platform.machine().lower()]}.tar.gz"

# Writes what it was called with, and programs that answer with the pinned version
FAKE_GO = f"""#!{sys.executable} -IS
import json, os, sys
with open(LOG, "a") as log:
    log.write(json.dumps({{"args": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}}) + "\\n")
if "build" in sys.argv:
    target = sys.argv[sys.argv.index("-o") + 1]
    with open(target, "w") as program:
        program.write("#!/bin/sh\\necho v{VERSION}\\n")
    os.chmod(target, 0o755)
else:
    print(SOURCES)
"""


@dataclass(frozen=True)
class GoCall:
    args: list[str]
    cwd: str
    env: dict[str, str]


@dataclass
class Machine:
    """A computer with nothing but what a test puts on its PATH."""

    home: Path
    releases: str  # URL of what stands for the official releases
    served: list[str] = field(default_factory=list)  # requests that it got

    @property
    def bin(self) -> Path:
        return self.home / ".tools/bin"

    @property
    def path(self) -> Path:
        return self.home / "path"

    def program(self, file: Path, content: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o755)

    def pulumi(self, folder: Path, version: str = f"v{VERSION}", programs: tuple[str, ...] = PROGRAMS) -> None:
        for name in programs:
            self.program(folder / name, f"#!/bin/sh\necho {version}\n")

    def go(self, content: str = FAKE_GO) -> None:
        sources = self.home / "sources"
        for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
            self.program(sources / "python" / script, "#!/bin/sh\n")
            (sources / "python" / script).chmod(0o444)
        content = content.replace("LOG", repr(str(self.home / "go.log"))).replace("SOURCES", repr(str(sources)))
        self.program(self.path / "go", content)

    def go_calls(self) -> list[GoCall]:
        log = self.home / "go.log"
        return [GoCall(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []

    def start(self) -> subprocess.Popen[str]:
        env = {"PATH": str(self.path), "HOME": str(self.home), "PULUMI_DOWNLOAD_URL": self.releases, "no_proxy": "*"}
        command = [sys.executable, str(SCRIPT)]
        return subprocess.Popen(
            command, cwd=self.home, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def setup(self, code: int = 0) -> str:
        """Run the script; what it printed, errors last."""
        run = self.start()
        out, err = run.communicate(timeout=60)
        assert run.returncode == code, out + err
        return out + err

    def version(self) -> str:
        return subprocess.run([self.bin / "pulumi"], capture_output=True, text=True, check=True).stdout.strip()

    def installed(self) -> list[str]:
        """Everything under .tools, so that a forgotten temporary folder shows."""
        return sorted(str(file.relative_to(self.home / ".tools")) for file in self.home.glob(".tools/**/*"))


COMPLETE = sorted(["bin", *(f"bin/{name}" for name in PROGRAMS)])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    with socket.socket() as free:  # closed again at once: nobody listens there
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "path").mkdir()
    return Machine(tmp_path, f"http://127.0.0.1:{port}")


@pytest.fixture
def release(machine: Machine) -> Iterator[Path]:
    """A folder that the machine sees as the official releases; holds a good one."""
    folder = machine.home / "releases"
    folder.mkdir()
    with tarfile.open(folder / ARCHIVE, "w:gz") as archive:
        for name in (*PROGRAMS, "pulumi-language-nodejs"):
            content = f"#!/bin/sh\necho v{VERSION}\n".encode()
            member = tarfile.TarInfo(f"pulumi/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    publish(folder, hashlib.sha256((folder / ARCHIVE).read_bytes()).hexdigest())

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            machine.served.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        machine.releases = f"http://127.0.0.1:{server.server_port}/"
        yield folder
        server.shutdown()
        thread.join()


def publish(folder: Path, checksum: str) -> None:
    (folder / CHECKSUMS).write_text(f"{'0' * 64}  pulumi-v{VERSION}-plan9-x64.tar.gz\n{checksum}  {ARCHIVE}\n")


def test_a_pulumi_on_path_is_linked_together_with_its_python_programs(machine: Machine) -> None:
    machine.pulumi(machine.path)
    machine.setup()
    assert {name: (machine.bin / name).resolve() for name in PROGRAMS} == {
        name: machine.path / name for name in PROGRAMS
    }


def test_a_newer_pulumi_on_path_is_good_enough(machine: Machine) -> None:
    machine.pulumi(machine.path, "v3.1000.0")
    machine.setup()
    assert machine.version() == "v3.1000.0"


def test_asking_for_the_version_does_not_look_for_updates(machine: Machine) -> None:
    machine.pulumi(machine.path)
    machine.program(machine.path / "pulumi", f'#!/bin/sh\n[ "$PULUMI_SKIP_UPDATE_CHECK" ] && echo v{VERSION}\n')
    machine.setup()
    assert (machine.bin / "pulumi").is_symlink()


def test_a_link_on_path_leads_to_the_programs_beside_the_real_pulumi(machine: Machine) -> None:
    machine.pulumi(machine.home / "opt")
    (machine.path / "pulumi").symlink_to(machine.home / "opt/pulumi")
    machine.setup()
    assert (machine.bin / "pulumi-language-python").resolve() == machine.home / "opt/pulumi-language-python"


@pytest.mark.parametrize("version", ["v3.258.9", "v3.99.0", "v2.999.0", f"v{VERSION}-alpha.1", "unknown", ""])
def test_an_older_or_unreleased_pulumi_on_path_is_passed_over(machine: Machine, release: Path, version: str) -> None:
    machine.pulumi(machine.path, version)
    assert f"on PATH: is {version.removeprefix('v') or 'of no version'}, not {VERSION} or newer" in machine.setup()
    assert machine.version() == f"v{VERSION}"


def test_a_pulumi_on_path_without_a_python_language_host_is_passed_over(machine: Machine, release: Path) -> None:
    machine.pulumi(machine.path, "v3.1000.0", programs=("pulumi",))
    assert "on PATH: without pulumi-language-python, " in machine.setup()
    assert machine.version() == f"v{VERSION}"


def test_a_pulumi_on_path_that_does_not_run_is_passed_over(machine: Machine, release: Path) -> None:
    machine.pulumi(machine.path)
    machine.program(machine.path / "pulumi", "#!/bin/sh\nexit 3\n")
    assert "on PATH: does not run" in machine.setup()
    assert machine.version() == f"v{VERSION}"


def test_an_outdated_installation_that_is_itself_on_path_is_replaced(machine: Machine, release: Path) -> None:
    machine.pulumi(machine.bin, "v3.1.0")
    machine.path.rmdir()
    machine.path.symlink_to(machine.bin)
    assert "on PATH: no pulumi" in machine.setup()
    assert machine.version() == f"v{VERSION}"


def test_a_link_that_lost_its_pulumi_is_replaced(machine: Machine, release: Path) -> None:
    machine.pulumi(machine.path)
    machine.setup()
    (machine.path / "pulumi").unlink()
    machine.setup()
    assert not (machine.bin / "pulumi").is_symlink()


def test_a_release_with_the_published_checksum_is_unpacked(machine: Machine, release: Path) -> None:
    machine.setup()
    assert machine.version() == f"v{VERSION}"
    assert machine.installed() == COMPLETE


def test_a_release_with_another_checksum_is_refused_and_both_sums_named(machine: Machine, release: Path) -> None:
    actual = hashlib.sha256((release / ARCHIVE).read_bytes()).hexdigest()
    publish(release, "f" * 64)
    said = machine.setup(code=1)
    assert actual in said
    assert "f" * 64 in said
    assert machine.installed() == ["bin"]


def test_a_refused_release_is_not_followed_by_a_build(machine: Machine, release: Path) -> None:
    publish(release, "f" * 64)
    machine.go()
    machine.setup(code=1)
    assert machine.go_calls() == []


def test_a_release_without_a_published_checksum_is_not_even_downloaded(machine: Machine, release: Path) -> None:
    (release / CHECKSUMS).write_text("<html>Please log in</html>\n")
    machine.go()
    assert f"publishes no checksum of {ARCHIVE}" in machine.setup()
    assert machine.served == [f"/{CHECKSUMS}"]


def test_a_download_that_breaks_off_is_not_taken_for_a_forged_one(machine: Machine) -> None:
    machine.go()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly the start")

        thread = threading.Thread(target=answer)
        thread.start()
        machine.releases = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert "broke off after 14 of 1000 bytes" in machine.setup()
        thread.join()


def test_an_unreachable_server_costs_one_line_and_leads_to_the_build(machine: Machine) -> None:
    machine.go()
    said = machine.setup()
    assert len(re.findall("official release", said)) == 1
    assert machine.version() == f"v{VERSION}"


def test_a_missing_release_leads_to_the_build(machine: Machine, release: Path) -> None:
    (release / CHECKSUMS).unlink()
    machine.go()
    assert f"{CHECKSUMS}: File not found" in machine.setup()
    assert machine.installed() == COMPLETE


def test_the_build_compiles_each_program_from_the_module_that_pins_its_sums(machine: Machine) -> None:
    machine.go()
    machine.setup()
    assert [(call.cwd, call.args[-1]) for call in machine.go_calls() if "build" in call.args] == [
        (f"{ROOT}/tools/pulumi-language-python", "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"),
        (f"{ROOT}/tools/pulumi-cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"),
    ]


@pytest.mark.parametrize(("name", "value"), [("CGO_ENABLED", "0"), ("GOWORK", "off")])
def test_the_build_depends_on_neither_a_c_compiler_nor_a_go_workspace(machine: Machine, name: str, value: str) -> None:
    machine.go()
    machine.setup()
    assert {call.env.get(name) for call in machine.go_calls()} == {value}


def test_the_built_pulumi_is_stamped_with_the_version_that_the_engine_compares(machine: Machine) -> None:
    machine.go()
    machine.setup()
    flags = " ".join(machine.go_calls()[1].args)
    assert f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}" in flags


def test_a_build_brings_the_scripts_of_the_python_sdk_and_makes_them_executable(machine: Machine) -> None:
    machine.go()
    machine.setup()
    assert machine.installed() == COMPLETE
    assert os.access(machine.bin / "pulumi-resource-pulumi-python", os.X_OK)


def test_a_failed_build_leaves_the_installation_as_it_was(machine: Machine) -> None:
    machine.pulumi(machine.bin, "v3.1.0")
    machine.go("#!/bin/sh\necho no room >&2\nexit 1\n")
    said = machine.setup(code=1)
    assert "no room" in said
    assert "go build failed" in said
    assert machine.version() == "v3.1.0"
    assert machine.installed() == COMPLETE


def test_a_build_that_fails_halfway_installs_nothing(machine: Machine) -> None:
    machine.go(FAKE_GO.replace("import", "import sys; sys.argv[-1].endswith('cmd/pulumi') and sys.exit(1)\nimport", 1))
    machine.setup(code=1)
    assert len(machine.go_calls()) == 1
    assert machine.installed() == ["bin"]


def test_where_nothing_works_the_message_says_why_and_what_to_install(machine: Machine) -> None:
    *_, no_go, advice = machine.setup(code=1).splitlines()
    assert no_go == "  built with Go: no go on PATH"
    assert advice == (
        f"pulumi: no source worked. Install pulumi {VERSION} or newer (https://www.pulumi.com/docs/install/), or "
        "Go (https://go.dev/dl/) to have it built, and run this again."
    )


def test_a_second_run_asks_nobody_and_says_one_line(machine: Machine, release: Path) -> None:
    machine.setup()
    machine.served.clear()
    assert machine.setup() == f"pulumi {VERSION} is ready in .tools/bin\n"
    assert machine.served == []


def test_an_incomplete_installation_is_completed(machine: Machine, release: Path) -> None:
    machine.setup()
    (machine.bin / "pulumi-language-python-exec").unlink()
    machine.setup()
    assert machine.installed() == COMPLETE


def test_runs_at_the_same_time_leave_one_whole_installation(machine: Machine) -> None:
    machine.go()
    runs = [machine.start() for _ in range(3)]
    printed = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], printed
    assert machine.version() == f"v{VERSION}"
    assert machine.installed() == COMPLETE


def test_the_project_requires_the_version_that_is_provided() -> None:
    assert f'requiredPulumiVersion: ">={VERSION}"' in (ROOT / "Pulumi.yaml").read_text()


def test_the_sdk_that_is_installed_has_the_version_of_the_engine() -> None:
    assert f"\npulumi=={VERSION} " in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize("module", ["pkg", "sdk"])
def test_the_version_that_is_built_is_the_version_that_is_downloaded(module: str) -> None:
    modules = (ROOT / "tools/pulumi-cli/go.mod").read_text()
    assert re.findall(rf"github.com/pulumi/pulumi/{module}/v3 v(\S+)", modules) == [VERSION]


@pytest.mark.parametrize("module", ["pulumi-cli", "pulumi-language-python"])
def test_every_module_of_the_build_has_its_sum(module: str) -> None:
    required = re.findall(r"^\t(\S+ v\S+) // indirect$", (ROOT / "tools" / module / "go.mod").read_text(), re.MULTILINE)
    sums = (ROOT / "tools" / module / "go.sum").read_text()
    assert required
    assert [line for line in required if f"{line} h1:" not in sums and f"{line}/go.mod h1:" not in sums] == []
