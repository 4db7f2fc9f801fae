"""Put actionlint, which checks the workflows of GitHub, into .tools/bin: from the official release, else built with Go.

`python -m tools.actionlint` runs on a machine that has nothing yet, like tools/pulumi.py, whose steps it takes.
"""

import hashlib
import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.pulumi import Refused, Unavailable, download, go, say

VERSION = "1.7.12"
PROGRAM = "actionlint"
PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
RELEASES = "https://github.com/rhysd/actionlint/releases/download"
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def main() -> int:
    try:
        provide(Path(".tools") / "bin")
    except (Refused, Unavailable) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    return 0


def provide(ours: Path) -> None:
    """Make `ours` hold the pinned version; raises Refused or, when both sources failed, Unavailable."""
    if version(ours / PROGRAM) == VERSION:
        return
    say(f"Setting up {PROGRAM} {VERSION} in {ours}")
    ours.mkdir(parents=True, exist_ok=True)
    for source in (from_release, from_go):
        # Beside the target, so that it moves there in one step
        with tempfile.TemporaryDirectory(prefix=f".{PROGRAM}-", dir=ours.parent) as scratch:
            built = Path(scratch).resolve() / PROGRAM  # go runs elsewhere
            try:
                source(built)
            except Unavailable as why:
                say(f"  {why}")
                continue
            if version(built) == VERSION:
                built.replace(ours / PROGRAM)
                return
            say(f"  what came is not {PROGRAM} {VERSION}")
    raise Unavailable(
        "neither its release nor Go (https://go.dev/dl/) is to be had: `make workflows` needs one of them"
    )


def version(program: Path) -> str:
    """What the program says of itself; "" where it does not run."""
    try:
        said = subprocess.run([program.resolve(), "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.split("\n")[0].strip().removeprefix("v")


def from_release(target: Path) -> None:
    """Unpack the official archive; raises Refused where its sha256 is not the published one."""
    system, machine = platform.system().lower(), platform.machine().lower()
    if system not in ("linux", "darwin") or machine not in ARCHITECTURES:
        raise Unavailable(f"official release: none for {system} on {machine}")
    name = f"{PROGRAM}_{VERSION}_{system}_{ARCHITECTURES[machine]}.tar.gz"
    base = f"{RELEASES}/v{VERSION}"
    lines = download(f"{base}/{PROGRAM}_{VERSION}_checksums.txt", target.parent).read_text(errors="replace").split("\n")
    published = next((line.split()[0] for line in lines if line.endswith(f" {name}")), None)
    archive = download(f"{base}/{name}", target.parent)
    with archive.open("rb") as packed:
        actual = hashlib.file_digest(packed, "sha256").hexdigest()
    if actual != published:
        raise Refused(f"{base}/{name} has sha256 {actual}, but its release says {published}; nothing was installed")
    with tarfile.open(archive) as tar:
        content = tar.extractfile(PROGRAM)
        if content is None:
            raise Refused(f"{base}/{name} holds no {PROGRAM}; nothing was installed")
        target.write_bytes(content.read())
    target.chmod(0o755)


def from_go(target: Path) -> None:
    """Build with the Go on PATH, from the modules and sums in actionlint/ beside this file."""
    say("  built with Go: takes about half a minute")
    go(PROGRAM, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", str(target), PACKAGE)


if __name__ == "__main__":
    sys.exit(main())
