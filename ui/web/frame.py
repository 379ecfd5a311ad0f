"""What every tab of the page builds on: words in the chosen language, clicks that reach Python, whose event it is.

Decisions:

- A click is a ``<button name="WHAT" value="WHICH">`` anywhere in the page, in an answer too (Gradio's sanitiser drops
  ``data-*`` and keeps these two). ``page.js`` hands it to the signal of that name, a component that nobody sees, whose event
  :meth:`Frame.on` is.
- No event is a public endpoint.
"""

from __future__ import annotations

import json
import time
from html import escape
from inspect import isgeneratorfunction
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ui.web.desk import Visit
from ui.web.markup import button
from ui.web.strings import preferred, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import gradio as gr
    from gradio.components import Component

    from ui.web.desk import Desks

    Dress = Callable[[Visit, Mapping[str, str]], Any]

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""How every event is made: not callable from outside, and without Gradio's spinner over what it changes."""
PLAIN: dict[str, Any] = {"apply_default_css": False}
_HAND = 'watch("task", () => window.footnoteDo(JSON.parse(props.task)));'
_SIGNAL = '(window.footnoteSignals ??= {})[props.signal] = (value) => trigger("click", { value });'


class Tab(Protocol):
    """One tab of the page, a module of its own."""

    name: str
    """Its label is ``STRINGS["tab_NAME"]``, its address ``#NAME``, its column ``#fn-view-NAME``."""

    def build(self, frame: Frame) -> None:
        """Make the tab's components where Gradio stands now, and wire their events."""
        ...


class Frame:
    """The page around the tabs. Made within ``gr.Blocks``; :meth:`finish` is called when all tabs are built."""

    def __init__(self, page: gr.Blocks, desks: Desks) -> None:
        import gradio as gr

        self.page = page
        self.settings = desks.settings
        self.language = gr.State("")
        """``zh`` or ``en``: an input of every event that speaks."""
        self.notes_changed = gr.State(0)
        """Who changes the library's notes puts out another number here; who shows them listens to its ``change``."""
        self.hand = gr.HTML("", html_template="", js_on_load=_HAND, task="", elem_classes="fn-signal", **PLAIN)
        """An output that makes the browser do something: see ``handed``."""
        self.open_to_others = desks.open_to_others
        """Other people may reach the page: what would let them use the server's place in the network is left out."""
        self._desks = desks
        self._stored = gr.BrowserState("", storage_key="footnote-language", secret="footnote")
        self._dressed: list[tuple[Component, Dress]] = []
        self._redressed: list[tuple[Callable[..., Any], Any, Any]] = []

    def dress(self, component: Component, how: Dress) -> None:
        """Show ``how(visit, words)`` in ``component`` (a value, or a ``gr.update``) at first and when the language changes."""
        self._dressed.append((component, how))

    def redress(self, run: Callable[..., Any], inputs: Any, outputs: Any) -> None:
        """As ``dress``, where it takes more of the open page than the words: ``run(visit, *inputs)``, after all else."""
        self._redressed.append((run, inputs, outputs))

    def wire(self, event: Any, run: Callable[..., Any], inputs: Any = None, outputs: Any = None, **options: Any) -> Any:
        """``event`` (such as ``box.submit``) runs ``run(visit, *inputs)``; see Gradio for the rest."""
        return event(self._bound(run), inputs, outputs, **{**PRIVATE, **options})

    def on(self, name: str, run: Callable[..., Any], inputs: Any = None, outputs: Any = None, **options: Any) -> Any:
        """A click on ``<button name="NAME" value="VALUE">`` runs ``run(visit, *inputs)``, with the value in ``visit.value``.

        ``open-TAB`` is the name of the click that opens a tab.
        """
        import gradio as gr

        signal = gr.HTML("", html_template="", js_on_load=_SIGNAL, signal=name, elem_classes="fn-signal", **PLAIN)
        return self.wire(signal.click, run, inputs, outputs, **options)

    def finish(self) -> None:
        """Wire what concerns all tabs: the page in the language that was chosen, or else the browser's."""
        import gradio as gr

        outputs = [self.language, self._stored, *(component for component, _ in self._dressed)]

        def load(visit: Visit, chosen: str) -> tuple[Any, ...]:
            language = preferred(chosen)
            return language, gr.skip(), *self._worn(visit, language)

        def choose(visit: Visit) -> tuple[Any, ...]:
            language = preferred(visit.value)
            return language, language, *self._worn(visit, language)

        asks = "(stored) => stored || navigator.languages.join()"
        loaded = self.wire(self.page.load, load, self._stored, outputs, js=asks, queue=False)
        chosen = self.on("language", choose, None, outputs, queue=False)
        for event in (loaded, chosen):
            for run, inputs, shown in self._redressed:
                self.wire(event.then, run, inputs, shown, queue=False)

    def _worn(self, visit: Visit, language: str) -> list[Any]:
        text = words(language)
        return [how(visit, text) for _, how in self._dressed]

    def _bound(self, run: Callable[..., Any]) -> Callable[..., Any]:
        import gradio as gr

        def visit(request: Any, event: Any) -> Visit:
            told = event._data if event is not None and isinstance(event._data, dict) else {}
            return Visit(desk=self._desks.of(request.username), page=request.session_hash or "", value=str(told.get("value", "")))

        def step(request: Any, event: Any, *given: Any) -> Any:
            return run(visit(request, event), *given)

        def steps(request: Any, event: Any, *given: Any) -> Iterator[Any]:
            yield from run(visit(request, event), *given)

        bound = steps if isgeneratorfunction(run) else step
        bound.__name__ = getattr(run, "__name__", "event")
        bound.__annotations__ = {"request": gr.Request, "event": gr.EventData}  # Gradio hands both over by their class
        return bound


def handed(do: Literal["save", "copy", "tell"], text: str, *, name: str = "") -> Any:
    """What ``Frame.hand`` shows for the browser to save ``text`` as a file of that name, to copy it, or to tell it the user."""
    import gradio as gr

    return gr.update(task=json.dumps({"do": do, "text": text, "name": name, "time": time.monotonic_ns()}))


def bar_html(tabs: Sequence[str], text: Mapping[str, str]) -> str:
    """The bar at the top: conversations, the name, the tabs, a new conversation."""
    shown = "".join(f'<button type="button" name="open-{name}" value="">{escape(text[f"tab_{name}"])}</button>' for name in tabs)
    said = "".join(f' data-{name}="{escape(text[name])}"' for name in ("send", "stop"))
    return (
        f'<header class="fn-bar" lang="{text["lang"]}"{said}>{button("open-talks", "", "talks", text)}'
        f'<h1 class="fn-brand">脚注 <span>Footnote</span></h1><nav aria-label="{escape(text["tabs"])}">{shown}</nav>'
        f"{button('new', '', 'new', text)}</header>"
    )
