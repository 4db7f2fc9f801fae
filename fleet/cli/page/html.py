"""The page of `fleet report`: one file that asks nothing of any network.

What comes from elsewhere (names, reasons, what AWS said) is text to it: the template escapes all of it, and the charts
are XML that was parsed. A policy in the page forbids scripts and requests on top.
"""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from fleet.cli.page import calls, money, standing
from fleet.cli.page.blocks import Card, Section
from fleet.cli.page.content import Content
from fleet.cli.page.drawing import Drawing

SECTIONS = (
    standing.standing,
    standing.last_run,
    calls.course,
    standing.versions,
    money.cost,
    money.verdicts,
    calls.tests,
    standing.alarms,
)
CARDS = (standing.standing_card, standing.alarm_card, calls.calls_card, money.cost_card)


def page(content: Content) -> str:
    """The page as text. The same content gives the same page, byte for byte."""
    own = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((own / "page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        content=content,
        made=standing.shown(content.made),
        cards=cards(content),
        sections=sections(content),
        style=Markup((own / "page.css").read_text(encoding="utf-8")),
        kind_of=lambda block: type(block).__name__,
        drawn=_drawn,
    )


def sections(content: Content) -> list[Section]:
    return [section(content) for section in SECTIONS]


def cards(content: Content) -> list[Card]:
    return [card(content) for card in CARDS]


def _drawn(drawing: Drawing) -> Markup:
    """A chart as it is: it was made as XML from escaped text."""
    return Markup(drawing.svg)
