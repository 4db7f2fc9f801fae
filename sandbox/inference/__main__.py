"""`python -m sandbox.inference`: serve the models, or show how good they are. The sandbox starts and stops it."""

import argparse
import os
import threading
import time
from pathlib import Path

from sandbox.inference import models
from sandbox.inference.server import InferenceServer

REPORTED = (1, 2, 3)  # versions
PARENT_CHECK_SECONDS = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.inference", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0, the default, takes a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port once the server listens")
    parser.add_argument("--parent", type=int, metavar="PID", help="exit when this process ends")
    parser.add_argument("--model", type=_model, metavar="GROUP/VERSION", help="serve it at /ping and /invocations too")
    parser.add_argument("--report", action="store_true", help="train, print the held-out accuracies and exit")
    parser.add_argument("--differ", action="store_true", help="print texts that version 2 labels better and exit")
    options = parser.parse_args()
    if options.report:
        report()
    elif options.differ:
        differ()
    else:
        serve(options.port, options.port_file, options.parent, options.model)


def _model(text: str) -> tuple[str, int]:
    group, _, version = text.partition("/")
    if not group or not version.isdecimal() or int(version) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not <group>/<version>, such as toxicity/2")
    return group, int(version)


def serve(port: int, port_file: Path | None, parent: int | None, alone: tuple[str, int] | None) -> None:
    with InferenceServer(port, alone) as server:
        if parent is not None:
            threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        if port_file is not None:
            # Replaced and not written in place: who waits for it never reads half a number
            unfinished = port_file.with_name(port_file.name + ".new")
            unfinished.write_text(f"{server.port}\n")
            unfinished.replace(port_file)
        print(f"inference: http://127.0.0.1:{server.port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("inference: stopped", flush=True)


def _end_with(parent: int) -> None:
    while _running(parent):
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(0)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:  # a process that ended but was not waited for still takes signals
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def report() -> None:
    print(f"{'group':<20} {'version':>7} {'held out':>8} {'majority':>8} {'accuracy':>8}  model")
    for group in models.groups():
        data = models.dataset(group)
        for version in REPORTED:
            accuracy, what = models.accuracy(group, version), models.model(group, version).what
            print(f"{group:<20} {version:>7} {len(data.held_out):>8} {data.majority:>8.3f} {accuracy:>8.3f}  {what}")


def differ() -> None:
    for group in models.groups():
        text = models.differing_text(group)
        labels = [models.model(group, version).answer([text])[0].label for version in (1, 2)]
        print(f"{group}: {text}\n    version 1: {labels[0]}, version 2: {labels[1]}")


if __name__ == "__main__":
    main()
