"""What the demo prints, and the part of it that stands in the README: the picture of a new version."""

import io
import re
from pathlib import Path
from textwrap import indent
from typing import TextIO

from demo.chapters import PICTURE

BEGIN, END = "<!-- demo: pasted by `make readme` -->", "<!-- demo: end -->"


class Transcript(io.StringIO):
    """Remembers what is printed, and prints it."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self.out = out

    def write(self, text: str) -> int:
        self.out.write(text)
        self.out.flush()
        return super().write(text)


def paste(transcript: str, readme: Path) -> None:
    """Put the chapters that show a new version into the README, so that its picture cannot rot."""
    lines = [line for line in transcript.splitlines() if not line.startswith("   ... ")]
    chapters = re.split(r"^\d+\. ", "\n".join(lines), flags=re.MULTILINE)
    shown = [chapter.strip() for chapter in chapters if chapter.startswith(PICTURE)]
    picture = indent("\n\n".join(shown), "    ")
    before, _, rest = readme.read_text().partition(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n{picture}\n{END}{rest.partition(END)[2]}")
