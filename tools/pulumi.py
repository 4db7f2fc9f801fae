"""Put the pulumi command line into .tools/bin: linked from PATH, else the official release, else built with Go.

Runs on a machine that has nothing yet, so it needs the standard library alone. The Python packages are left to pip,
plugins and state to pulumi.
"""

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

VERSION = "3.259.0"  # what is installed, and the least that is accepted: requiredPulumiVersion in Pulumi.yaml
PROGRAMS = (  # pulumi last: where it stands, the others stand beside it
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
    "pulumi",
)
RELEASES = "https://get.pulumi.com/releases/sdk"  # PULUMI_DOWNLOAD_URL names a mirror
ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
SDK = "github.com/pulumi/pulumi/sdk/v3"
BUILDS = (  # folder here with go.mod, package, its version; the small one first: what is wrong with Go shows early
    ("pulumi-language-python", f"{SDK}/python/cmd/pulumi-language-python", "v3.79.0"),
    ("pulumi-cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", f"v{VERSION}"),
)
HERE = Path(__file__).resolve().parent


class Unavailable(Exception):
    """One source has no usable pulumi, and why; the next one is tried."""


class Refused(Exception):
    """What arrived is not what was published: nothing is installed and no other source tried."""


def main() -> int:
    parser = argparse.ArgumentParser(description=f"Provide pulumi {VERSION} or newer.")
    parser.add_argument("--into", type=Path, default=Path(".tools"), help="gets bin/pulumi; default: .tools")
    into: Path = parser.parse_args().into
    try:
        provide(into / "bin")
    except (Refused, Unavailable) as error:
        print(f"pulumi: {error}", file=sys.stderr)
        return 1
    return 0


def provide(ours: Path) -> None:
    """Make `ours` hold a complete, recent enough pulumi; raises Refused or, when every source failed, Unavailable."""
    try:
        print(f"pulumi {check(ours)} is ready in {ours}")
        return
    except Unavailable:
        say(f"Setting up pulumi {VERSION} or newer in {ours}")
    ours.mkdir(parents=True, exist_ok=True)
    sources: dict[str, Callable[[Path], None]] = {
        "on PATH": partial(from_path, ours=ours),
        "official release": from_release,
        "built with Go": from_go,
    }
    for name, source in sources.items():
        # Beside the target, so that each program moves there in one step: runs at the same time cannot mix half files
        with tempfile.TemporaryDirectory(prefix=".pulumi-", dir=ours.parent) as scratch:
            folder = Path(scratch).resolve()  # go runs elsewhere
            try:
                source(folder)
                version = check(folder)
            except Unavailable as why:
                say(f"  {name}: {why}")
                continue
            for program in PROGRAMS:
                (folder / program).replace(ours / program)
        print(f"pulumi {version} is ready in {ours} ({name})")
        return
    raise Unavailable(
        f"no source worked. Install pulumi {VERSION} or newer (https://www.pulumi.com/docs/install/), or "
        "Go (https://go.dev/dl/) to have it built, and run this again."
    )


