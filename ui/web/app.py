"""The page: its layout, and which event changes what. The words are in ``strings``, the look in ``page.css``.

Decisions:

- Gradio's Chatbot shows HTML that ``markup`` made; nothing else of the page renders Markdown or formulas.
- Clicks on footnotes, on suggestions and in the panel reach Python through the one ``gr.HTML`` that has a script of its own
  (``page.js``); focus, Escape, copying and the input method's Enter live there too.
- No event is a public endpoint. Nothing is fetched from another host: system fonts, telemetry off, and a
  Content-Security-Policy that would stop what slipped through (``guard``).
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from ui.web import markup
from ui.web.events import LONGEST, Events

if TYPE_CHECKING:
    import gradio as gr

    from ui.web.shelf import Shelf

_FONTS = ("-apple-system", "BlinkMacSystemFont", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "system-ui")
_MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Consolas", "Noto Sans Mono CJK SC", "monospace")


def launch_options() -> dict[str, Any]:
    """What Gradio wants at ``launch`` rather than in ``Blocks``: look and script."""
    import gradio as gr

    style = files("ui.web").joinpath("page.css").read_text(encoding="utf-8")
    return {
        "theme": gr.themes.Base(font=_FONTS, font_mono=_MONO),
        "head": f"<style>{style}</style>",  # not as css=, which rewrites selectors that begin outside the page's container
        "footer_links": [],
    }


def build_page(shelf: Shelf) -> gr.Blocks:
    """The page over ``shelf``; ``launch`` it with ``launch_options``."""
    import gradio as gr

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    plain: dict[str, Any] = {"apply_default_css": False}
    with gr.Blocks(title="脚注 Footnote", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as page:
        chat_state = gr.State([])
        language = gr.BrowserState("", storage_key="footnote-language", secret="footnote")
        current = gr.State("")
        with gr.Row(elem_id="fn-bar"):
            gr.HTML('<h1 class="fn-brand">脚注 <span>Footnote</span></h1>', elem_id="fn-brand", **plain)
            notes_button = gr.Button("", elem_id="fn-notes-button", size="sm", min_width=0)
            new_button = gr.Button("", elem_id="fn-new-button", size="sm", min_width=0)
            language_button = gr.Button("", elem_id="fn-language-button", size="sm", min_width=0)
        with gr.Column(elem_id="fn-notes", visible=False) as notes_column:
            with gr.Row(elem_id="fn-upload-row"):
                upload = gr.UploadButton("", file_count="multiple", elem_id="fn-upload", size="sm", min_width=0)
                upload_hint = gr.HTML("", elem_id="fn-upload-hint", **plain)
            upload_status = gr.HTML("", elem_id="fn-upload-status", **plain)
            notes_list = gr.HTML("", elem_id="fn-notes-list", **plain)
        welcome = gr.HTML("", elem_id="fn-start", **plain)
        chat = gr.Chatbot(
            value=[],
            elem_id="fn-chat",
            show_label=False,
            container=False,
            visible=False,
            height=None,
            layout="panel",
            buttons=[],
            feedback_options=None,
            allow_tags=False,
            latex_delimiters=markup.LATEX_DELIMITERS,
        )
        with gr.Column(elem_id="fn-ask"):
            question = gr.Textbox(
                show_label=False,
                container=False,
                lines=1,
                max_lines=6,
                max_length=LONGEST,
                submit_btn=True,
                autofocus=True,
                elem_id="fn-question",
            )
        script = files("ui.web").joinpath("page.js").read_text(encoding="utf-8")
        panel = gr.HTML("", elem_id="fn-source", js_on_load=script, lang="", **plain)
        notes_open = gr.State(False)

        do = Events(shelf)
        dressed = [current, notes_button, new_button, language_button, upload, upload_hint, notes_list, welcome, question, panel]
        page.load(do.load, language, dressed, js="(stored) => stored || navigator.languages.join()", **private)
        language_button.click(do.switch, current, [*dressed, language], **private)
        asking = [chat, question, chat_state, welcome]
        question.submit(do.ask, [question, chat_state, current], asking, **private)
        panel.select(do.suggest, [chat_state, current], asking, **private)
        panel.click(do.open_source, [chat_state, current], panel, queue=False, **private)
        new_button.click(do.restart, current, asking, **private)
        notes_button.click(do.toggle_notes, notes_open, [notes_open, notes_column], queue=False, **private)
        adding = [upload_status, notes_button, notes_list, welcome]
        upload.upload(do.add, [upload, current], adding, concurrency_limit=1, **private)
    page.queue(default_concurrency_limit=4, max_size=64, api_open=False)
    return cast("gr.Blocks", page)
