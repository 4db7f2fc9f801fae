"""The page as people get it: looked at in chromium, on a phone and a desk, light and dark, on paper, by a reader."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.browser import Scheme, look
from demo.report import NOW, content
from fleet.cli.page.content import Content, Moved
from fleet.cli.page.html import page
from fleet.memory import Move, Verdict

PHONE, DESK = 390, 1280
LONG = "x" * 63  # the longest name that an endpoint may have, with no place to break it
OPENED = "document.querySelectorAll('details').forEach(each => { each.open = true })"

# Every piece of text with its colour against that of the ground it stands on, as WCAG 2.2 reckons contrast (1.4.3)
FAINT = """
() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue].map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = each => {
    for (; each; each = each.parentElement) {
      const colour = parts(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const each = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || /^(title|desc|style)$/i.test(each.tagName)) continue;
    const style = getComputedStyle(each);
    const pair = [parts(each.namespaceURI.endsWith('svg') ? style.fill : style.color), ground(each)].map(light);
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    found.push([contrast, texts.currentNode.data.trim()]);
  }
  return found;
}
"""

# Charts that say nothing to whoever does not see them
DUMB = """
() => [...document.querySelectorAll('svg:not([aria-hidden])')].filter(each => {
  const words = ['title', 'desc'].map(tag => each.querySelector(tag)?.textContent);
  return each.getAttribute('role') !== 'img' || !(each.getAttribute('aria-label') || words.every(Boolean));
}).length
"""


def written(folder: Path, found: Content) -> Path:
    file = folder / "report.html"
    file.write_text(page(found), encoding="utf-8")
    return file


def with_a_long_name() -> Content:
    """A fleet with a name in it that cannot be broken, wherever a name is shown."""
    found: Any = content()
    standing, cost = found.standing, found.cost
    long: Content = replace(
        found,
        stack=f"sagemaker-endpoint-manager/{LONG}",
        standing=standing.model_copy(update={"tasks": {**standing.tasks, LONG: standing.tasks["spam"]}}),
        cost=cost.model_copy(update={"tasks": {**cost.tasks, LONG: cost.tasks["toxicity"]}}),
        usage={**found.usage, LONG: found.usage["toxicity"]},
        moves=(moved(LONG), *found.moves),
    )
    return long


def moved(name: str) -> Moved:
    return Moved(name, Move(3, "r", NOW.isoformat(), Verdict.SERVES))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_fits_its_window_asks_nothing_and_can_be_read(tmp_path: Path, width: int, scheme: Scheme) -> None:
    with look(written(tmp_path, with_a_long_name()), width, scheme) as seen:
        seen.run(OPENED)
        picture = seen.page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)
        wide, room = seen.run("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        texts: list[Any] = seen.run(FAINT)
    assert len(picture) > 50_000
    assert wide <= room == width
    assert (seen.asked, seen.said) == ([], [])
    assert len(texts) > 500
    assert [(text, contrast) for contrast, text in texts if contrast < 4.5] == []


def test_no_table_leaves_its_section_whatever_the_width(tmp_path: Path) -> None:
    out = "each.getBoundingClientRect().right > each.closest('section').getBoundingClientRect().right"
    with look(written(tmp_path, with_a_long_name())) as seen:
        seen.run(OPENED)
        for width in (320, 600, 800, 992, 1000, 1024, 1600):
            seen.page.set_viewport_size({"width": width, "height": 800})
            assert seen.run("document.documentElement.scrollWidth") == width
            assert seen.run(f"[...document.querySelectorAll('table')].filter(each => {out}).length") == 0


def test_light_and_dark_are_two_pictures_of_the_same_page(tmp_path: Path) -> None:
    file = written(tmp_path, content(3))
    grounds = []
    for scheme in ("light", "dark"):
        with look(file, scheme=scheme) as seen:
            bar = "getComputedStyle(document.querySelector('figure path[fill]')).fill"
            grounds.append((seen.run("getComputedStyle(document.body.parentElement).backgroundColor"), seen.run(bar)))
    assert len(set(grounds)) == len({ground for ground, _ in grounds}) == len({bar for _, bar in grounds}) == 2


def test_headings_tables_and_charts_say_what_they_are(tmp_path: Path) -> None:
    with look(written(tmp_path, content())) as seen:
        levels = seen.run("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => +each.tagName[1])")
        language = seen.run("document.documentElement.lang")
        untold = seen.run(
            "[...document.querySelectorAll('table')].filter(each => !each.caption || !each.caption.textContent.trim()"
            " || [...each.querySelectorAll('thead th')].some(head => head.scope !== 'col' || !head.textContent.trim())"
            " || [...each.tBodies[0].rows].some(row => row.cells[0].scope !== 'row')).length"
        )
        dumb = seen.run(DUMB)
        ids = seen.run("[...document.querySelectorAll('[id]')].map(each => each.id)")
        led_nowhere = seen.run(
            "[...document.querySelectorAll('a')].filter(each => !document.querySelector(each.hash)).length"
        )
        tables, charts = seen.run(
            "[document.querySelectorAll('table').length, document.querySelectorAll('svg').length]"
        )
    assert (language, levels[0], levels.count(1), max(levels)) == ("en", 1, 1, 2)
    assert (untold, dumb, led_nowhere) == (0, 0, 0)
    assert len(ids) == len(set(ids))
    assert tables > 8
    assert charts > 20


def test_a_table_stays_one_on_a_phone(tmp_path: Path) -> None:
    with look(written(tmp_path, content()), PHONE) as seen:
        tree = seen.page.locator("table").first.aria_snapshot()
        # Chromium needs no roles for that where cells are laid out as blocks; other browsers do.
        parts = "document.querySelectorAll('table, table tr, table td, table th, thead, tbody, tfoot')"
        without = seen.run(f"[...{parts}].filter(each => !each.role).length")
    assert tree.lstrip("-' ").startswith("table")
    assert 'rowheader "language"' in tree
    assert without == 0


def test_what_is_folded_is_printed(tmp_path: Path) -> None:
    with look(written(tmp_path, content())) as seen:
        height = (
            "Math.max(...[...document.querySelectorAll('details')].map(each => each.lastElementChild.offsetHeight))"
        )
        shown = seen.run("document.querySelector('details > :not(summary)').checkVisibility()")
        seen.page.emulate_media(media="print")
        assert not shown
        assert seen.run("[...document.querySelectorAll('details > :not(summary)')].every(e => e.checkVisibility())")
        assert seen.run(height) > 100


def test_what_others_wrote_is_text_and_nothing_else(tmp_path: Path) -> None:
    evil = "</title><script>document.title='mine'</script><img src=https://example.com/x onerror=alert(1)>"
    found: Any = content(3)
    whole = replace(
        found,
        stack=evil,
        region=evil,
        moves=(moved(evil), *found.moves),
        run=replace(found.run, message=evil, result=evil),
        usage={evil: found.usage["toxicity"]},
    )
    with look(written(tmp_path, whole)) as seen:
        scripts = seen.run("document.querySelectorAll('script, img').length")
        title = seen.page.title()
    assert (scripts, seen.asked, seen.said) == (0, [], [])
    assert title.startswith(evil)


def test_200_tasks_are_less_than_2_mb_and_open_in_less_than_2_seconds(tmp_path: Path) -> None:
    file = written(tmp_path, content(200))
    with look(file) as seen:
        assert seen.page.locator("tbody tr").count() > 900
    assert file.stat().st_size < 2_000_000
    assert seen.seconds < 2
