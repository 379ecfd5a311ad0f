"""Take out of a saved page what is not the note: contents, counters, footers, teasers, adverts, citation lists, small talk.

Decisions. Nothing goes for one word: a line is taken out for what it is *and* where it stands. The signs used are a
list whose entries come back as headings; counters beside interface words; a marker such as "related articles"
followed by cut-off or unrelated teasers; notices that speak of the page itself ("this article", "this site") and of
rights in it; calls to action that point ("below", an arrow) at a reward through a channel; lists of numbered links after
a label; lines that stand in several files. Words that the body of the note itself uses do not count against it, so
that notes on copyright, payment or comment systems survive. Code, formulas and tables are never touched.

Offsets exist only after cleaning. What is dropped has no width; line and page starts move with the text that stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.clean.adverts import drop_adverts
from ingest.clean.code import drop_buttons, drop_line_numbers
from ingest.clean.contents import drop_contents, drop_running
from ingest.clean.furniture import drop_footer, drop_header
from ingest.clean.images import drop_images
from ingest.clean.notices import drop_notices
from ingest.clean.page import Page, normal
from ingest.clean.related import drop_related
from ingest.clean.sources import drop_citation_marks, drop_references
from ingest.clean.talk import drop_small_talk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.types import Document, Source

__all__ = ["clean", "repeated_lines"]


def repeated_lines(sources: Iterable[Source]) -> frozenset[str]:
    """Short lines, normalised (white space, numbers and addresses folded), that stand in several different sources.

    Sources that share most of their lines are copies of one note, not evidence; they count once.
    """
    seen: dict[str, int] = {}
    per_source = []
    for source in sources:
        mine = {key for line in source.text.split("\n") if (key := normal(line)) and 2 <= len(key) <= 60}
        per_source.append(mine)
        for key in mine:
            seen[key] = seen.get(key, 0) + 1
    counted: dict[str, int] = {}
    for mine in per_source:
        shared = [key for key in mine if seen[key] > 1]
        if len(shared) * 2 > len(mine):
            continue
        for key in shared:
            counted[key] = counted.get(key, 0) + 1
    return frozenset(key for key, count in counted.items() if count > 1)


def clean(
    source: Source, *, repeated: frozenset[str] = frozenset(), keep: frozenset[str] = frozenset(), digest: str = ""
) -> Document:
    """The note in ``source`` without its boilerplate; what went is in ``Document.dropped``, in order of the lines.

    ``repeated`` comes from :func:`repeated_lines` and is used as evidence beside page furniture only. What ``keep`` holds
    (lines, or parts of a line that would go, without the white space around them) stays. The document's id is the
    record's own, or ``digest``. Time is linear in the length of the text.
    """
    page = Page(source.text, source.title, repeated)
    drop_running(page, source.page_starts)
    drop_contents(page)
    drop_images(page)
    drop_references(page)
    drop_notices(page)
    drop_related(page)
    drop_adverts(page)
    drop_small_talk(page)
    drop_citation_marks(page)
    drop_buttons(page)
    drop_line_numbers(page)
    drop_header(page)
    drop_footer(page)
    page.keep(keep)
    return page.document(source, digest)
