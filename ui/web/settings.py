"""The tab of the settings: language and look, how long answers are, and the model that writes them.

Decisions:

- Language and look are remembered by the browser; the rest holds for the open page, and is gone when it is closed.
- The key of a model is taken once, kept in this server's memory inside the model that it opens, and never sent back: the box
  is empty again after it has been taken, and nothing that the page shows or stores has it.
- Where other people could reach the page, nobody may name a model's address: the server would call it on their behalf.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError
from ui.render import one_line
from ui.web.frame import PLAIN
from ui.web.login import account_html
from ui.web.strings import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.web.desk import Visit
    from ui.web.frame import Frame

LENGTHS = {"short": 220, "normal": 440, "long": 880}
"""Characters of an answer in the notes' own words."""
SHOWN = (4, 6, 8)
"""How many passages a model may be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What this open page asks with."""

    characters: int = LENGTHS["normal"]
    """How long an answer in the notes' own words is."""
    shown: int = SHOWN[-1]
    """How many passages a model is given."""
    model: Any = None
    """The LangChain chat model that was chosen here; ``None``: the server's own, if it has one."""
    quoting: bool = False
    """In the notes' own words, even where the server has a model."""


class SettingsTab:
    """The settings. ``choices`` is what questions are asked with."""

    name = "settings"

    def __init__(self) -> None:
        import gradio as gr

        self.choices = gr.State(Choices())

    def build(self, frame: Frame) -> None:
        """See ``frame.Tab``."""
        import gradio as gr

        account = gr.HTML("", elem_id="fn-account", **PLAIN)
        frame.dress(account, lambda visit, text: account_html(visit.desk.user, text))
        look = gr.HTML("", elem_id="fn-look", **PLAIN)
        answers = gr.HTML("", elem_id="fn-answers", **PLAIN)
        frame.dress(look, lambda _, text: look_html(text))
        frame.redress(self.redraw, [self.choices, frame.language], answers)
        for name in ("length", "shown"):
            frame.on(name, self.choose, [self.choices, frame.language], [self.choices, answers], queue=False)
        if frame.open_to_others:
            return
        head = gr.HTML("", elem_id="fn-model-head", **PLAIN)
        with gr.Row(elem_id="fn-model"):
            model = gr.Textbox(max_lines=1, max_length=200, elem_id="fn-model-name")
            url = gr.Textbox(max_lines=1, max_length=500, elem_id="fn-model-url")
            key = gr.Textbox(max_lines=1, max_length=500, type="password", elem_id="fn-model-key")
        use = gr.Button("", elem_id="fn-model-use", size="sm", min_width=0)
        said = gr.HTML("", elem_id="fn-model-said", **PLAIN)
        frame.dress(head, lambda _, text: f"<h2>{escape(text['model'])}</h2><p>{escape(text['model_hint'])}</p>")
        for box, name, example in (
            (model, "model_name", "ollama:qwen3"),
            (url, "model_url", "http://127.0.0.1:11434"),
            (key, "model_key", ""),
        ):
            frame.dress(box, _labelled(name, example))
        frame.dress(use, lambda _, text: text["model_use"])
        frame.wire(
            use.click, self.use, [model, url, key, self.choices, frame.language], [self.choices, key, said], concurrency_limit=2
        )

    def redraw(self, visit: Visit, choices: Choices, language: str) -> str:
        """The choices about answers."""
        return answers_html(choices, words(language))

    def choose(self, visit: Visit, choices: Choices, language: str) -> tuple[Choices, str]:
        """The length that was clicked, or the number of passages; anything else changes nothing."""
        if visit.value in LENGTHS:
            choices = replace(choices, characters=LENGTHS[visit.value])
        elif visit.value in map(str, SHOWN):
            choices = replace(choices, shown=int(visit.value))
        return choices, answers_html(choices, words(language))

    def use(self, visit: Visit, model: str, url: str, key: str, choices: Choices, language: str) -> tuple[Any, ...]:
        """The choices with this model, once it has answered; the key's box, emptied; what came of it."""
        text = words(language)
        if not model.strip():
            return replace(choices, model=None, quoting=True), "", _said(text["model_none"])
        try:
            from langchain_core.messages import HumanMessage

            from rag.generate import load_model
            from rag.speak import speak

            settings = visit.desk.shelf.settings
            chosen = load_model(replace(settings, model=model.strip(), model_url=url.strip(), model_key=key.strip()))
            assert chosen is not None
            answered = "".join(piece for piece in speak(chosen, [HumanMessage("1+1=?")]) if isinstance(piece, str))
        except NotesError as exc:
            return choices, "", _said(text["model_failed"].format(one_line(str(exc), 300)), wrong=True)
        return replace(choices, model=chosen, quoting=False), "", _said(text["model_works"].format(one_line(answered, 60)))


def look_html(text: Mapping[str, str]) -> str:
    """Language and theme, as rows of buttons; ``page.js`` shows which theme is chosen."""
    themes = {name: text[f"theme_{name}"] for name in ("system", "light", "dark")}
    language = "zh" if text["lang"].startswith("zh") else "en"
    languages = _row("language", text["language"], {"zh": "中文", "en": "English"}, language)
    return f"<h2>{escape(text['look'])}</h2>{languages}{_row('theme', text['theme'], themes)}"


def answers_html(choices: Choices, text: Mapping[str, str]) -> str:
    """How long answers are, how many passages a model gets, and what was rated."""
    length = next(name for name, characters in LENGTHS.items() if characters == choices.characters)
    lengths = _row("length", text["length"], {name: text[f"length_{name}"] for name in LENGTHS}, length)
    shown = _row("shown", text["shown"], {str(number): str(number) for number in SHOWN}, str(choices.shown))
    ratings = _row("export-questions", text["ratings"], {"": text["export_questions"]})
    return f"<h2>{escape(text['answers'])}</h2>{lengths}{shown}{ratings}"


def _row(name: str, label: str, options: Mapping[str, str], chosen: str = "") -> str:
    buttons = "".join(
        f'<button type="button" name="{name}" value="{value}"{_pressed(value, chosen)}>{escape(said)}</button>'
        for value, said in options.items()
    )
    return f'<div class="fn-choice" role="group" aria-label="{escape(label)}"><span>{escape(label)}</span>{buttons}</div>'


def _pressed(value: str, chosen: str) -> str:
    return f' aria-pressed="{"true" if value == chosen else "false"}"' if chosen else ""


def _labelled(name: str, example: str) -> Any:
    import gradio as gr

    return lambda _, text: gr.update(label=text[name], placeholder=example)


def _said(what: str, *, wrong: bool = False) -> str:
    return f'<p class="{"fn-error" if wrong else "fn-remark"}" role="status">{escape(what)}</p>'
