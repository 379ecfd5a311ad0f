"""Mark a quote in the rendered note: find in the HTML the words that stood in the Markdown.

The Markdown's own marks (``**``, list signs, fences) are not in the HTML, entities are, and white space differs. So both are
reduced to their letters and digits; where the reduced quote stands in the reduced HTML (the same occurrence, counted from
the start), each run of text between tags is wrapped in ``<mark>``. A formula is marked whole: half of one would not render.
"""

from __future__ import annotations

import re
from html import unescape

from ui.web.markdown import DISPLAY_MATH, INLINE_MATH

_PART = re.compile(
    f"(<[^>]*>)|({INLINE_MATH[0]}[^{INLINE_MATH[1]}]*{INLINE_MATH[1]}|{DISPLAY_MATH[0]}[^{DISPLAY_MATH[1]}]*{DISPLAY_MATH[1]})|(&[^;<&\\s]{{1,10}};)|([^<])"
)
_STOP = re.compile(r"[^\w\s*`|$]+\s*$")
"""What ends the quote behind its last letter, Markdown's marks aside."""
_UNSEEN = re.compile(r"^[ \t]*(?:\d{1,9}[.)][ \t]+|(?:`{3,}|~{3,}).*$)", re.MULTILINE)
"""Letters and digits that are not in the HTML: the number of a list's item, which the browser draws, the language of code."""
_LETTER = re.compile(r"[^\W_]")


def highlighted(html: str, before: str, quote: str) -> str | None:
    """``html`` with the quote in ``<mark>``; ``before`` is the Markdown that stood before the quote.

    ``None`` where the quote cannot be found in it.
    """
    parts = [match.group() for match in _PART.finditer(html)]
    letters: list[str] = []
    owners: list[int] = []  # the part that each letter stands in
    for number, part in enumerate(parts):
        if not part.startswith("<") and (reduced := _reduced(unescape(part))):
            letters.append(reduced)
            owners += [number] * len(reduced)
    text, at, wanted = "".join(letters), None, ""
    for bare in (str, lambda markdown: _UNSEEN.sub("", markdown)):
        wanted = _reduced(bare(quote))
        at = _occurrence(text, wanted, _count(_reduced(bare(before)) + wanted, wanted))
        if at is not None:
            break
    if at is None:
        return None
    first, last = owners[at], owners[at + len(wanted) - 1]
    stop = _STOP.search(quote)
    while stop is not None and last + 1 < len(parts) and parts[last + 1] in stop[0]:
        last += 1
    return _wrapped(parts, first, last)


def _reduced(text: str) -> str:
    return "".join(_LETTER.findall(text))


def _count(text: str, wanted: str) -> int:
    """How many times ``wanted`` begins in ``text``."""
    count, at = 0, text.find(wanted) if wanted else -1
    while at >= 0:
        count, at = count + 1, text.find(wanted, at + 1)
    return count


def _occurrence(text: str, wanted: str, number: int) -> int | None:
    """Where ``wanted`` begins for the ``number``-th time, or for the last time before that."""
    found, at = None, -1
    for _ in range(number):
        at = text.find(wanted, at + 1)
        if at < 0:
            break
        found = at
    return found


def _wrapped(parts: list[str], first: int, last: int) -> str:
    """The parts from ``first`` to ``last`` in ``<mark>``, one mark for each run of text between tags."""
    out: list[str] = []
    run: list[str] = []

    def end() -> None:
        text = "".join(run)
        out.append(f"<mark>{text}</mark>" if text.strip() else text)
        run.clear()

    for number, part in enumerate(parts):
        if first <= number <= last and not part.startswith("<"):
            run.append(part)
            continue
        if run:
            end()
        out.append(part)
    if run:
        end()
    return "".join(out)
