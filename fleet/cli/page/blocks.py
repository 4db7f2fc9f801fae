"""What the sections of the page are built from: tables, figures, sentences. Values; how they look is page.html.j2's."""

from dataclasses import dataclass
from enum import StrEnum

from fleet.cli.page.drawing import Drawing
from fleet.status import one_line


class Tone(StrEnum):
    """How something is; each has a colour and a sign."""

    PLAIN = ""
    GOOD = "good"
    NOTE = "note"  # somebody should look
    BAD = "bad"
    QUIET = "quiet"  # nothing that needs attention


NARROW = 4  # columns that a phone has room for
SIGNS = {Tone.PLAIN: "", Tone.GOOD: "✓", Tone.NOTE: "!", Tone.BAD: "✕", Tone.QUIET: "-"}


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    tone: Tone = Tone.PLAIN
    drawing: Drawing | None = None  # in place of the text

    @property
    def sign(self) -> str:
        return SIGNS[self.tone]


@dataclass(frozen=True)
class Head:
    """The head of a column."""

    text: str
    is_number: bool = False
    is_wide: bool = False  # sentences: they have a line of their own where there is no room for columns
    is_whole: bool = False  # a time or one word: not broken

    @property
    def kind(self) -> str:
        return "n" if self.is_number else "w" if self.is_wide else "t" if self.is_whole else ""


@dataclass(frozen=True)
class Table:
    """Rows under heads; the first cell of each says what the row is of."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    foot: tuple[Cell, ...] = ()  # a last row that sums

    @property
    def needs_room(self) -> bool:
        """Whether a phone is too narrow for its columns."""
        return len(self.heads) > NARROW or any(head.is_wide for head in self.heads)


@dataclass(frozen=True)
class Figures:
    """Charts beside each other."""

    drawings: tuple[Drawing, ...]


@dataclass(frozen=True)
class Beside:
    """A chart, and next to it what says the same in words and figures, where there is room."""

    drawing: Drawing
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True)
class Said:
    """A paragraph."""

    text: str
    is_missing: bool = False  # it says what could not be read


@dataclass(frozen=True)
class Listed:
    """Sentences, a line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Folded:
    """What is shown when somebody asks for it; printed in any case."""

    summary: str
    blocks: "tuple[Block, ...]"


Block = Table | Figures | Beside | Said | Listed | Folded


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading of its own."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Card:
    """One figure that is seen first."""

    label: str
    value: str
    detail: str
    tone: Tone = Tone.PLAIN

    @property
    def sign(self) -> str:
        return SIGNS[self.tone]


def heads(*texts: str) -> tuple[Head, ...]:
    """Heads of columns; those of numbers begin with #, of sentences with =, of times and single words with @."""
    return tuple(Head(text.lstrip("#=@"), *(text.startswith(sign) for sign in "#=@")) for text in texts)


def cells(*given: "str | Cell") -> tuple[Cell, ...]:
    return tuple(each if isinstance(each, Cell) else Cell(each) for each in given)


def folded_beyond(count: int, table: Table, what: str) -> tuple[Block, ...]:
    """The first rows of a table, and all of it folded where there are more."""
    if len(table.rows) <= count:
        return (table,)
    first = Table(f"{table.caption}: the first {count}", table.heads, table.rows[:count], table.foot)
    rest = Table(f"{table.caption}: the others", table.heads, table.rows[count:])
    return first, Folded(f"{len(rest.rows)} more {what}", (rest,))


def missing(what: str, why: str) -> Said:
    return Said(f"{what} could not be read: {one_line(why)}", is_missing=True)
