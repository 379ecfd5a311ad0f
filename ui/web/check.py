"""The tab that checks: an answer from anywhere, sentence by sentence; and one's own notes, with a report to read.

Decisions:

- Checking an answer keeps nothing. What a run measured is kept (``runs``).
- One evaluation at a time on a server: it takes a core for minutes. It is ended from within its own progress, at the next
  step, so nothing is left half done.
"""

from __future__ import annotations

import re
import threading
from html import escape
from pathlib import PurePath
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError
from ui.render import one_line
from ui.web import check_html as html
from ui.web.frame import PLAIN
from ui.web.keeper import uploaded
from ui.web.measuring import measure
from ui.web.runs import Runs
from ui.web.strings import words
from ui.web.working import failure, remark, working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ui.web.desk import Desk, Visit
    from ui.web.frame import Frame

LONGEST = {"question": 2_000, "answer": 20_000, "passages": 200_000}
"""Characters of what is pasted."""
_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")
_LISTED = 500


class Stopped(Exception):
    """The user has ended the run."""


class CheckTab:
    """Checking answers, and measuring notes."""

    name = "check"

    def __init__(self) -> None:
        self._running = threading.Lock()
        self._stops: dict[str, threading.Event] = {}

    def build(self, frame: Frame) -> None:
        """See ``frame.Tab``."""
        self._build_answer(frame)
        self._build_runs(frame)

    def _build_answer(self, frame: Frame) -> None:
        import gradio as gr

        head = gr.HTML("", **PLAIN)
        with gr.Column(elem_id="fn-check-form"):
            question = gr.Textbox(max_lines=2, max_length=LONGEST["question"], elem_id="fn-check-question")
            answer = gr.Textbox(lines=4, max_lines=12, max_length=LONGEST["answer"], elem_id="fn-check-answer")
            passages = gr.Textbox(lines=4, max_lines=12, max_length=LONGEST["passages"], elem_id="fn-check-passages")
            note = gr.Dropdown(choices=[], elem_id="fn-check-note", filterable=True)
            go = gr.Button("", elem_id="fn-check-go", size="sm", min_width=0)
        result = gr.HTML("", elem_id="fn-check-result", **PLAIN)
        frame.dress(head, lambda _, text: f"<h2>{escape(text['check_answer'])}</h2><p>{escape(text['check_hint'])}</p>")
        for box, name in ((question, "check_question"), (answer, "check_text"), (passages, "check_passages")):
            frame.dress(box, _labelled(name))
        frame.dress(note, lambda visit, text: _choices(visit.desk, text))
        frame.dress(go, lambda _, text: text["check_go"])
        frame.wire(go.click, self.check, [question, answer, passages, note, frame.language], result, concurrency_limit=2)
        frame.wire(
            frame.notes_changed.change,
            lambda visit, language: _choices(visit.desk, words(language)),
            frame.language,
            note,
            queue=False,
        )

    def _build_runs(self, frame: Frame) -> None:
        import gradio as gr

        head = gr.HTML("", **PLAIN)
        with gr.Row(elem_id="fn-measure"):
            notes = gr.Button("", elem_id="fn-measure-notes", size="sm", min_width=0)
            file = gr.UploadButton("", elem_id="fn-measure-file", size="sm", min_width=0, file_count="single")
        hint = gr.HTML("", **PLAIN)
        status = gr.HTML("", elem_id="fn-measure-status", **PLAIN)
        runs = gr.HTML("", elem_id="fn-runs", **PLAIN)
        report = gr.HTML("", elem_id="fn-report", **PLAIN)
        frame.dress(head, lambda _, text: f"<h2>{escape(text['measure'])}</h2><p>{escape(text['measure_hint'])}</p>")
        frame.dress(notes, lambda _, text: text["measure_notes"])
        frame.dress(file, lambda _, text: gr.update(label=text["measure_file"]))
        frame.dress(hint, lambda _, text: f'<p class="fn-small">{escape(text["measure_file_hint"])}</p>')
        frame.dress(runs, lambda visit, text: html.runs_html(_runs(visit.desk).all(), text))
        outputs = [status, runs, report]
        frame.wire(notes.click, self.measure_notes, frame.language, outputs)
        frame.wire(file.upload, self.measure_file, [file, frame.language], outputs)
        frame.on("stop-run", self.stop, None, None, queue=False)
        frame.on("open-run", self.open, frame.language, outputs, queue=False)
        frame.on("delete-run", self.delete, frame.language, outputs, queue=False)

    # ------------------------------------------------------------------------------------------ an answer

    def check(self, visit: Visit, question: str, answer: str, passages: str, note: str, language: str) -> Iterator[str]:
        """The answer, sentence by sentence."""
        from rag.verify import verify

        text = words(language)
        contexts = [part.strip() for part in _EMPTY_LINE.split(passages or "") if part.strip()]
        if len(answer or "") > LONGEST["answer"] or len(passages or "") > LONGEST["passages"]:
            yield failure(text["check_long"].format(LONGEST["answer"], LONGEST["passages"]))
            return
        contexts += _bodies(visit.desk, note) if note else []
        if not (answer or "").strip() or not contexts:
            yield remark(text["check_empty"])
            return
        yield remark(text["checking"])
        for step in working(lambda _: verify(answer.strip(), contexts, (question or "").strip())):
            yield failure(step or text["failed_detail"]) if isinstance(step, str) else html.verification_html(step, text)

    # ------------------------------------------------------------------------------------------ runs

    def measure_notes(self, visit: Visit, language: str) -> Iterator[tuple[Any, Any, Any]]:
        """The health of the notes."""
        yield from self._measure(visit, None, "", language)

    def measure_file(self, visit: Visit, file: str | None, language: str) -> Iterator[tuple[Any, Any, Any]]:
        """What a file of questions or answers gives."""
        import gradio as gr

        if not file:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        try:
            path = uploaded(file)
        except NotesError as exc:
            yield failure(str(exc)), gr.skip(), gr.skip()
            return
        yield from self._measure(visit, path, one_line(path.name, 80), language)

    def _measure(self, visit: Visit, file: Path | None, name: str, language: str) -> Iterator[tuple[Any, Any, Any]]:
        import gradio as gr

        text = words(language)
        if not self._running.acquire(blocking=False):
            yield remark(text["run_busy"]), gr.skip(), gr.skip()
            return
        stop = self._stops[visit.page] = threading.Event()
        began = perf_counter()
        begun = threading.Event()

        def work(progress: Any) -> Any:
            begun.set()

            def step(done: int, total: int, what: str) -> None:
                if stop.is_set():
                    raise Stopped
                progress(done, total, what)

            try:
                with visit.desk.shelf.library() as library:
                    report = measure(library, file, language, step)
                return _runs(visit.desk).save(report, name, perf_counter() - began)
            except Stopped:
                return None
            finally:
                self._running.release()

        shown = f'<div role="status">{html.measuring_html(0, 0, "", text)}</div>'
        try:
            yield shown, gr.skip(), ""
            for step in working(work):
                if isinstance(step, tuple):
                    done, total, what = step
                    yield html.measuring_html(done, total, what, text), gr.skip(), gr.skip()
                elif isinstance(step, str):
                    yield failure(step or text["failed_detail"]), gr.skip(), gr.skip()
                elif step is None:
                    yield remark(text["run_stopped"]), gr.skip(), gr.skip()
                else:
                    yield "", *self._shown(visit, step.id, language)
        finally:
            stop.set()  # where the page was closed in the middle
            if not begun.is_set():  # before anything was measured
                self._running.release()
            if self._stops.get(visit.page) is stop:
                del self._stops[visit.page]

    def stop(self, visit: Visit) -> None:
        """End the run that this page has begun."""
        if (stop := self._stops.get(visit.page)) is not None:
            stop.set()

    def open(self, visit: Visit, language: str) -> tuple[Any, Any, Any]:
        """A report of the list."""
        import gradio as gr

        return gr.skip(), *self._shown(visit, visit.value, language)

    def delete(self, visit: Visit, language: str) -> tuple[Any, Any, Any]:
        """A run deleted."""
        _runs(visit.desk).delete(visit.value)
        text = words(language)
        return remark(text["run_deleted"]), html.runs_html(_runs(visit.desk).all(), text), ""

    def _shown(self, visit: Visit, run: str, language: str) -> tuple[str, str]:
        text, runs = words(language), _runs(visit.desk)
        return html.runs_html(runs.all(), text, run), html.report_html(runs.html(run, language), text)


def _runs(desk: Desk) -> Runs:
    return Runs(desk.shelf.settings.library_folder)


def _bodies(desk: Desk, note: str) -> list[str]:
    """What is written in a note, by section, each with its heading."""
    with desk.shelf.library() as library:
        try:
            text = library.document(note).text
        except KeyError:
            return []
        sections = [(section.trail, text[section.start : section.end].strip()) for section in library.sections(note)]
    return ["\n".join([*trail[-1:], body]) for trail, body in sections if body]


def _choices(desk: Desk, text: Any) -> Any:
    import gradio as gr

    notes = [(one_line(PurePath(note.paths[0]).name, 80), note.id) for note in desk.shelf.notes()[:_LISTED]]
    return gr.update(label=text["check_note"], choices=[(text["check_no_note"], ""), *notes], value="")


def _labelled(name: str) -> Any:
    import gradio as gr

    return lambda _, text: gr.update(label=text[name])