def check(folder: Path) -> str:
    """The version of the pulumi in `folder`; raises Unavailable where a program is missing, broken or too old."""
    missing = [program for program in PROGRAMS if not os.access(folder / program, os.X_OK)]
    if missing:
        raise Unavailable(f"without {', '.join(missing)}")
    try:
        answer = subprocess.run(
            [folder / "pulumi", "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"does not run: {error}") from error
    version = answer.stdout.strip().removeprefix("v")
    # Releases only: 3.259.0-alpha comes before 3.259.0
    if not re.fullmatch(r"\d+\.\d+\.\d+(\+\S+)?", version) or numbers(version) < numbers(VERSION):
        raise Unavailable(f"is {version or 'of no version'}, not {VERSION} or newer")
    return version


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("+")[0].split("."))


def from_path(folder: Path, ours: Path) -> None:
    """Link to the first pulumi on PATH outside `ours`, and to what stands beside it."""
    # Resolved, because pulumi looks for its language host beside the real file, and a link could lead back to `ours`
    homes = (Path(place, "pulumi").resolve().parent for place in os.get_exec_path())
    home = next((home for home in homes if home != ours.resolve() and (home / "pulumi").exists()), None)
    if not home:
        raise Unavailable("no pulumi")
    for program in PROGRAMS:
        (folder / program).symlink_to(home / program)


def from_release(folder: Path) -> None:
    """Unpack the official archive; raises Refused where its sha256 is not the published one."""
    system, machine = platform.system().lower(), platform.machine().lower()
    if system not in ("linux", "darwin") or machine not in ARCHITECTURES:
        raise Unavailable(f"none for {system} on {machine}")
    name = f"pulumi-v{VERSION}-{system}-{ARCHITECTURES[machine]}.tar.gz"
    base = os.environ.get("PULUMI_DOWNLOAD_URL", RELEASES).rstrip("/")

    checksums = download(f"{base}/pulumi-{VERSION}-checksums.txt", folder)
    lines = checksums.read_text(errors="replace").splitlines()
    published = next((line.split()[0] for line in lines if line.endswith(f" {name}")), None)
    if not published:
        raise Unavailable(f"{base} publishes no checksum of {name}")
    say(f"  official release: downloading {name} from {base}")
    archive = download(f"{base}/{name}", folder)
    with archive.open("rb") as packed:
        actual = hashlib.file_digest(packed, "sha256").hexdigest()
    if actual != published:
        raise Refused(
            f"{base}/{name} has sha256 {actual}, but its release says {published}; nothing was installed. "
            "Run this again; if it stays so, do not trust that download."
        )
    with tarfile.open(archive) as tar:
        for member in tar:
            program, content = Path(member.name).name, tar.extractfile(member)
            if program in PROGRAMS and content:
                with (folder / program).open("wb") as out:
                    shutil.copyfileobj(content, out)
                (folder / program).chmod(0o755)


def download(url: str, folder: Path) -> Path:
    """Save `url` in `folder`; raises Unavailable where the server is silent for 5 seconds, refuses or breaks off."""
    file = folder / url.rpartition("/")[2]
    try:
        with urlopen(url, timeout=5) as answer, file.open("wb") as out:
            shutil.copyfileobj(answer, out)
            promised = answer.headers["Content-Length"]
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(f"{url}: {getattr(error, 'reason', None) or error}") from error
    # http.client does not notice a broken connection when it is read in pieces
    if promised and file.stat().st_size != int(promised):
        raise Unavailable(f"{url}: broke off after {file.stat().st_size} of {promised} bytes")
    return file


def from_go(folder: Path) -> None:
    """Build with the Go on PATH, from the modules and sums in go.mod and go.sum beside this file."""
    if not shutil.which("go"):
        raise Unavailable("no go on PATH")
    say("  built with Go: takes about 4 minutes on 2 cores")
    for module, package, version in BUILDS:
        program = package.rpartition("/")[2]
        say(f"  built with Go: compiling {program}")
        stamp = f"-s -w -X {SDK}/go/common/version.Version={version}"
        flags = ("-trimpath", "-buildvcs=false", "-tags", "osusergo grpcnotrace", "-ldflags", stamp)
        go(module, "build", *flags, "-o", str(folder / program), package)
    sources = go("pulumi-cli", "list", "-m", "-f", "{{.Dir}}", SDK, stdout=subprocess.PIPE).strip()
    for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
        copy = folder / Path(script).name
        shutil.copyfile(Path(sources, "python", script), copy)
        copy.chmod(0o755)


def go(module: str, *command: str, stdout: int | None = None) -> str:
    # Without cgo the result does not depend on a C compiler; a go.work further up is not ours
    env = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    try:
        done = subprocess.run(["go", *command], cwd=HERE / module, env=env, text=True, stdout=stdout, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"go {command[0]} failed in {HERE / module}; its message is above") from error
    return done.stdout


def say(line: str) -> None:
    print(line, flush=True)  # at once, also into a pipe: what go says must come after it


if __name__ == "__main__":
    sys.exit(main())
