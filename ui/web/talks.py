"""The drawer of conversations: find, open, rename, delete with undo, export. Opening one is the business of ``ask``."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING, Any

from ui.render import one_line
from ui.web import export
from ui.web.frame import PLAIN, handed
from ui.web.markup import button, worded
from ui.web.strings import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import gradio as gr

    from ui.web.conversations import Talk
    from ui.web.desk import Visit
    from ui.web.frame import Frame


class Talks:
    """The drawer. ``listed`` is its list, ``current`` the id of the conversation that the chat shows."""

    listed: gr.HTML
    current: gr.State
    search: gr.Textbox

    def build(self, frame: Frame) -> None:
        """Make the drawer where Gradio stands now, and wire what it does by itself."""
        import gradio as gr

        self.current = gr.State("")
        with gr.Column(elem_id="fn-talks", elem_classes="fn-drawer"):
            head = gr.HTML("", elem_id="fn-talks-head", **PLAIN)
            self.search = gr.Textbox(show_label=False, container=False, max_lines=1, elem_id="fn-talks-search")
            self.listed = gr.HTML("", elem_id="fn-talks-list", **PLAIN)
        frame.dress(head, lambda _, text: head_html(text))
        frame.dress(self.search, lambda _, text: gr.update(placeholder=text["search"], label=text["search"]))
        given = [self.search, self.current, frame.language]
        quick: dict[str, Any] = {"queue": False}
        frame.wire(self.search.input, self.show, given, self.listed, trigger_mode="always_last", **quick)
        for name, run in (("rename-talk", self.rename), ("delete-talk", self.delete), ("restore-talk", self.restore)):
            frame.on(name, run, given, self.listed, **quick)
        frame.on("export-markdown", self.export_markdown, [self.current, frame.language], frame.hand, **quick)
        frame.on("export-json", self.export_json, [self.current, frame.language], frame.hand, **quick)
        frame.on("export-questions", self.export_questions, None, frame.hand, **quick)

    def show(self, visit: Visit, search: str, current: str, language: str) -> str:
        """The list as it is now."""
        return list_html(visit.desk.talks.talks(search), current, words(language))

    def html(self, visit: Visit, current: str, text: Mapping[str, str]) -> str:
        """The whole list."""
        return list_html(visit.desk.talks.talks(), current, text)

    def rename(self, visit: Visit, search: str, current: str, language: str) -> str:
        """The list with another title; the value is ``ID:TITLE``."""
        talk, _, title = visit.value.partition(":")
        visit.desk.talks.rename(talk, title)
        return self.show(visit, search, current, language)

    def delete(self, visit: Visit, search: str, current: str, language: str) -> str:
        """The list without a conversation, and a way to bring it back."""
        title = visit.desk.talks.title(visit.value)
        visit.desk.talks.delete(visit.value)
        text = words(language)
        said = escape(text["deleted"].format(one_line(title, 40)))
        undo = worded("restore-talk", visit.value, text["undo"])
        return f'<p class="fn-undo" role="status">{said} {undo}</p>' + self.show(visit, search, current, language)

    def restore(self, visit: Visit, search: str, current: str, language: str) -> str:
        """The list with the conversation back in it."""
        visit.desk.talks.restore(visit.value)
        return self.show(visit, search, current, language)

    def export_markdown(self, visit: Visit, current: str, language: str) -> Any:
        """The conversation that is shown, as a Markdown file."""
        return self._export(visit, current, language, "md", export.as_markdown)

    def export_json(self, visit: Visit, current: str, language: str) -> Any:
        """The conversation that is shown, as a JSON file."""
        return self._export(visit, current, language, "json", export.as_json)

    def export_questions(self, visit: Visit) -> Any:
        """All rated answers as a question file for ``footnote eval``."""
        rated = [(exchange, visit.desk.talks.before(exchange)) for exchange in visit.desk.talks.rated()]
        return handed("save", export.as_questions(rated), name="questions.jsonl")

    def _export(self, visit: Visit, current: str, language: str, suffix: str, write: Any) -> Any:
        path = visit.desk.talks.path(current)
        if not path:
            return handed("tell", words(language)["nothing_to_export"])
        title = visit.desk.talks.title(current)
        return handed("save", write(title, path), name=f"{one_line(title, 40)}.{suffix}")


def head_html(text: Mapping[str, str]) -> str:
    """The drawer's head: its name, a new conversation, export."""
    made = "".join(worded(f"export-{kind}", "", text[f"export_{kind}"]) for kind in ("markdown", "json"))
    return (
        f'<div class="fn-talks-head"><h2>{escape(text["talks"])}</h2>{button("close-talks", "", "close", text)}</div>'
        f'<p class="fn-talks-export"><span>{escape(text["export"])}</span>{made}</p>'
    )


def list_html(talks: Sequence[Talk], current: str, text: Mapping[str, str]) -> str:
    """The conversations, last used first; ``current`` is the one that is shown."""
    if not talks:
        return f'<p class="fn-empty">{escape(text["no_talks"])}</p>'
    items = []
    for talk in talks:
        title = escape(one_line(talk.title, 80))
        here = ' aria-current="true"' if talk.id == current else ""
        items.append(
            f'<li><button type="button" class="fn-talk" name="open-talk" value="{talk.id}"{here}><span>{title}</span>'
            f"<time>{_when(talk.updated)}</time></button>"
            f"{button('retitle', talk.id, 'rename', text)}{button('delete-talk', talk.id, 'delete', text)}</li>"
        )
    return f"<ul>{''.join(items)}</ul>"


def _when(seconds: float) -> str:
    at, now = time.localtime(seconds), time.localtime()
    return time.strftime("%H:%M" if at[:3] == now[:3] else "%m-%d" if at[0] == now[0] else "%Y-%m-%d", at)
