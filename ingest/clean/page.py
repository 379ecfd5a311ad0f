"""One source on its way through cleaning: its lines, and what is to go."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING

from ingest import blocks
from ingest.types import Document, Dropped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.blocks import Line
    from ingest.types import Source

URL = re.compile(r"https?://[^\s<>()（）\[\]，。、；]+|www\.[^\s<>()（）\[\]，。、；]+")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}")
_DIGITS = re.compile(r"\d+")
LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
SUPERSCRIPTS = re.compile(r"(?:[¹²³⁴⁵⁶⁷⁸⁹⁰]+|\[\^\d{1,3}\^\])+")


class Page:
    """The lines of one source and what is to go: whole lines with a reason, and spans inside lines."""

    def __init__(self, text: str, title: str, repeated: frozenset[str]) -> None:
        self.text = text
        self.title = title
        lowered = text.lower()
        self.lowered = lowered if len(lowered) == len(text) else text
        self.repeated = repeated
        self.lines: Sequence[Line] = blocks.read(text)
        self.starts = [line.start for line in self.lines]
        self.reasons: dict[int, str] = {}
        self.cuts: list[tuple[int, int, str]] = []

    def drop(self, index: int, reason: str) -> None:
        """Take out a whole line; the first reason stays."""
        self.reasons.setdefault(index, reason)

    def keep(self, texts: frozenset[str]) -> None:
        """Let stay what is one of ``texts`` after all: whole lines, and spans inside lines."""
        for index in [index for index in self.reasons if self.lines[index].text.strip() in texts]:
            del self.reasons[index]
        runs = self._runs(sorted(self.cuts))
        self.cuts = [cut for run in runs if self.text[run[0][0] : run[-1][1]].strip() not in texts for cut in run]

    def at(self, offset: int) -> int:
        """Index of the line in which ``offset`` stands."""
        return bisect_right(self.starts, offset) - 1

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
        """Matches outside code, formulas, tables and dropped lines, with the index of their line."""
        for match in pattern.finditer(self.text):
            index = self.at(match.start())
            if not self.lines[index].protected and index not in self.reasons:
                yield index, match

    def lines_with(self, words: Iterable[str]) -> list[int]:
        """Indexes of the lines that hold one of the lower-case ``words``, each once, in order: the cheap first look.

        Code, formulas, tables and dropped lines are left out.
        """
        out: set[int] = set()
        for word in words:
            at = self.lowered.find(word)
            while at >= 0:
                index = self.at(at)
                out.add(index)
                at = self.lowered.find(word, self.lines[index].end + 1)
        return sorted(i for i in out if not self.lines[i].protected and i not in self.reasons)

    def kept(self, first: int, last: int) -> list[int]:
        """Indexes of the lines in ``first..last`` that hold text and are not dropped."""
        return [i for i in range(first, last + 1) if self.lines[i].text and i not in self.reasons]

    def standalone(self, index: int) -> bool:
        """No text stands on the line above."""
        return index == 0 or not self.lines[index - 1].text or (index - 1) in self.reasons

    def document(self, source: Source, digest: str) -> Document:
        """Build the text that stays, with its maps."""
        text = self.text
        self._close_gaps()
        gone: list[tuple[int, int, str]] = []
        for index, reason in self.reasons.items():
            end = self.lines[index + 1].start if index + 1 < len(self.lines) else len(text)
            gone.append((self.lines[index].start, end, reason))
        gone.extend(cut for cut in self.cuts if self.at(cut[0]) not in self.reasons)
        gone.sort()
        kept: list[str] = []
        old_starts: list[int] = []
        new_starts: list[int] = []
        position = length = 0
        for start, end, _ in gone:
            if start > position:
                old_starts.append(position)
                new_starts.append(length)
                kept.append(text[position:start])
                length += start - position
            position = max(position, end)
        if position < len(text):
            old_starts.append(position)
            new_starts.append(length)
            kept.append(text[position:])
            length += len(text) - position

        def moved(offset: int) -> int:
            at = bisect_right(old_starts, offset) - 1
            if at < 0:
                return 0
            following = new_starts[at + 1] if at + 1 < len(new_starts) else length
            return min(new_starts[at] + offset - old_starts[at], following)

        return Document(
            id=source.record if source.record is not None else digest,
            path=source.path,
            title=source.title,
            first_line=source.first_line,
            text="".join(kept),
            page_starts=tuple(map(moved, source.page_starts)) if gone else source.page_starts,
            line_starts=tuple(map(moved, source.line_starts)) if gone else source.line_starts,
            dropped=tuple(self._dropped(gone, source)),
        )

    def _close_gaps(self) -> None:
        """Blank lines between dropped lines go too, where a blank line stays on either side."""
        lines = self.lines
        dropped = sorted(self.reasons)
        at = 0
        while at < len(dropped):
            first = last = dropped[at]
            blank: list[tuple[int, str]] = []
            at += 1
            while at < len(dropped) and not any(lines[i].text for i in range(last + 1, dropped[at])):
                blank.extend((i, self.reasons[last]) for i in range(last + 1, dropped[at]))
                last = dropped[at]
                at += 1
            if first == 0 or last + 1 == len(lines) or not lines[first - 1].text or not lines[last + 1].text:
                self.reasons.update(blank)

    def _runs(self, spans: Sequence[tuple[int, int, str]]) -> Iterator[list[tuple[int, int, str]]]:
        """Neighbouring spans with one reason, and nothing but white space between them, are one run."""
        run: list[tuple[int, int, str]] = []
        end = 0
        for span in spans:
            if run and (span[2] != run[0][2] or self.text[end : span[0]].strip()):
                yield run
                run = []
            end = max(end, span[1]) if run else span[1]
            run.append(span)
        if run:
            yield run

    def _dropped(self, gone: Sequence[tuple[int, int, str]], source: Source) -> Iterator[Dropped]:
        """One for each run, with the lines of the file it stands in."""
        for run in self._runs(gone):
            start, end, reason = run[0][0], max(end for _, end, _ in run), run[0][2]
            piece = self.text[start:end].strip("\n")
            if not piece.strip():
                continue
            inner = start + (len(self.text[start:end]) - len(self.text[start:end].lstrip("\n")))
            first = bisect_right(source.line_starts, inner)
            last = bisect_right(source.line_starts, inner + len(piece) - 1)
            before = source.first_line - 1
            yield Dropped(lines=(max(first, 1) + before, max(last, 1) + before), text=piece, reason=reason)


def normal(line: str) -> str:
    """A line for comparison: no marks of lists or headings, no white space, width and case folded, numbers as 0."""
    line = line.strip()
    if not line:
        return ""
    line = unicodedata.normalize("NFKC", line[:200]).casefold().lstrip("#*-+•· \t")
    return _DIGITS.sub("0", URL.sub("", line).replace(" ", ""))
