"""Tables for a pull request or the summary of a CI job, in GitHub's Markdown. Pure."""

import re
from collections.abc import Iterable, Sequence

_MARKDOWN = re.compile(r"([\\`*\[\]|~])")


def escaped(line: str) -> str:
    """A line of text as it is: much of it is another's, and none of it is to become markup."""
    return _MARKDOWN.sub(r"\\\1", line).replace("&", "&amp;").replace("<", "&lt;")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; its cells are escaped already."""
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]
