"""A forge on this machine: what GitHub and GitLab answer to an event, and to a job that comments.

It keeps GitHub's promise about a concurrency group: of the runs that are asked for, one is under way and one waits, and
a newer one takes the place of the one that waits. GitLab begins every pipeline.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

TOKEN = "ghp_of-the-trigger"
REPOSITORY = "team/fleet"
PROJECT = "4711"


@dataclass
class Forge:
    url: str = ""
    broken: int = 0  # a status code that everything is answered with, so many times
    broken_times: int = 1_000_000
    is_silent: bool = False  # takes what it is asked, and does not answer
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    dispatched: list[dict[str, Any]] = field(default_factory=list)  # every event that was taken
    asked: int = 0  # requests, answered whatever way
    running: dict[str, Any] | None = None
    waiting: dict[str, Any] | None = None
    runs: list[dict[str, Any]] = field(default_factory=list)  # what a run was begun for

    def dispatch(self, event: dict[str, Any]) -> None:
        self.dispatched.append(event)
        if self.running is None:
            self._begin(event)
        else:
            self.waiting = event

    def _begin(self, event: dict[str, Any]) -> None:
        self.running = event
        self.runs.append(event)

    def end_run(self) -> None:
        """The run under way is over; the one that waits begins."""
        waits, self.waiting, self.running = self.waiting, None, None
        if waits is not None:
            self._begin(waits)

    def people_comment(self, text: str) -> None:
        self._comment({"body": text, "user": {"type": "User", "login": "somebody"}})

    def people_note(self, text: str) -> None:
        self._comment({"body": text, "author": {"username": "somebody"}})

    def _comment(self, comment: dict[str, Any]) -> dict[str, Any]:
        number = 1000 + len(self.comments)
        self.comments[number] = {"id": number, **comment}
        return self.comments[number]

    def answer(self, method: str, path: str, query: str, headers: Any, content: Any) -> tuple[int, Any]:
        self.asked += 1
        if self.broken and self.asked <= self.broken_times:
            return self.broken, {"message": "broken"}
        github, gitlab = f"/repos/{REPOSITORY}", f"/projects/{PROJECT}"
        if path == f"{gitlab}/trigger/pipeline":  # its token is in the body
            return self._trigger(content)
        if TOKEN not in (headers.get("PRIVATE-TOKEN"), (headers.get("Authorization") or "").removeprefix("Bearer ")):
            return 401, {"message": "Bad credentials"}
        match method:
            case "POST" if path == f"{github}/dispatches":
                if len(content.get("client_payload", {})) > 10 or not content["event_type"]:
                    return 422, {"message": "Invalid request"}
                self.dispatch(content)
                return 204, None
            case "GET" if path in (f"{github}/issues/7/comments", f"{gitlab}/merge_requests/7/notes"):
                return 200, self._page(query)
            case "POST" if path in (f"{github}/issues/7/comments", f"{gitlab}/merge_requests/7/notes"):
                notes = {"author": {"username": f"project_{PROJECT}_bot_1f3a"}}
                by = notes if path.startswith(gitlab) else {"user": {"type": "Bot", "login": "github-actions[bot]"}}
                return 201, self._comment({"body": content["body"], **by})
            case "PATCH" | "PUT" if found := re.fullmatch(r".*/(?:comments|notes)/(\d+)", path):
                self.comments[int(found[1])]["body"] = content["body"]
                return 200, self.comments[int(found[1])]
        return 404, {"message": "Not Found"}

    def _trigger(self, content: Any) -> tuple[int, Any]:
        if content.get("token") != TOKEN:
            return 404, {"message": "404 Not Found"}
        self.dispatched.append(content)
        self.runs.append(content)  # each in its turn
        return 201, {"id": len(self.dispatched)}

    def _page(self, query: str) -> list[dict[str, Any]]:
        asked = dict(part.split("=") for part in query.split("&"))
        size, page = int(asked["per_page"]), int(asked["page"])
        return list(self.comments.values())[size * (page - 1) : size * page]


@contextmanager
def open_forge() -> Iterator[Forge]:
    forge, closed = Forge(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            asked = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if forge.is_silent:
                closed.wait()
                return
            code, answer = forge.answer(
                self.command, asked.path, asked.query, self.headers, json.loads(sent) if sent else None
            )
            text = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = _any

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        forge.url = f"http://127.0.0.1:{server.server_port}"
        yield forge
    finally:
        closed.set()
        server.shutdown()
        server.server_close()
