"""Turn quotes into an answer's sentences and numbered citations.

Quotes that follow each other in one note share a footnote while it stays short enough to read at a glance; the footnote's
span reaches from the first to the last of them, so it opens at exactly what the sentences say.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from textwrap import dedent
from typing import TYPE_CHECKING

from rag.segment import glued
from rag.types import Citation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Library
    from ingest.types import Document
    from rag.read import Quote

LONGEST_SHARED = 240
"""Characters that one footnote may span when several sentences share it."""


def cite(quotes: Sequence[Quote], library: Library) -> tuple[list[Citation], list[int]]:
    """The citations, and for each quote the number of its citation."""
    groups: list[list[Quote]] = []
    for quote in quotes:
        last = groups[-1][-1] if groups else None
        joined = (
            last is not None
            and last.document.id == quote.document.id
            and last.section == quote.section
            and not quote.document.text[last.unit.end : quote.unit.start].strip()
            and quote.unit.end - groups[-1][0].unit.start <= LONGEST_SHARED
        )
        if joined:
            groups[-1].append(quote)
        else:
            groups.append([quote])
    citations, numbers = [], []
    for n, group in enumerate(groups, 1):
        citations.append(citation(n, group[0].document, group[0].unit.start, group[-1].unit.end, library))
        numbers += [n] * len(group)
    return citations, numbers


def citation(n: int, document: Document, start: int, end: int, library: Library) -> Citation:
    """Footnote ``n`` over ``document.text[start:end]``, under the heading that stands next above it."""
    sections = library.sections(document.id)
    headed = bisect_right(sections, start, key=lambda section: section.heading_start)
    return Citation(
        n=n,
        document_id=document.id,
        path=library.path(document.id),
        trail=sections[headed - 1].trail if headed else (),
        page=document.page(start),
        lines=document.lines(start, end),
        quote=document.text[start:end],
        start=start,
        end=end,
    )


_ORDERED = re.compile(
    r"^[ \t]*(?:\(?\d{1,2}[.、)）](?!\d)|[①-⑳]|[（(][一二三四五六七八九十\d]{1,2}[)）]|[一二三四五六七八九十]{1,2}、)\s*"
)
_BULLET = re.compile(r"^[ \t]*[-*+•·●▪◦][ \t]+")
_CLAUSES = re.compile(r"[，。；]|, ")
"""In a line that introduces something: then it is a sentence, no title."""
_ANSWER_MARK = re.compile(r"^(?:答\s*[:：]?(?=\s*[“\"'])|(?:答|A|Answer)\s*[:：])\s*")
_PAIRS = (("**", "**"), ("“", "”"), ("「", "」"), ("『", "』"))


def sentence_texts(quotes: Sequence[Quote]) -> list[str]:
    """What the answer prints for each quote: the note's words, with its list marks made Markdown's.

    A number stays where the list is shown from its first item on; elsewhere it would count wrongly and becomes a dash. Marks
    whose other half was not quoted go. What begins a paragraph of the note begins with a line break.
    """
    out: list[str] = []
    counted: dict[tuple[str, int, int], int] = {}
    for before, quote in zip((None, *quotes), quotes, strict=False):
        text = quote.text.strip()
        if quote.unit.kind == "item":
            key = (quote.document.id, quote.section.start, quote.unit.lead)
            mark = _glued(quote)
            bare = text[mark:] if mark else _BULLET.sub("", _ORDERED.sub("", text, count=1), count=1)
            number = re.match(r"\(?(\d{1,2})[.、)）]", text)
            counted[key] = counted.get(key, 0) + 1 if number and int(number.group(1)) == counted.get(key, 0) + 1 else -99
            bare = _paired(bare)
            text = f"{counted[key]}. {bare}" if counted[key] > 0 else f"- {bare}"
        elif quote.unit.kind == "lead" and not text.endswith((":", "：", "**")) and not _CLAUSES.search(text):
            text = f"**{text.lstrip('# ')}**"
        elif quote.unit.kind == "code":
            text = text if text.startswith(("```", "~~~")) else f"```\n{dedent(quote.text).rstrip()}\n```"
        elif quote.unit.kind == "formula" and not text.startswith(("$", "\\")):
            text = f"```text\n{text}\n```"  # else Markdown would take its asterisks and underscores for its own
        elif before is not None and _explains(quote, before):
            text = f"  {_paired(text)}"
        elif quote.unit.kind == "sentence":
            text = _paired(_ANSWER_MARK.sub("", text))
            if before is not None and before.unit.kind == "sentence" and not _one_paragraph(quote, before):
                text = f"\n{text}"
        else:
            text = _ANSWER_MARK.sub("", text)
        out.append(text)
    return out


def _paired(text: str) -> str:
    """``text`` without a mark at its beginning or end whose other half is not in it ("**Bold. And", "said so.”")."""
    for opening, closing in _PAIRS:
        odd = text.count(opening) % 2 if opening == closing else text.count(opening) - text.count(closing)
        if odd > 0 and text.startswith(opening):
            text = text[len(opening) :].lstrip()
        elif (odd < 0 or (odd and opening == closing)) and text.endswith(closing):
            text = text[: -len(closing)].rstrip()
        elif odd > 0 and text.endswith(opening):
            text = text[: -len(opening)].rstrip()
        elif odd < 0 and text.startswith(closing):
            text = text[len(closing) :].lstrip()
    return text


def _one_paragraph(quote: Quote, before: Quote) -> bool:
    same = quote.document.id == before.document.id and quote.section == before.section
    return same and quote.unit.block == before.unit.block


def _glued(quote: Quote) -> int:
    """Length of a list number that stands right before the text's own."""
    text, start = quote.document.text, quote.unit.start
    above = text[:start].rstrip().rsplit("\n", 1)[-1] if text[:start].rsplit("\n", 1)[-1].strip() == "" else ""
    below = text[quote.unit.end :].lstrip().split("\n", 1)[0]
    return glued(above, quote.text, below)


def _explains(quote: Quote, before: Quote) -> bool:
    """Whether the quote goes on with the list item that the one before it is, or goes on with."""
    return (
        _one_paragraph(quote, before)
        and quote.unit.lead >= 0
        and (before.unit.kind == "item" or before.unit.lead == quote.unit.lead)
    )
