"""The page: the bar, the tabs, the source panel at the side. This file only composes them.

How the page is made, for whoever adds to it:

- **A tab is a module** with a class that keeps ``frame.Tab``: ``ask``, ``notes``, ``check``, ``settings``. It stands in ``tabs``
  below, in the order of the bar; its label is ``tab_NAME`` in ``strings``. A tab that does not work yet is not in the tuple.
  ``build`` makes the components (Gradio stands in the tab's column, ``#fn-view-NAME``) and wires their events, with the
  frame's help: ``frame.dress(component, how)`` for all that changes with the language (``frame.redress`` where it takes
  inputs), ``frame.wire(box.submit, run, ...)`` for events of Gradio's components, ``frame.on("NAME", run, ...)`` for clicks on
  ``<button name="NAME" value="...">`` in our own HTML.
- **A handler** is a method ``run(visit, *inputs)``. ``visit.desk`` holds the user's notes (``shelf``) and conversations
  (``talks``); ``visit.value`` is the value of the clicked button. What it needs of the open page comes in as inputs
  (``frame.language``, a ``gr.State`` of the tab), never from a global. It returns what its outputs show.
- **Text from notes, files, users and models is data.** Into ``gr.HTML`` it goes through ``html.escape(ui.render.safe(...))``;
  as Markdown only through ``markdown.markdown_html``, shown by a Chatbot or Markdown of Gradio, which sanitise once more.
- **Other tabs hear of changed notes** through ``frame.notes_changed``: put out another number, listen to its ``change``.
- ``page.css`` is the look (variables at its top), ``page.js`` what needs no server: opening tabs and panels, focus, keys,
  copying, the theme. It runs from the page's head, before Gradio.
- Nothing is fetched from another host: system fonts, telemetry off, and a Content-Security-Policy that would stop what slipped
  through (``guard``).
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from ui.web.ask import Ask
from ui.web.check import CheckTab
from ui.web.frame import PLAIN, Frame, bar_html
from ui.web.notes import Notes
from ui.web.settings import SettingsTab
from ui.web.source import SourcePanel
from ui.web.talks import Talks

if TYPE_CHECKING:
    import gradio as gr

    from ui.web.desk import Desks
    from ui.web.frame import Tab

_FONTS = ("-apple-system", "BlinkMacSystemFont", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "system-ui")
_MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Consolas", "Noto Sans Mono CJK SC", "monospace")


def launch_options() -> dict[str, Any]:
    """What Gradio wants at ``launch`` rather than in ``Blocks``: look and script."""
    import gradio as gr

    style, script = (files("ui.web").joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return {
        "theme": gr.themes.Base(font=_FONTS, font_mono=_MONO),
        # not as css=, which rewrites selectors that begin outside the page's container
        "head": f"<style>{style}</style><script>{script}</script>",
        "footer_links": [],
    }


def build_page(desks: Desks) -> gr.Blocks:
    """The page over ``desks``; ``launch`` it with ``launch_options``."""
    import gradio as gr

    with gr.Blocks(title="脚注 Footnote", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as page:
        frame = Frame(page, desks)
        panel = SourcePanel()
        talks = Talks()
        settings = SettingsTab()
        tabs: tuple[Tab, ...] = (Ask(panel, talks, settings.choices), Notes(), CheckTab(), settings)
        bar = gr.HTML("", elem_id="fn-bar", **PLAIN)
        frame.dress(bar, lambda _, text: bar_html([tab.name for tab in tabs], text))
        talks.build(frame)
        panel.build(frame)
        for tab in tabs:
            with gr.Column(elem_id=f"fn-view-{tab.name}", elem_classes="fn-view"):
                tab.build(frame)
        frame.finish()
    # a question waits for its turn in the shelf: waiting in Gradio's queue costs a message to everybody at each step of it
    page.queue(default_concurrency_limit=page.max_threads, max_size=64, api_open=False)
    return cast("gr.Blocks", page)
