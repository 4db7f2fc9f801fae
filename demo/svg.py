"""SVG, as little of it as graphs take. Numbers are rounded: the same picture has the same bytes on every machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

INK, PALE, PAPER = "#16191f", "#5f6b7a", "#ffffff"
NORMAL, SMALL = 12, 10  # sizes of letters, in pixels
LETTER = 6.2  # pixels of a small letter, by and large


@dataclass(frozen=True)
class Box:
    """Where something is drawn, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def right(self) -> float:
        return self.x + self.width

    def within(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """This one without so much at its sides."""
        return Box(self.x + left, self.y + top, self.width - left - right, self.height - top - bottom)


def document(width: float, height: float, title: str, drawn: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" role="img"'
    font = ' font-family="Helvetica, Arial, sans-serif">'
    return "\n".join([head + font, f"<title>{escape(title)}</title>", *drawn, "</svg>", ""])


def rectangle(box: Box, **attributes: str | float) -> str:
    place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    return f"<rect{_attributes({**place, **attributes})}/>"


def path(steps: str, **attributes: str | float) -> str:
    return f"<path{_attributes({'d': steps, 'fill': 'none', **attributes})}/>"


def text(x: float, y: float, words: str, size: int = NORMAL, fill: str = INK, **attributes: str | float) -> str:
    place = _attributes({"x": x, "y": y, "font_size": size, "fill": fill})
    return f"<text{place}{_attributes(attributes)}>{escape(words)}</text>"


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _attributes(given: dict[str, str | float]) -> str:
    shown = {name: value if isinstance(value, str) else number(value) for name, value in given.items()}
    return "".join(f" {name.replace('_', '-')}={quoteattr(value)}" for name, value in shown.items())
