"""An answer as the text of a chat message: ``[n]`` behind each sentence, the list of footnotes at the end, in Markdown.

A stream shows the same text, piece by piece. Other programs render the Markdown, so what comes from file names, headings
and quotes is escaped; the answer itself is the notes' own Markdown.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from rag.types import Answer
from ui.render import marked, one_line, place, plain, safe, words

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from rag.types import Sentence

_RULE = "\n\n---\n\n"
_MARK = re.compile(r"(?:\[\d{1,3}\])+")
_FOOTNOTES = re.compile(r"\n\n---\n\n- \[\d+\] .*\Z", re.DOTALL)
_TOKEN = re.compile(r"[\u3400-\u9fff]|\w+?(?=[\u3400-\u9fff])|\w+|[^\w\s]")


def reply(answer: Answer) -> str:
    """The whole message."""
    return _notice(answer) + _body(answer.sentences, abstained=answer.abstained) + _end(answer)


def pieces(items: Generator[Sentence | Answer, None, None]) -> Iterator[str | Answer]:
    """The message as it grows, then the answer itself; joined, the pieces are :func:`reply` of it, but for the notice.

    Where the answer turns out to be another than the sentences that came before it (an LLM failed half-way, say), it follows
    them, after a rule and the notice that says why.
    """
    sentences: list[Sentence] = []
    sent = ""
    with closing(items):
        for item in items:
            if isinstance(item, Answer):
                whole = _body(item.sentences, abstained=item.abstained)
                notice = _notice(item)
                if not sent:
                    grown = notice + whole
                elif whole.startswith(sent):
                    grown = whole[len(sent) :] + (f"\n\n{notice}".rstrip() if notice else "")
                else:
                    grown = _RULE + notice + whole
                yield grown + _end(item)
                yield item
                return
            sentences.append(item)
            if len(sentences) == 1 and item.verdict != "supported":
                continue  # an abstention bears no mark of doubt, and whether it is one only the next item tells
            grown = _body(sentences, abstained=False)
            if grown != sent:
                yield grown[len(sent) :]
                sent = grown


def unmarked(text: str) -> str:
    """A message of an earlier turn without the footnotes that :func:`reply` put there."""
    return _MARK.sub("", _FOOTNOTES.sub("", text))


def count_tokens(text: str) -> int:
    """A Chinese character, a word and a sign each count as one."""
    return len(_TOKEN.findall(text))


def _body(sentences: Sequence[Sentence], *, abstained: bool) -> str:
    texts, marks = [], []
    for sentence in sentences:
        if text := safe(sentence.text).rstrip():
            doubt = sentence.verdict in ("unsupported", "contradicted") and not abstained
            texts.append(text)
            marks.append("".join(f"[{n}]" for n in sentence.citations) + (f" ({words(text)[sentence.verdict]})" if doubt else ""))
    return marked(texts, marks)


def _notice(answer: Answer) -> str:
    return f"_{plain(one_line(answer.notice))}_\n\n" if answer.notice else ""


def _end(answer: Answer) -> str:
    """The footnotes; for an abstention the nearest notes."""
    label = words(answer.question)
    out = ""
    lines = []
    for citation in answer.citations:
        where = plain(place(citation.path, citation.trail, citation.page, citation.lines, label))
        quote = label["quote"].format(plain(one_line(citation.quote))) if citation.quote else ""
        lines.append(f"- [{citation.n}] {where}" + (f": {quote}" if quote else ""))
    if lines:
        out += _RULE + "\n".join(lines)
    if answer.near:
        shown = [f"- {plain(place(p.path, p.chunk.trail, p.chunk.page, p.chunk.lines, label))}" for p in answer.near]
        out += "\n\n" + "\n".join([f"{label['nearest']}:", "", *shown])
    return out
