"""The notes as HTML: the list, the inside of one note, what became of added files, what changed, blank headings, duplicates.

Every text of a note or a file name goes through ``_text`` (escaped, without control characters) or ``_attribute``.
"""

from __future__ import annotations

import json
import time
from hashlib import blake2b
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING

from ui.render import one_line, safe, spot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.build import Skipped
    from ingest.changes import NoteChange
    from ingest.store import DocumentInfo
    from ingest.types import Document, Dropped, Section
    from ui.web.following import Followed
    from ui.web.keeper import Outcome

    Words = Mapping[str, str]

LISTED = 500
"""Notes that the list shows; of the rest it tells the number."""
SECTIONS = 600
"""Sections of one note that are shown."""
BLANKS = 200
"""Blank headings that are shown."""
_KINDS = ("new_sections", "changed_sections", "gone_sections")
_RUN = 2000
"""Characters of a run that cleaning took out."""


def drop_html(text: Words, *, largest: int, suffixes: Iterable[str]) -> str:
    """Where files are dropped or chosen; ``largest`` in bytes. ``notes.js`` reads what it needs from ``data-told``."""
    told = {"largest": largest, "suffixes": sorted(suffixes), "sending": text["sending"], "label": text["upload"]}
    hint = escape(text["upload_hint"].format(largest // 1_000_000))
    return (
        f'<div class="fn-drop" data-told="{escape(json.dumps(told))}"><p class="fn-drop-here">{escape(text["drop"])}</p>'
        f'<p class="fn-drop-choose"><label class="fn-pick">{escape(text["choose_files"])}<input type="file" multiple></label>'
        f'<label class="fn-pick">{escape(text["choose_folder"])}<input type="file" webkitdirectory></label></p>'
        f'<p class="fn-small">{hint}</p><div class="fn-sending" role="status"></div></div>'
    )


def notes_html(notes: Sequence[DocumentInfo], text: Words) -> str:
    """The list of notes. The inside of each is fetched when it is opened."""
    if not notes:
        return f'<p class="fn-empty">{escape(text["no_notes"])}</p>'
    items = []
    for note in notes[:LISTED]:
        counts = [text["section" if note.sections == 1 else "sections"].format(note.sections)]
        if note.blank_sections:
            counts.append(text["blank_sections"].format(note.blank_sections))
        name = PurePath(note.paths[0]).name
        find = _attribute(f"{name} {note.title}".lower())
        items.append(
            f'<li><details class="fn-note-item" name="fn-note-item" data-note="{_attribute(note.id)}" data-find="{find}">'
            f'<summary><span class="fn-name" title="{_attribute(note.title)}">{_text(one_line(name, 160))}</span>'
            f'<span class="fn-counts">{escape(" · ".join(counts))}</span></summary>'
            f'<div class="fn-inside"><p class="fn-small">{escape(text["loading"])}</p></div></details></li>'
        )
    more = f'<p class="fn-small">{escape(text["more_notes"].format(len(notes) - LISTED))}</p>' if len(notes) > LISTED else ""
    label = escape(text["filter_notes"])
    find = f'<input type="search" id="fn-notes-filter" aria-label="{label}" placeholder="{label}">' if len(notes) > 5 else ""
    none = f'<p class="fn-empty fn-none-found" hidden>{escape(text["no_such_notes"])}</p>'
    head = f"<h2>{escape(text['tab_notes'])} <small>{len(notes)}</small></h2>"
    return f'<div class="fn-list-head">{head}{find}</div><ul class="fn-notes">{"".join(items)}</ul>{none}{more}'


def note_html(
    note: DocumentInfo, document: Document, sections: Sequence[Section], kept: Sequence[str], text: Words, *, version: int
) -> str:
    """The inside of one note; ``version`` is another number each time it is drawn."""
    paths = "".join(f"<p class='fn-path'>{_text(path)}</p>" for path in note.paths)
    remove = _button("delete-note", note.id, text["delete_note"], "fn-text fn-danger")
    return (
        f'<div data-note="{_attribute(note.id)}" data-version="{version}">{paths}'
        f"{_contents(document, sections, text)}{_dropped(note.id, document.dropped, text)}{_kept(note.id, kept, text)}"
        f"<p>{remove}</p></div>"
    )


def _contents(document: Document, sections: Sequence[Section], text: Words) -> str:
    items = []
    for section in sections[:SECTIONS]:
        if not section.trail:
            continue
        lines = document.lines(section.heading_start, max(section.end, section.heading_start + 1))
        where = spot(document.page(section.heading_start), (lines[0], lines[0]), text)
        blank = f'<span class="fn-blank">{escape(text["blank"])}</span>' if section.blank else ""
        depth = min(len(section.trail), 7) - 1
        items.append(
            f'<li class="fn-depth-{depth}"><span class="fn-heading">{_text(one_line(section.trail[-1], 200))}{blank}</span>'
            f'<span class="fn-where-line">{_text(where)}</span></li>'
        )
    if not items:
        return f'<h3>{escape(text["contents"])}</h3><p class="fn-small">{escape(text["no_sections"])}</p>'
    more = ""
    if len(sections) > SECTIONS:
        more = f'<p class="fn-small">{escape(text["more_sections"].format(len(sections) - SECTIONS))}</p>'
    return f'<h3>{escape(text["contents"])}</h3><ol class="fn-tree" tabindex="0">{"".join(items)}</ol>{more}'


def _dropped(note: str, dropped: Sequence[Dropped], text: Words) -> str:
    if not dropped:
        return f'<h3>{escape(text["dropped"])}</h3><p class="fn-small">{escape(text["nothing_dropped"])}</p>'
    items = []
    for run in dropped:
        where = spot(None, run.lines, text)
        why = text.get(f"why_{run.reason}", run.reason)
        keep = _button("keep", f"{note}:{digest(run.text)}", text["keep"])
        items.append(
            f'<li><p><span class="fn-why-gone">{_text(why)}</span><span class="fn-where-line">{_text(where)}</span>{keep}</p>'
            f"{_pre(run.text)}</li>"
        )
    hint = f'<p class="fn-small">{escape(text["dropped_hint"])}</p>'
    return (
        f'<details class="fn-gone-part"><summary>{escape(text["dropped"])} <small>{len(dropped)}</small></summary>'
        f'{hint}<ul class="fn-gone-list">{"".join(items)}</ul></details>'
    )


def _kept(note: str, kept: Sequence[str], text: Words) -> str:
    if not kept:
        return ""
    items = "".join(f"<li><p>{_button('unkeep', f'{note}:{digest(each)}', text['unkeep'])}</p>{_pre(each)}</li>" for each in kept)
    return f'<h3>{escape(text["kept"])}</h3><ul class="fn-gone-list">{items}</ul>'


def digest(text: str) -> str:
    """Names a run of text in a button."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def outcomes_html(outcomes: Sequence[Outcome], text: Words, *, others: int = 0, many: int = 0) -> str:
    """What became of each file, with the reason where it was not read; those with a reason first."""
    items = []
    for outcome in sorted(outcomes, key=lambda outcome: not outcome.reason):
        said = text[outcome.state] + (f": {outcome.reason}" if outcome.reason else "")
        items.append(
            f'<li class="fn-{outcome.state}"><span class="fn-name">{_text(outcome.name)}</span>'
            f'<span class="fn-state">{_text(said)}</span></li>'
        )
    told = [text["left_out"].format(others)] if others else []
    told += [text["too_many"].format(many)] if many else []
    more = "".join(f'<p class="fn-small">{escape(line)}</p>' for line in told)
    return f'<div role="status"><ul class="fn-outcomes" tabindex="0">{"".join(items)}</ul>{more}</div>'


def changes_html(changes: Sequence[NoteChange], text: Words) -> str:
    """Which notes and sections are different."""
    if not changes:
        return f'<p class="fn-small">{escape(text["nothing_changed"])}</p>'
    items = []
    for change in changes[:LISTED]:
        groups = "".join(
            f'<p class="fn-small">{escape(text[label])}</p><ul>{_trails(trails, text)}</ul>'
            for label, trails in zip(_KINDS, (change.added, change.changed, change.removed), strict=True)
            if trails
        )
        name = _text(PurePath(change.path).name)
        head = f'<span class="fn-name">{name}</span><span class="fn-state">{escape(text[change.state])}</span>'
        items.append(f"<li><details><summary>{head}</summary>{groups}</details></li>" if groups else f"<li>{head}</li>")
    return f'<ul class="fn-changes" tabindex="0">{"".join(items)}</ul>'


def _trails(trails: Sequence[Sequence[str]], text: Words) -> str:
    shown = [_text(one_line(" › ".join(trail), 160)) or escape(text["before_headings"]) for trail in trails[:50]]
    return "".join(f"<li>{line}</li>" for line in [*shown, *(["…"] if len(trails) > 50 else [])])


def progress_html(done: int, total: int, what: str, text: Words) -> str:
    """A bar of ``done`` steps out of ``total``, with the file that is being read (the index, where there is none)."""
    said = text["reading"].format(safe(PurePath(what).name)) if what else text["indexing"]
    bar = f'<progress value="{done}" max="{max(total, 1)}" aria-label="{escape(text["upload"])}"></progress>'
    return f'<div class="fn-progress" role="status">{bar}<span>{escape(said)}</span></div>'


def blanks_html(blanks: Sequence[tuple[str, str, Section]], text: Words) -> str:
    """Headings without a body, by note: (file name, where, section)."""
    if not blanks:
        return _part(text["blanks"], "0", f'<p class="fn-small">{escape(text["no_blanks"])}</p>')
    notes: dict[str, list[str]] = {}
    for name, where, section in blanks[:BLANKS]:
        trail = _text(one_line(" › ".join(section.trail), 200))
        notes.setdefault(name, []).append(f'<li><span>{trail}</span><span class="fn-where-line">{_text(where)}</span></li>')
    groups = "".join(
        f'<h3>{_text(one_line(name, 160))}</h3><ul class="fn-blanks">{"".join(items)}</ul>' for name, items in notes.items()
    )
    more = f'<p class="fn-small">{escape(text["more_blanks"].format(len(blanks) - BLANKS))}</p>' if len(blanks) > BLANKS else ""
    return _part(text["blanks"], str(len(blanks)), f'<p class="fn-small">{escape(text["blanks_hint"])}</p>{groups}{more}')


def copies_html(pairs: Sequence[tuple[float, str, str, str, str]] | None, text: Words) -> str:
    """Passages that stand twice: (likeness, place, text, place, text); ``None``: nobody has looked yet."""
    if pairs is None:
        look = _button("copies", "", text["look_copies"], "fn-plain-button")
        return _part(text["copies"], "", f'<p class="fn-small">{escape(text["copies_hint"])}</p><p>{look}</p>')
    items = []
    for likeness, place, one, other_place, other in pairs:
        said = text["exact"] if likeness >= 1 else text["alike"].format(int(100 * likeness))
        items.append(
            f"<li><details><summary>{_text(place)}<br>{_text(other_place)} <small>{escape(said)}</small></summary>"
            f'<div class="fn-twice">{_pre(one)}{_pre(other)}</div></details></li>'
        )
    found = (
        f'<ul class="fn-changes" tabindex="0">{"".join(items)}</ul>'
        if items
        else f'<p class="fn-small">{escape(text["no_copies"])}</p>'
    )
    return _part(text["copies"], str(len(pairs)), f'<div role="status">{found}</div>', is_open=True)


def following_html(followed: Sequence[Followed], text: Words, *, failed: str = "") -> str:
    """The folders that are followed, and a way to follow another one."""
    label = escape(text["folder"])
    items = []
    for each in followed:
        said = text["not_followed"].format(each.failed) if each.failed else text["followed"]
        stop = _button("unfollow", each.path.as_posix(), text["unfollow"])
        updates = "".join(
            f'<li><p class="fn-small">{time.strftime("%H:%M:%S", time.localtime(when))}</p>'
            f"{f'<p class=fn-error>{_text(update.failed)}</p>' if update.failed else changes_html(update.changes, text)}"
            f"{_skips(update.skipped, text)}</li>"
            for when, update in each.updates
        )
        shown = (
            f'<ul class="fn-updates" tabindex="0">{updates}</ul>'
            if updates
            else f'<p class="fn-small">{escape(text["no_updates"])}</p>'
        )
        head = f'<span class="fn-name">{_text(each.path)}</span><span class="fn-state">{_text(said)}</span>{stop}'
        items.append(f"<li><p>{head}</p>{shown}</li>")
    wrong = f'<p class="fn-error" role="alert">{_text(failed)}</p>' if failed else ""
    body = (
        f'<p class="fn-small">{escape(text["follow_hint"])}</p>'
        f'<form class="fn-line" name="follow"><input type="text" maxlength="1000" aria-label="{label}" placeholder="{label}">'
        f'<button type="submit" class="fn-plain-button">{escape(text["follow"])}</button></form>{wrong}'
        f'<div role="status"><ul class="fn-followed">{"".join(items)}</ul></div>'
    )
    count = str(len(followed)) if followed else ""
    return _part(text["follow_folder"], count, body, is_open=bool(followed or failed))


def _skips(skipped: Iterable[Skipped], text: Words) -> str:
    items = "".join(
        f'<li class="fn-skipped"><span class="fn-name">{_text(PurePath(skip.path).name)}</span>'
        f'<span class="fn-state">{escape(text["skipped"])}: {_text(skip.reason)}</span></li>'
        for skip in skipped
    )
    return f'<ul class="fn-outcomes" tabindex="0">{items}</ul>' if items else ""


def undo_html(said: str, token: str, text: Words, *, more: str = "") -> str:
    """What was deleted, and a way to bring it back."""
    undo = _button("restore-note", token, text["undo"])
    return f'<p class="fn-remark" role="status">{_text(said)} {undo}{f"<br>{_text(more)}" if more else ""}</p>'


def _part(title: str, count: str, body: str, *, is_open: bool = False) -> str:
    """A part of the tab that can be folded away."""
    number = f" <small>{count}</small>" if count else ""
    return f'<details class="fn-part"{" open" if is_open else ""}><summary>{escape(title)}{number}</summary>{body}</details>'


def _button(name: str, value: str, label: str, kind: str = "fn-text") -> str:
    return f'<button type="button" class="{kind}" name="{name}" value="{_attribute(value)}">{escape(label)}</button>'


def _pre(text: str) -> str:
    """Lines of a note as they stand; it can be scrolled, with keys too."""
    return f'<pre tabindex="0">{_text(text[:_RUN])}{"…" if len(text) > _RUN else ""}</pre>'


def _text(text: object) -> str:
    return escape(safe(str(text)))


def _attribute(text: str) -> str:
    return escape(safe(text), quote=True)
