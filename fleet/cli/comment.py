"""One comment on a pull request of GitHub or a merge request of GitLab: how the stack stands, and what would change.

Each run writes it again, so that there is one for each stack however often somebody pushes. CI calls it as
`python -m fleet.cli.comment`; where and what for, it reads from the variables that the forge sets for every job.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from fleet.cli.command import CommandError

LONGEST_STATUS, LONGEST_PREVIEW = 40_000, 20_000  # characters; a comment on GitHub takes 65,536 (GitHub, 2026)
PAGE = 100
SECONDS = 30


@dataclass(frozen=True)
class Forge:
    """Where the comments of one pull request are."""

    comments: str  # the address that lists them and takes a new one
    comment: str  # the address of one, before its id
    headers: Mapping[str, str]
    rewrite: str  # the method that changes one


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m fleet.cli.comment", description=__doc__)
    parser.add_argument("--stack", required=True, metavar="NAME", help="whose comment it is")
    parser.add_argument("--status", type=Path, required=True, metavar="FILE", help="`fleet status --markdown`")
    parser.add_argument("--preview", type=Path, required=True, metavar="FILE", help="what `pulumi preview` said")
    options = parser.parse_args(arguments)
    try:
        status = options.status.read_text(encoding="utf-8")
        preview = options.preview.read_text(encoding="utf-8", errors="replace")
        write(forge(os.environ), options.stack, body(options.stack, status, preview))
    except (CommandError, OSError) as error:
        print(f"comment: {error}", file=sys.stderr)
        return 1
    return 0


def forge(env: Mapping[str, str]) -> Forge:
    """The forge whose job this is. Raises CommandError where it is none, or a variable is missing."""
    try:
        number, token = int(env["PULL_REQUEST"]), env["FORGE_TOKEN"]
        if "GITHUB_REPOSITORY" in env:
            issues = f"{env['GITHUB_API_URL']}/repos/{env['GITHUB_REPOSITORY']}/issues"
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
            return Forge(f"{issues}/{number}/comments", f"{issues}/comments/", headers, "PATCH")
        project = f"{env['CI_API_V4_URL']}/projects/{quote(env['CI_PROJECT_ID'], safe='')}"
        notes = f"{project}/merge_requests/{number}/notes"
        return Forge(notes, f"{notes}/", {"PRIVATE-TOKEN": token}, "PUT")
    except (KeyError, ValueError) as error:
        raise CommandError(f"this is no job of a pull request: {error}") from None


def body(stack: str, status: str, preview: str) -> str:
    """The comment, as Markdown."""
    text = _cut(preview, LONGEST_PREVIEW)
    # Longer than any in the text, which could else end the block and go on as Markdown
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", text)), default=0))
    shown = f"<details><summary>pulumi preview</summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>"
    return f"{marker(stack)}\n## Stack `{stack}`\n\n{_cut(status, LONGEST_STATUS)}\n\n{shown}\n"


def _cut(text: str, longest: int) -> str:
    """Its first lines, up to so many characters, and that there are more."""
    text = text.strip()
    if len(text) <= longest:
        return text
    kept = text[:longest].rpartition("\n")[0]
    return f"{kept}\n\n… {text.count(chr(10)) - kept.count(chr(10)):,} lines more: see the job's log"


def marker(stack: str) -> str:
    """What a run finds its comment by; nobody sees it."""
    return f"<!-- fleet: {stack} -->"


def write(where: Forge, stack: str, text: str) -> None:
    """Write over the stack's comment, or make it. Raises CommandError where the forge refuses."""
    known = (one for one in _comments(where) if one["body"].startswith(marker(stack)) and _is_a_jobs(one))
    if first := next(known, None):
        _ask(where, where.rewrite, f"{where.comment}{first['id']}", {"body": text})
    else:
        _ask(where, "POST", where.comments, {"body": text})


def _is_a_jobs(comment: Mapping[str, Any]) -> bool:
    """Whether the token of a job wrote it, and not a person who quotes the marker.

    GitHub says so; at GitLab, the user of a project's access token is called e.g. project_4711_bot_1f3a.
    """
    writer = comment.get("user") or comment["author"]
    return writer.get("type") == "Bot" or bool(re.match(r"(project|group)_\d+_bot", writer.get("username", "")))


def _comments(where: Forge) -> Iterator[Mapping[str, Any]]:
    for page in count(1):
        found = _ask(where, "GET", f"{where.comments}?per_page={PAGE}&page={page}")
        yield from found
        if len(found) < PAGE:
            return


def _ask(where: Forge, method: str, url: str, content: Any = None) -> Any:
    sent = None if content is None else json.dumps(content).encode()
    headers = {**where.headers, "Content-Type": "application/json", "User-Agent": "sagemaker-endpoint-manager"}
    try:
        with urlopen(Request(url, data=sent, headers=headers, method=method), timeout=SECONDS) as answer:
            return json.load(answer)
    except HTTPError as error:
        raise CommandError(f"{method} {url}: {error.code} {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise CommandError(f"{method} {url}: {getattr(error, 'reason', None) or error}") from None


if __name__ == "__main__":
    sys.exit(main())
