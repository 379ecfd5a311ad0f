r"""Which line of the file each piece of a text came from.

Loaders that build their text (HTML, notebooks) add pieces in the order of the file and name the line on which each
begins; the line table of :class:`ingest.types.Source` follows from that. Lines of the file that gave no text share the
offset of the next piece, so a passage is always found on the line where its own characters stand.
"""

from __future__ import annotations

from itertools import accumulate


class Lines:
    """Pieces of text with their source lines (1-based); pieces may be taken back down to a mark."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, str]] = []

    def add(self, line: int, text: str) -> None:
        """Append ``text``, which begins on ``line`` of the file. A newline in it does not count as one of the file."""
        self._pieces.append((line, text))

    def mark(self) -> int:
        """The present end, for :meth:`back_to`."""
        return len(self._pieces)

    def back_to(self, mark: int) -> None:
        """Forget all that was added since ``mark``."""
        del self._pieces[mark:]

    def finish(self, count: int) -> tuple[str, tuple[int, ...]]:
        """The whole text and, for each of the file's ``count`` lines, the offset at which it begins."""
        starts: list[int] = []
        offset = 0
        for line, text in self._pieces:
            missing = min(line, count) - len(starts)
            if missing > 0:
                starts.extend([offset] * missing)
            offset += len(text)
        starts.extend([offset] * (count - len(starts)))
        return "".join(text for _, text in self._pieces), tuple(starts)


def line_starts(text: str) -> tuple[int, ...]:
    r"""The offset of each line of ``text`` split at ``\n``; there is always at least one."""
    return tuple(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))
