"""Settings: choices of the open page, and a model that is tried before it is used, its key never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ingest.errors import SettingsError
from ui.web.settings import LENGTHS, Choices, SettingsTab, answers_html, look_html
from ui.web.strings import STRINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ui.web.desk import Visit

EN, ZH = STRINGS["en"], STRINGS["zh"]
KEY = "sk-very-secret-key"


@pytest.fixture
def tab() -> SettingsTab:
    return SettingsTab.__new__(SettingsTab)  # its one component is not needed here


def test_choices_change_one_at_a_time(tab: SettingsTab, visit: Callable[..., Visit]) -> None:
    choices, html = tab.choose(visit("short"), Choices(), "en")
    assert choices == Choices(characters=LENGTHS["short"])
    assert 'value="short" aria-pressed="true"' in html
    assert 'value="normal" aria-pressed="false"' in html
    choices, html = tab.choose(visit("6"), choices, "zh")
    assert choices == Choices(characters=LENGTHS["short"], shown=6)
    assert ZH["shown"] in html
    for wrong in ("huge", "7", "-1", ""):
        assert tab.choose(visit(wrong), choices, "en")[0] == choices


def test_the_look_shows_the_language() -> None:
    assert 'name="language" value="zh" aria-pressed="true"' in look_html(ZH)
    assert 'name="language" value="en" aria-pressed="true"' in look_html(EN)
    assert 'name="export-questions"' in answers_html(Choices(), EN)


def test_a_model_is_used_once_it_has_answered(
    tab: SettingsTab, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    import rag.generate
    import rag.speak

    loaded: list[Any] = []

    def load(settings: Any) -> object:
        loaded.append((settings.model, settings.model_url, settings.model_key))
        return "MODEL"

    def speak(model: object, messages: Any) -> Iterator[Any]:
        yield from ("2 <b>", object())

    monkeypatch.setattr(rag.generate, "load_model", load)
    monkeypatch.setattr(rag.speak, "speak", speak)
    choices, key, said = tab.use(visit(), " ollama:qwen3 ", " http://127.0.0.1:1 ", f" {KEY} ", Choices(shown=4), "en")
    assert loaded == [("ollama:qwen3", "http://127.0.0.1:1", KEY)]
    assert choices == Choices(shown=4, model="MODEL")
    assert key == "", "the box is empty again"
    assert "2 &lt;b&gt;" in said
    assert KEY not in said + repr(choices)


def test_a_model_that_fails_changes_nothing(
    tab: SettingsTab, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    import rag.generate

    def fails(settings: Any) -> object:
        raise SettingsError("model: <i>nothing</i> of that name")

    monkeypatch.setattr(rag.generate, "load_model", fails)
    choices, key, said = tab.use(visit(), "x:y", "", KEY, Choices(), "zh")
    assert (choices, key) == (Choices(), "")
    assert "&lt;i&gt;nothing&lt;/i&gt;" in said
    assert KEY not in said


def test_no_model_means_the_notes_own_words(tab: SettingsTab, visit: Callable[..., Visit]) -> None:
    choices, _, said = tab.use(visit(), "  ", "", "", Choices(model="MODEL"), "en")
    assert choices == Choices(quoting=True)
    assert "own words" in said
