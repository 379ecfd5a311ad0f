"""The page as a whole: no event is public, every button means something, every word is there in both languages."""

from __future__ import annotations

import asyncio
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ui.web
from ui.web.strings import STRINGS, preferred

if TYPE_CHECKING:
    from ui.web.desk import Desks

SOURCES = sorted(Path(ui.web.__file__).parent.glob("*.py"))
SCRIPTS = sorted(Path(ui.web.__file__).parent.glob("*.js"))


@pytest.fixture(scope="module")
def page(desks: Desks) -> Any:
    from ui.web import app

    async def build_in_a_loop() -> Any:
        return app.build_page(desks)

    return asyncio.run(build_in_a_loop())  # without a running loop Gradio makes its own, and leaves them open


def test_no_event_is_a_public_endpoint(page: Any) -> None:
    assert len(page.fns) > 20
    assert all(event.api_visibility == "private" for event in page.fns.values())


def test_every_button_means_something(page: Any) -> None:
    signals = {block.props["signal"] for block in page.blocks.values() if "signal" in getattr(block, "props", {})}
    code = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)
    script = "\n".join(file.read_text(encoding="utf-8") for file in SCRIPTS)
    here = set(re.findall(r'^  "?([a-z-]+)"?: \(', script, re.MULTILINE))
    named = set(re.findall(r'\bname="([a-z-]+)" value=', code)) | set(
        re.findall(r"""\b(?:button|worded|_row)\(["']([a-z-]+)["']""", code)
    )
    assert named - signals - here == set()
    assert {"source", "why", "rate", "ask", "edit", "again", "fork", "turn", "theme", "open-talks"} <= named
    tabs = {name.removeprefix("tab_") for name in STRINGS["en"] if name.startswith("tab_")}
    style = Path(ui.web.__file__).with_name("page.css").read_text(encoding="utf-8")
    assert all(f'html[data-view="{tab}"] #fn-view-{tab}' in style for tab in tabs)


def test_every_icon_is_drawn() -> None:
    style = Path(ui.web.__file__).with_name("page.css").read_text(encoding="utf-8")
    code = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)
    labels = set(re.findall(r"""\bbutton\([^,()]+, (?:[^,()]|\([^()]*\))+, ["']([a-z-]+)["']""", code))
    assert {"close", "edit", "copy", "good", "bad", "rename", "delete"} <= labels
    assert [label for label in labels if f".fn-i-{label} " not in style] == []


def test_both_languages_say_the_same_things() -> None:
    assert STRINGS["zh"].keys() == STRINGS["en"].keys()
    for key, chinese in STRINGS["zh"].items():
        fields = [
            sorted(str(part[1]) for part in string.Formatter().parse(text) if part[1] is not None)
            for text in (chinese, STRINGS["en"][key])
        ]
        assert fields[0] == fields[1], key
        assert chinese.strip(), key


def test_every_word_that_is_looked_up_is_there() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES if file.name != "strings.py")
    looked_up = set(re.findall(r"""\b(?:text|words)\[["']([a-z_-]+)["']\]""", code))
    assert len(looked_up) > 60
    assert looked_up - STRINGS["en"].keys() == set()


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,zh-CN", "en"),
        ("en;q=0.3,zh-TW;q=0.7", "zh"),
        ("de-DE,zh;q=0.5", "zh"),
        ("fr", "en"),
        ("", "en"),
        ("zh;q=oops", "en"),
        ("zh", "zh"),
    ],
)
def test_the_language_is_the_browsers(languages: str, expected: str) -> None:
    assert preferred(languages) == expected
