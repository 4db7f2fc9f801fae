"""Start and stop the two processes of a sandbox, and tell a running one from one that was killed."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.aws.world import FIRST_ACCOUNT
from sandbox.lab.folder import ROOT, Running, prepare

START_SECONDS = 30
STOP_SECONDS = 2
POLL_SECONDS = 0.02
PORT_FILE = "inference.port"  # in the folder; both processes have its path in their command line


class SandboxError(Exception):
    """The sandbox could not do what was asked; the text says what and why."""


def ask(url: str, method: str, path: str, content: Any = None, timeout: float = 30) -> Any:
    """One call of the control API. Raises OSError when nobody answers, SandboxError with its error text."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        body = None if method == "GET" else json.dumps(content or {})
        connection.request(method, f"/_sandbox/{path}", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
    except http.client.HTTPException as error:
        raise ConnectionError(f"{url} is no sandbox: {error!r}") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise SandboxError(answer["error"])
    return answer


def alive(running: Running) -> bool:
    """Whether that very sandbox still answers: not only a process of its number, nor another on its port."""
    try:
        return bool(ask(running.url, "GET", "health", timeout=2)["pid"] == running.pid)
    except (OSError, ValueError, KeyError, SandboxError):
        return False


def launch(
    folder: Path, name: str, tasks: Path, *, detached: bool, inference: bool = True, account: str = FIRST_ACCOUNT
) -> Running:
    """Starts a sandbox of that account in `folder` and waits until it answers; what a killed one left is removed first.

    Not detached, it ends with this process at the latest. Raises SandboxError if one runs there, or it does not start.
    """
    if (before := Running.read(folder)) and alive(before):
        raise SandboxError(f"sandbox {before.name!r} already runs in {folder}")
    remove(folder)
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        Running(name, url, 0, "", 0, account).write(folder)  # so that a start that dies here can be removed
        prepare(folder, url, tasks, account)
        server = _spawn_aws(folder, listening.fileno(), parent=0 if detached else os.getpid(), account=account)
    models = _spawn_models(folder, parent=server.pid) if inference else None
    running = Running(name, url, server.pid, "", models.pid if models else 0, account)
    running.write(folder)  # before they answer, so that a start that is killed can be stopped
    try:
        running = _answering(running, [server, *([models] if models else [])], folder)
    except SandboxError:
        _end(folder, running)  # and not `remove`: its log tells why
        raise
    running.write(folder)
    return running


def _spawn_aws(folder: Path, fd: int, *, parent: int, account: str) -> subprocess.Popen[bytes]:
    """On the listening socket `fd`; it ends with the parent (0: never by itself)."""
    command = ["sandbox.aws.server", "--fd", str(fd), "--inference-port-file", str(folder.resolve() / PORT_FILE)]
    # moto's half of AWS is the same account
    env = {"SANDBOX_ACCOUNT": account, "MOTO_ACCOUNT_ID": account}
    return _spawn(folder, [*command, "--parent", str(parent)], env, pass_fds=(fd,))


def _spawn_models(folder: Path, *, parent: int) -> subprocess.Popen[bytes]:
    command = ["sandbox.inference", "--port", "0", "--port-file", str(folder.resolve() / PORT_FILE)]
    return _spawn(folder, [*command, "--parent", str(parent)], {})


def _spawn(
    folder: Path, command: list[str], env: Mapping[str, str], pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=pass_fds,
            start_new_session=True,
        )


def _answering(running: Running, processes: list[subprocess.Popen[bytes]], folder: Path) -> Running:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if any(process.poll() is not None for process in processes):
            break
        try:
            health = ask(running.url, "GET", "health")
        except OSError:
            health = {"inference_url": ""}
        if health.get("ok") and (health["inference_url"] or not running.inference_pid):
            return replace(running, inference_url=health["inference_url"])
        time.sleep(POLL_SECONDS)
    log = (folder / "log").read_text(errors="replace")[-2000:]
    raise SandboxError(f"sandbox {running.name!r} did not start; the end of {folder / 'log'}:\n{log}")


def halt(folder: Path, running: Running) -> None:
    """Stops both processes, whatever state they are in, and removes the folder."""
    if alive(running):
        with contextlib.suppress(OSError):
            ask(running.url, "POST", "stop")
    remove(folder)


def remove(folder: Path) -> None:
    """Removes a sandbox's folder and what still runs from it. Raises SandboxError for a folder that is no sandbox's."""
    if not folder.exists():
        return
    running = Running.read(folder)
    if running is None and any(folder.iterdir()):
        raise SandboxError(f"{folder} is not empty and not a sandbox's; remove it by hand")
    if running:
        _end(folder, running)
    shutil.rmtree(folder)


def _end(folder: Path, running: Running) -> None:
    """Makes both processes go: SIGTERM, then SIGKILL."""
    for pid in filter(None, (running.pid, running.inference_pid)):
        for wanted in (signal.SIGTERM, signal.SIGKILL):
            until = time.monotonic() + STOP_SECONDS
            if not _runs(pid, folder):
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, wanted)
            while time.monotonic() < until and _runs(pid, folder):
                time.sleep(POLL_SECONDS)


def _runs(pid: int, folder: Path) -> bool:
    """Whether that process is this folder's: its number may be another's by now, another sandbox's too."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # our own child would stay as a zombie
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(folder.resolve() / PORT_FILE) in shown.stdout
