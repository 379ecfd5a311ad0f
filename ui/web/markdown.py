r"""Markdown of notes and of models as HTML that is safe by construction: the one place where such text becomes markup.

Decisions:

- Markdown is rendered on the server, by markdown-it with raw HTML off, pictures shown as their caption (a picture would be a
  request to another host) and links for ``http(s)`` only. Gradio's own Markdown is given one line of HTML, which it passes on
  and sanitises once more.
- Formulas are found here too (``$...$``, ``$$...$$``, ``\(...\)``, ``\[...\]``; a lone ``$`` is money) and handed to Gradio's
  KaTeX between characters of the private use area, which are taken out of all other text: nothing else becomes a formula.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from ui.render import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

INLINE_MATH = ("\ue000", "\ue001")
DISPLAY_MATH = ("\ue002", "\ue003")
LATEX_DELIMITERS: list[dict[str, str | bool]] = [
    {"left": DISPLAY_MATH[0], "right": DISPLAY_MATH[1], "display": True},
    {"left": INLINE_MATH[0], "right": INLINE_MATH[1], "display": False},
]
PRIVATE = re.compile("[\ue000-\uf8ff]")
"""Characters that only this program puts into what Gradio shows."""

_DOLLAR = re.compile(
    r"\$(?![\s$])((?:[^$\\\ue000-\uf8ff]|\\[^\ue000-\uf8ff])*?[^\s$\\\ue000-\uf8ff]|\\?[^\s$\\\ue000-\uf8ff])\$(?!\d)"
)
_PAIRS = (("$$", "$$", True), ("\\[", "\\]", True), ("\\(", "\\)", False))


def plain(text: str) -> str:
    """``text`` without the characters that mean something to this program alone."""
    return PRIVATE.sub("", text)


def markdown_html(text: str, words: Mapping[str, str] | None = None, *, lines: bool = False, indented_code: bool = True) -> str:
    """Markdown as safe HTML, formulas between the private delimiters; with ``words``, code has a button to copy it.

    ``lines``: a line of the text stays a line. Without ``indented_code`` only fences make code.
    """
    return rendered(plain(text), words, lines=lines, indented_code=indented_code)


def rendered(text: str, words: Mapping[str, str] | None = None, *, lines: bool = False, indented_code: bool = True) -> str:
    """``markdown_html`` of text in which the caller has put private characters of its own."""
    return str(_renderer(lines, indented_code).render(text, {"copy": words["copy"]} if words else {}))


def on_one_line(html: str) -> str:
    """One line that starts with a block tag, so that Gradio's Markdown passes it on as it is."""
    return html.replace("\n", "&#10;") if "<pre" in html else html.replace("\n", " ")


@lru_cache(maxsize=4)
def _renderer(lines: bool, indented_code: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    options = {"html": False, "linkify": False, "typographer": False, "breaks": lines}
    md = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    if not indented_code:
        md.disable("code")
    md.validateLink = lambda url: url.lower().startswith(("http://", "https://"))  # type: ignore[method-assign]
    md.inline.ruler.before("escape", "math", _inline_math)
    md.block.ruler.before("fence", "math", _block_math, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.add_render_rule("math", _render_math)
    md.add_render_rule("image", _render_image)
    md.add_render_rule("link_open", _render_link)
    md.add_render_rule("fence", _render_code)
    md.add_render_rule("code_block", _render_code)
    return md


def _inline_math(state: StateInline, silent: bool) -> bool:
    rest = state.src[state.pos : state.posMax]
    if not rest or rest[0] not in "$\\":
        return False
    for left, right, display in _PAIRS:
        if rest.startswith(left) and (end := rest.find(right, len(left))) > len(left):
            return _add_math(state, silent, rest[len(left) : end], end + len(right), display)
    if (found := _DOLLAR.match(rest)) is not None:
        return _add_math(state, silent, found[1], found.end(), False)
    return False


def _add_math(state: StateInline, silent: bool, formula: str, length: int, display: bool) -> bool:
    if PRIVATE.search(formula):
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content, token.meta = formula.strip(), {"display": display}
    state.pos += length
    return True


def _block_math(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    start = state.bMarks[first] + state.tShift[first]
    opening = state.src[start : state.eMarks[first]].strip()
    if not opening.startswith(("$$", "\\[")):
        return False
    right = "$$" if opening.startswith("$$") else "\\]"
    lines = [opening[2:]]
    line = first
    while right not in lines[-1]:
        line += 1
        if line >= end:
            return False
        lines.append(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])
    formula, _, tail = "\n".join(lines).partition(right)
    if tail.strip() or not formula.strip() or PRIVATE.search(formula):
        return False
    if not silent:
        state.line = line + 1
        token = state.push("math", "", 0)
        token.content, token.meta, token.block, token.map = formula.strip(), {"display": True}, True, [first, line + 1]
    return True


def _render_math(_self: Any, tokens: Sequence[Any], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    left, right = DISPLAY_MATH if token.meta["display"] else INLINE_MATH
    html = f"{left}{escape(token.content)}{right}"
    return f'<div class="fn-formula">{html}</div>' if token.block else html


def _render_image(_self: Any, tokens: Sequence[Any], index: int, _options: Any, _env: Any) -> str:
    caption = one_line(tokens[index].content)
    return f'<span class="fn-picture">[{escape(caption)}]</span>' if caption else ""


def _render_link(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrs.update({"target": "_blank", "rel": "noopener noreferrer nofollow"})
    return str(self.renderToken(tokens, index, options, env))


def _render_code(_self: Any, tokens: Sequence[Any], index: int, _options: Any, env: Any) -> str:
    button = (
        f'<button type="button" class="fn-copy" name="copy-code" value="">{escape(env["copy"])}</button>' if "copy" in env else ""
    )
    return f'<div class="fn-code">{button}<pre><code>{escape(tokens[index].content)}</code></pre></div>'
