"""A page of a PDF as the picture that its reader knows, with the place of a quote marked on it.

PDFium draws, in a child process with limits on time and memory: it is a large parser in C++, and the file comes from anywhere.
The place is found in the page's own text, by letters and digits alone (line breaks and ligatures differ between two readers
of one PDF); where only the beginning of the quote stands on the page, that is marked. The picture is part of the page's HTML,
so no file is served and nothing is kept on disk.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from ui.web.markup import worded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Box = tuple[float, float, float, float]

SECONDS, MEGABYTES = 10, 1024
"""What the child may take."""
WIDTH = 1000
"""Pixels of the picture; a page is shown half as wide, so it stays sharp on a fine screen."""
SHORTEST = 8
"""Letters that must be found for the beginning of a quote to be marked."""
_GAP = 3.0
"""Percent of the page's width between two pieces of one line."""
_CHILD = "import sys; sys.path[:] = {path!r}; from ui.web.pdf_page import main; main()"


def page_html(path: str, page: int, quote: str, words: Mapping[str, str]) -> str:
    """The picture of ``page`` (from 1) of the PDF at ``path`` with ``quote`` marked; empty where it cannot be had."""
    try:
        about = os.stat(path)
    except OSError:
        return ""
    drawn = _drawn(path, about.st_mtime_ns, about.st_size, page, quote)
    if drawn is None:
        return ""
    picture, places = drawn
    said = escape(words["page_of"].format(page))
    marks = "".join(
        f'<mark style="left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"></mark>'
        for left, top, width, height in places
    )
    return (
        f'<div class="fn-page"><figure><img alt="{said}" src="data:image/jpeg;base64,{picture}">{marks}</figure>'
        f"<p>{said} {worded('zoom', '', words['zoom'])}</p></div>"
    )


@lru_cache(maxsize=16)
def _drawn(path: str, changed: int, size: int, page: int, quote: str) -> tuple[str, list[Box]] | None:
    root = str(Path(__file__).resolve().parents[2])
    program = _CHILD.format(path=[root, *(entry for entry in sys.path if entry)])
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", program, path, str(page)]
    quiet: dict[str, Any] = {"stderr": subprocess.DEVNULL, "creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    with suppress(OSError, ValueError, KeyError, subprocess.SubprocessError):
        done = subprocess.run(command, input=quote.encode(), stdout=subprocess.PIPE, timeout=2 * SECONDS, check=True, **quiet)
        found = json.loads(done.stdout)
        base64.b64decode(found["picture"], validate=True)
        return found["picture"], [(float(a), float(b), float(c), float(d)) for a, b, c, d in found["places"]]
    return None


# the child


def main() -> None:
    """The child: path and page from the arguments, the quote from standard input, one JSON object to standard output."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits, macOS not all of them
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    sys.stdout.write(json.dumps(draw(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read().decode())))


def draw(path: str, page: int, quote: str) -> dict[str, Any]:
    """``picture``: a JPEG in base64; ``places``: boxes as left, top, width, height in percent of the picture."""
    from io import BytesIO

    import pypdfium2

    pdf = pypdfium2.PdfDocument(path)
    drawn = pdf[page - 1]
    width, height = drawn.get_size()
    bitmap = drawn.render(scale=WIDTH / max(width, height / 2))
    text = drawn.get_textpage()
    letters = [chr(pypdfium2.raw.FPDFText_GetUnicode(text, at)) for at in range(text.count_chars())]
    found = span(letters, quote)
    places = []
    if found is not None:
        position = bitmap.get_posconv(drawn)
        for number in range(text.count_rects(found[0], found[1] - found[0])):
            left, bottom, right, top = text.get_rect(number)
            corners = [position.to_bitmap(left, top), position.to_bitmap(right, bottom)]
            places.append(_box(corners, bitmap.width, bitmap.height))
    out = BytesIO()
    bitmap.to_pil().convert("RGB").save(out, "JPEG", quality=72, optimize=True)
    return {"picture": base64.b64encode(out.getvalue()).decode(), "places": lines(places)}


def lines(boxes: Sequence[Box]) -> list[Box]:
    """One box a line of text, from the boxes of its pieces in the order of the text."""
    out: list[Box] = []
    for box in boxes:
        if out and _beside(out[-1], box):
            (x, y, wide, high), (left, top, width, height) = out[-1], box
            out[-1] = (
                min(x, left),
                min(y, top),
                max(x + wide, left + width) - min(x, left),
                max(y + high, top + height) - min(y, top),
            )
        else:
            out.append(box)
    return out


def _beside(one: Box, other: Box) -> bool:
    (x, y, wide, high), (left, top, width, height) = one, other
    shared = min(y + high, top + height) - max(y, top)
    gap = max(left - x - wide, x - left - width)
    return shared > 0.4 * min(high, height) and gap < _GAP


def span(letters: Sequence[str], quote: str) -> tuple[int, int] | None:
    """Where ``quote`` stands among the characters of a page: first, and one past the last; or its beginning, where that much
    is there; else ``None``.
    """
    have = [(folded, at) for at, letter in enumerate(letters) for folded in _folded(letter)]
    page, wanted = "".join(folded for folded, _ in have), "".join(_folded(quote))
    if not wanted:
        return None
    low, high = 0, len(wanted)
    while low < high:  # the longest beginning of the quote that the page has
        middle = (low + high + 1) // 2
        low, high = (middle, high) if wanted[:middle] in page else (low, middle - 1)
    if low < min(SHORTEST, len(wanted)):
        return None
    first = page.index(wanted[:low])
    return have[first][1], have[first + low - 1][1] + 1


def _folded(text: str) -> str:
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())


def _box(corners: Sequence[tuple[float, float]], width: int, height: int) -> Box:
    (left, right), (top, bottom) = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return 100 * left / width, 100 * top / height, 100 * (right - left) / width, 100 * (bottom - top) / height
