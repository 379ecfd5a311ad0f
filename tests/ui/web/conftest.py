"""What the tests of the page share: hostile texts, a way to look at HTML, a shelf over two small notes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.build import build
from ingest.settings import Settings
from ui.web.desk import Desks, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAYLOADS: list[str] = json.loads(Path(__file__).with_name("payloads.json").read_text(encoding="utf-8"))
CLASSES = {"class", "title"}
ALLOWED = {
    "div": {"class"}, "p": {"class"}, "a": {"href", "title", "target", "rel"}, "ol": {"start"}, "td": {"style"}, "th": {"style"},
    "span": {"class", "title", "tabindex", "role"}, "button": {"type", "class", "name", "value", "title", "disabled"}, "ul": set(),
    **{name: set() for name in ("pre", "code", "em", "strong", "s", "li", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "mark")},
    **{name: set() for name in ("blockquote", "table", "thead", "tbody", "tr")},
}  # fmt: skip
NOTE = """# Widgets

## 1. What does the red widget do?

The red widget turns steam into water.

## 2. What does the blue widget do?

## 3. How is a red widget cleaned?

A red widget is cleaned with vinegar once a year, after the steam has been let out.

## 4. Which widgets are round?

All widgets from the northern factory are round, and none of those from the south.
"""
GREEN = "# Green widgets\n\n## Where do green widgets grow?\n\nGreen widgets grow on the shaded side of a hill, where the soil is wet.\n"


class Tags(HTMLParser):
    """Every element of an HTML text with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="session")
def payloads() -> list[str]:
    """Texts that would run or load something where they became markup."""
    assert len(PAYLOADS) >= 60
    return PAYLOADS


@pytest.fixture(scope="session")
def tags() -> Callable[[str], list[tuple[str, dict[str, str | None]]]]:
    """The elements of an HTML text, each with its attributes."""
    return lambda html: Tags(html).found


@pytest.fixture(scope="session")
def harmless() -> Callable[[str], None]:
    """Asserts that HTML has only elements and attributes that the chat is made of, and only links to the web."""

    def check(html: str) -> None:
        for tag, attributes in Tags(html).found:
            assert tag in ALLOWED, html
            assert set(attributes) <= ALLOWED[tag], html
            assert re.match(r"https?://", attributes.get("href") or "http://"), html
            assert re.match(r"text-align:(left|right|center)$", attributes.get("style") or "text-align:left"), html

    return check


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """The desk of a small library: widgets in two notes, one heading blank."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "widgets.md").write_text(NOTE, encoding="utf-8")
    (folder / "green.md").write_text(GREEN, encoding="utf-8")
    settings = Settings(library=str(folder / "library"))
    build([folder / "widgets.md", folder / "green.md"], settings)
    made = Desks(settings)
    yield made
    made.close()


@pytest.fixture
def visit(desks: Desks) -> Callable[..., Visit]:
    """``visit(value)``: a click on a button of that value, on the page ``p`` or another."""
    return lambda value="", page="p": Visit(desk=desks.of(None), page=page, value=value)
