"""Chromium: a page is looked at without a network, and it is told what the page tried to ask for, and what it said."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page, ViewportSize, sync_playwright

MISSING = "chromium is missing: install Debian's package `chromium` (`make browser` does it as root)"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
Scheme = Literal["light", "dark"]


@dataclass
class Look:
    """A page, and what it did."""

    page: Page
    seconds: float = 0  # that it took to load
    asked: list[str] = field(default_factory=list)  # other addresses than its own
    said: list[str] = field(default_factory=list)  # on the console, errors and all

    def run(self, script: str) -> Any:
        return self.page.evaluate(script)


@contextmanager
def look(
    file: Path, width: int = 1280, scheme: Scheme = "light", *, height: int = 800, scale: float = 1
) -> Iterator[Look]:
    """The page of a file, in a window of that size; a picture has `scale` pixels for one of the page.

    Fails where there is no chromium.
    """
    program = shutil.which("chromium")
    assert program, MISSING
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        window: ViewportSize = {"width": width, "height": height}
        context = chromium.new_context(
            viewport=window, device_scale_factor=scale, color_scheme=scheme, offline=True, service_workers="block"
        )
        seen = Look(context.new_page())
        address = file.as_uri()
        seen.page.on("request", lambda request: seen.asked.extend({request.url} - {address}))
        seen.page.on("console", lambda message: seen.said.append(message.text))
        seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
        seen.page.goto(address, wait_until="load")
        timing = "performance.getEntriesByType('navigation')[0].duration"
        seen.seconds = seen.run(f"new Promise(done => requestAnimationFrame(() => done({timing})))") / 1000
        yield seen
        chromium.close()
