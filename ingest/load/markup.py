"""HTML text to tokens, in time linear in its length whatever it holds.

The standard library's ``html.parser`` (before its fixes of 2025) takes quadratic time on unclosed comments and tags, and
tree builders are slow or give up on very deep nesting. Notes only need the tokens, with the place of each, and the rule
that keeps this linear is the HTML standard's own: what is not closed runs to the end of the file.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from ingest.load.decode import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\n\f/]*")
_NAME = re.compile(r"[a-zA-Z][^ \t\n\f/>]*")
_ATTRIBUTE = re.compile(r"[^ \t\n\f/>][^ \t\n\f/>=]*")
_EQUALS = re.compile(r"[ \t\n\f]*=[ \t\n\f]*")
_BARE = re.compile(r"[^ \t\n\f>]*")
_RAW = ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
_RAW_END = {name: re.compile(rf"</{name}(?=[ \t\n\f/>])", re.IGNORECASE) for name in _RAW}
_HUGE_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{8,}|[0-9]{8,});?")
_ATTRIBUTES = 64
"""Attributes that are kept of one tag."""


class Token(NamedTuple):
    """A piece of HTML. ``raw`` is the text inside ``<script>``, ``<title>`` and their like; it follows their start."""

    kind: Literal["start", "end", "text", "raw"]
    at: int
    """Where it begins in the file's text."""
    value: str
    """A tag's name in lower case, or text with its character references as they stand."""
    attributes: dict[str, str] = {}  # noqa: RUF012 (a tuple's default; never written to)
    """Of a start tag: names in lower case, values without character references."""
    closed: bool = False
    """A start tag written ``<name/>``."""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of an HTML page, in order; comments, declarations and processing instructions are left out."""
    at = 0
    while at < len(text):
        mark = text.find("<", at)
        if mark != at:
            yield Token("text", at, text[at:] if mark < 0 else text[at:mark])
            if mark < 0:
                return
        following = text[mark + 1 : mark + 2]
        if following.isascii() and following.isalpha():
            start = _start(text, mark)
            if start is None:
                return
            token, at = start
            yield token
            if token.value in _RAW_END:
                end = _RAW_END[token.value].search(text, at)
                stop = end.start() if end else len(text)
                yield Token("raw", at, text[at:stop])
                at = stop
        elif following == "/":
            name = _NAME.match(text, mark + 2)
            at = _after(text, ">", mark + 2)
            if name:
                yield Token("end", mark, name[0].lower())
        elif following in ("!", "?"):
            at = _after(text, "-->", mark + 2) if text.startswith("<!--", mark) else _after(text, ">", mark + 2)
        else:
            yield Token("text", mark, "<")
            at = mark + 1


def unescape(text: str) -> str:
    """``text`` with its character references resolved; those beyond Unicode, however long, become U+FFFD."""
    if "&" not in text:
        return text
    return plain(html.unescape(_HUGE_REFERENCE.sub("\ufffd", text)))


def _after(text: str, what: str, at: int) -> int:
    found = text.find(what, at)
    return len(text) if found < 0 else found + len(what)


def _start(text: str, mark: int) -> tuple[Token, int] | None:
    """The start tag at ``mark`` and where it ends; ``None`` where the file ends within it."""
    name = _NAME.match(text, mark + 1)
    assert name is not None
    attributes: dict[str, str] = {}
    at = name.end()
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at >= len(text):
            return None
        if text[at] == ">":
            return Token("start", mark, name[0].lower(), attributes, text[at - 1] == "/"), at + 1
        key, value, at = _attribute(text, at)
        if at < 0:
            return None
        if len(attributes) < _ATTRIBUTES:
            attributes.setdefault(key, unescape(value))


def _attribute(text: str, at: int) -> tuple[str, str, int]:
    """Name, value and end of the attribute at ``at``; the end is -1 where a quote is never closed."""
    match = _ATTRIBUTE.match(text, at)
    assert match is not None
    key, at = match[0].lower(), match.end()
    equals = _EQUALS.match(text, at)
    if not equals:
        return key, "", at
    at = equals.end()
    quote = text[at : at + 1]
    if quote in ('"', "'"):
        end = text.find(quote, at + 1)
        return key, text[at + 1 : end], end + 1 if end >= 0 else -1
    bare = _BARE.match(text, at)
    assert bare is not None
    return key, bare[0], bare.end()
