"""The tab of the notes: add files and folders, look into each note, overrule cleaning, find holes and copies, follow folders.

Decisions:

- Files are sent one a request by ``notes.js``, which tells how far it is; then one event reads them all. So a folder of any size
  needs no large request, and each file has an outcome with its reason.
- What is within a note is fetched when it is opened, so that a list of hundreds is quick.
- Folders are followed only where nobody but the owner of the machine can reach the page: a path is a path of that machine.
"""

from __future__ import annotations

import itertools
import json
from functools import partial
from html import escape
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError
from ui.render import one_line, safe, spot
from ui.web import notes_html as html
from ui.web.frame import PLAIN
from ui.web.keeper import Outcome, uploaded
from ui.web.strings import words
from ui.web.working import failure, remark, working

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.changes import NoteChange
    from ui.web.desk import Desk, Visit
    from ui.web.frame import Frame

    Words = Mapping[str, str]

_POLL = 2.0
"""Seconds between two looks at what following a folder has done."""
_versions = itertools.count(1)


class Notes:
    """The notes, and what can be done to them."""

    name = "notes"

    def build(self, frame: Frame) -> None:
        """See ``frame.Tab``."""
        import gradio as gr

        from ingest.load import SUFFIXES

        script = Path(__file__).with_name("notes.js").read_text(encoding="utf-8")
        drop = gr.HTML("", elem_id="fn-notes-drop", js_on_load=script, **PLAIN)
        status = gr.HTML("", elem_id="fn-notes-status", **PLAIN)
        listed = gr.HTML("", elem_id="fn-notes-list", **PLAIN)
        detail = gr.HTML("", elem_id="fn-note-detail", elem_classes="fn-signal", **PLAIN)
        blanks = gr.HTML("", elem_id="fn-notes-blanks", **PLAIN)
        copies = gr.HTML("", elem_id="fn-notes-copies", **PLAIN)
        largest = frame.settings.max_file_bytes
        frame.dress(drop, lambda _, text: html.drop_html(text, largest=largest, suffixes=SUFFIXES))
        frame.dress(listed, lambda visit, text: html.notes_html(visit.desk.shelf.notes(), text))
        frame.dress(blanks, lambda visit, text: html.blanks_html(_blanks(visit.desk, text), text))
        frame.dress(copies, lambda _, text: html.copies_html(None, text))
        speaks: list[Any] = [frame.language, frame.notes_changed]
        outputs = [status, frame.notes_changed]
        frame.on("add-notes", self.add, speaks, outputs, concurrency_limit=2)
        frame.on("delete-note", self.delete, speaks, outputs, concurrency_limit=2)
        frame.on("restore-note", self.restore, speaks, outputs, concurrency_limit=2)
        frame.on("keep", partial(self.overrule, keep=True), speaks, [*outputs, detail], concurrency_limit=2)
        frame.on("unkeep", partial(self.overrule, keep=False), speaks, [*outputs, detail], concurrency_limit=2)
        frame.on("note", self.note, frame.language, detail, queue=False, trigger_mode="always_last")
        frame.on("copies", self.copies, frame.language, copies, concurrency_limit=1)
        frame.wire(frame.notes_changed.change, self.redraw, frame.language, [listed, blanks, copies], queue=False)
        if not frame.open_to_others:
            self._follow(frame)

    def _follow(self, frame: Frame) -> None:
        import gradio as gr

        followed = gr.HTML("", elem_id="fn-notes-follow", **PLAIN)
        seen = gr.State(0)
        clock = gr.Timer(_POLL, active=False)
        frame.dress(clock, lambda visit, _: gr.Timer(active=bool(visit.desk.keeper.following.all())))
        frame.dress(followed, lambda visit, text: html.following_html(visit.desk.keeper.following.all(), text))
        speaks = [frame.language, frame.notes_changed]
        frame.on("follow", self.follow, frame.language, [followed, seen, clock], queue=False)
        frame.on("unfollow", self.unfollow, frame.language, [followed, seen, clock], queue=False)
        frame.wire(clock.tick, self.tick, [seen, *speaks], [followed, seen, clock, frame.notes_changed])

    # ------------------------------------------------------------------------------------------ adding and taking out

    def add(self, visit: Visit, language: str, changes: int) -> Iterator[tuple[Any, Any]]:
        """How the uploaded files are being read, and at last what became of each."""
        import gradio as gr

        text = words(language)
        sent, refused, others, many = _told(visit.value, text)
        if not sent and not refused:
            yield html.outcomes_html([], text, others=others, many=many) if others or many else "", gr.skip()
            return
        for step in working(lambda progress: visit.desk.keeper.add(sent, progress) if sent else ([], [])):
            if isinstance(step, tuple) and len(step) == 3:
                yield html.progress_html(*step, text), gr.skip()
            elif isinstance(step, str):
                yield failure(step or text["failed_detail"]), changes + 1
            else:
                outcomes, found = step
                shown = html.outcomes_html([*refused, *outcomes], text, others=others, many=many)
                yield shown + _changed(found, text), changes + 1

    def delete(self, visit: Visit, language: str, changes: int) -> tuple[Any, Any]:
        """A note taken out, and a way to bring it back."""
        import gradio as gr

        text = words(language)
        try:
            deleted = visit.desk.keeper.delete(visit.value)
        except NotesError as exc:
            return failure(str(exc)), gr.skip()
        own = "" if deleted.moved else text["deleted_own"]
        return html.undo_html(text["deleted_note"].format(one_line(deleted.name, 80)), deleted.token, text, more=own), changes + 1

    def restore(self, visit: Visit, language: str, changes: int) -> tuple[Any, Any]:
        """A note that was taken out, brought back."""
        text = words(language)
        try:
            back = visit.desk.keeper.restore(visit.value)
        except NotesError as exc:
            return failure(str(exc)), changes + 1
        return remark(text["restored_note"].format(one_line(back.name, 80))), changes + 1

    def redraw(self, visit: Visit, language: str) -> tuple[str, str, str]:
        """The list and what belongs to it, after the notes have changed."""
        text = words(language)
        blanks = html.blanks_html(_blanks(visit.desk, text), text)
        return html.notes_html(visit.desk.shelf.notes(), text), blanks, html.copies_html(None, text)

    # ------------------------------------------------------------------------------------------ looking into one

    def note(self, visit: Visit, language: str) -> str:
        """The inside of a note."""
        return _inside(visit.desk, visit.value, words(language))

    def overrule(self, visit: Visit, language: str, changes: int, *, keep: bool) -> tuple[Any, Any, Any]:
        """What cleaning took out (``NOTE:DIGEST``) kept, or left to cleaning again; the note is read again."""
        import gradio as gr

        text = words(language)
        note, _, wanted = visit.value.rpartition(":")
        with visit.desk.shelf.library() as library:
            try:
                document = library.document(note)
            except KeyError:
                return failure(text["gone"]), gr.skip(), gr.skip()
            given = [run.text for run in document.dropped] if keep else library.kept
        found = next((each for each in given if html.digest(each) == wanted), None)
        if found is None:
            return failure(text["gone"]), gr.skip(), _inside(visit.desk, note, text)
        try:
            visit.desk.keeper.overrule(note, found, keep=keep)
        except NotesError as exc:
            return failure(str(exc)), gr.skip(), gr.skip()
        return remark(text["kept_said" if keep else "unkept_said"]), changes + 1, _inside(visit.desk, note, text)

    def copies(self, visit: Visit, language: str) -> Iterator[str]:
        """Passages that stand in the notes twice."""
        from ui.web.measuring import copies

        text = words(language)
        yield f'<p class="fn-remark" role="status">{escape(text["looking"])}</p>'
        with visit.desk.shelf.library() as library:
            pairs = []
            for likeness, first, second in copies(library):
                places = [_place(library.path(chunk.document_id), chunk.trail, chunk.lines, text) for chunk in (first, second)]
                pairs.append((likeness, places[0], first.text, places[1], second.text))
        yield html.copies_html(pairs[: html.BLANKS], text)

    # ------------------------------------------------------------------------------------------ following folders

    def follow(self, visit: Visit, language: str) -> tuple[Any, Any, Any]:
        """A folder followed."""
        failed = ""
        try:
            visit.desk.keeper.following.begin(visit.value)
        except NotesError as exc:
            failed = str(exc)
        return self._following(visit, language, failed)

    def unfollow(self, visit: Visit, language: str) -> tuple[Any, Any, Any]:
        """A folder followed no more."""
        visit.desk.keeper.following.end(visit.value)
        return self._following(visit, language)

    def tick(self, visit: Visit, seen: int, language: str, changes: int) -> tuple[Any, Any, Any, Any]:
        """What following has brought since the page last looked."""
        import gradio as gr

        if visit.desk.keeper.following.count == seen:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        return *self._following(visit, language), changes + 1

    def _following(self, visit: Visit, language: str, failed: str = "") -> tuple[Any, Any, Any]:
        import gradio as gr

        following = visit.desk.keeper.following
        count, followed = following.count, following.all()
        return html.following_html(followed, words(language), failed=failed), count, gr.Timer(active=bool(followed))


