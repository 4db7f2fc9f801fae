"""Chromium, as the pages of the docs and of the tests are looked at."""

import shutil
from pathlib import Path

import pytest

from demo.browser import MISSING, look


def test_without_chromium_it_fails_and_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with (
        pytest.raises(AssertionError, match="chromium is missing: install Debian's package `chromium`"),
        look(tmp_path),
    ):
        pytest.fail("there is no page")
    assert "`make browser` does it as root" in MISSING


def test_what_a_page_asks_for_and_says_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<img src='https://example.com/a.png'><script>console.log('hello'); nothing.there</script>")
    with look(page) as seen:
        assert seen.run("1 + 1") == 2
    assert seen.asked == ["https://example.com/a.png"]
    assert {"hello", "nothing is not defined"} <= set(seen.said)
