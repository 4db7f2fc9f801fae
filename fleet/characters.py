"""Characters that nobody sees: where a text is compared or becomes a name, one of them makes another of it.

They come with what is copied from web pages, chats and documents. Pure.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# What makes a file read otherwise than it is shown, or end its lines elsewhere: control characters, the line and
# paragraph separators, the signs that turn the direction of what follows (CVE-2021-42574), and a byte order mark
# that is not at the beginning.
DECEPTIVE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff"
# Other spaces than U+0020, signs without width, and signs that only change how their neighbour is drawn (Unicode 15:
# categories Zs and Cf without the Arabic signs that are seen, and Default_Ignorable_Code_Point). A text may need them.
UNSEEN = (
    "\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u206f\u2800\u3000\u3164"
    "\ufe00-\ufe0f\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ANY = re.compile(f"[{DECEPTIVE}{UNSEEN}]")
_DECEPTIVE = re.compile(f"[{DECEPTIVE}]")


class Unseen(NamedTuple):
    """One of them in a text."""

    at: int  # in the text, from 0
    line: int  # from 1, and the column too
    column: int
    sign: str

    @property
    def is_deceptive(self) -> bool:
        return bool(_DECEPTIVE.match(self.sign))

    @property
    def name(self) -> str:
        """`U+200B (ZERO WIDTH SPACE)`"""
        return f"U+{ord(self.sign):04X} ({unicodedata.name(self.sign, 'a control character')})"

    def told(self) -> str:
        return f"{self.name} in column {self.column} cannot be seen"


def unseen(text: str) -> Iterator[Unseen]:
    """Every one, but for the byte order mark that a file may begin with."""
    for found in _ANY.finditer(text):
        index, sign = found.start(), found[0]
        if index or sign != "\ufeff":
            yield Unseen(index, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index), sign)


def escaped(text: str) -> str:
    """The text with what nobody sees as YAML and JSON write it in quotes: `a\\u200b`."""
    return _ANY.sub(lambda found: escape(found[0]), text)


def escape(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"