def _told(value: str, text: Words) -> tuple[list[tuple[str, Path]], list[Outcome], int, int]:
    """What ``notes.js`` says of the files: those that were sent, those that were not, how many others, the most at a time."""
    try:
        told = json.loads(value)
        named = [(str(name), str(path)) for name, path in told["sent"]]
        refused = [Outcome(name=safe(str(name)), state="skipped", reason=text[why]) for name, why in told["refused"]]
        others, many = int(told["others"]), int(told["many"])
    except (ValueError, KeyError, TypeError):
        return [], [], 0, 0
    sent = []
    for name, path in named:
        try:
            sent.append((name, uploaded(path)))
        except NotesError as exc:
            refused.append(Outcome(name=safe(name), state="skipped", reason=str(exc)))
    return sent, refused, others, many


def _blanks(desk: Desk, text: Words) -> list[tuple[str, str, Any]]:
    found = []
    with desk.shelf.library() as library:
        for section in library.blank_sections():
            document = library.document(section.document_id)
            line = document.lines(section.heading_start, section.heading_start + 1)[0]
            where = spot(document.page(section.heading_start), (line, line), text)
            found.append((PurePath(document.path).name, where, section))
    return found


def _inside(desk: Desk, note_id: str, text: Words) -> str:
    with desk.shelf.library() as library:
        note = next((note for note in library.documents() if note.id == note_id), None)
        if note is None:
            return ""
        document = library.document(note.id)
        kept = _longest([each for each in library.kept if each in document.text])
        return html.note_html(note, document, library.sections(note.id), kept, text, version=next(_versions))


def _longest(texts: Sequence[str]) -> list[str]:
    """Those that are part of no other."""
    return sorted(each for each in texts if not any(each != other and each in other for other in texts))


def _place(path: str, trail: Sequence[str], lines: tuple[int, int], text: Words) -> str:
    return one_line(" › ".join([PurePath(path).name, *trail]), 160) + " · " + spot(None, lines, text)


def _changed(found: Sequence[NoteChange], text: Words) -> str:
    shown = [change for change in found if change.state == "changed"]
    return f"<h3>{escape(text['what_changed'])}</h3>{html.changes_html(shown, text)}" if shown else ""
