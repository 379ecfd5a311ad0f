r"""Answers as HTML that is safe by construction: the one place where text from notes becomes markup of the chat.

Decisions:

- Markdown is rendered here, on the server, by markdown-it with raw HTML off, pictures shown as their caption (a picture
  would be a request to another host) and links for ``http(s)`` only. Gradio's own Markdown is given one line of HTML, which
  it passes on and sanitises once more.
- Formulas are found here too (``$...$``, ``$$...$$``, ``\(...\)``, ``\[...\]``; a lone ``$`` is money) and handed to Gradio's
  KaTeX between characters of the private use area, which are taken out of all other text: nothing else becomes a formula.
- Footnote marks travel through the Markdown as private characters as well, so that a sentence cannot forge one.
- Gradio's sanitiser drops ``data-*`` and ``aria-*``; a chip says what it opens in its ``href``: ``#fn-ANSWER-NUMBER``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from rag.types import join
from ui.render import marked, nearest, one_line, place, safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

    from rag.types import Answer, Citation, Sentence

INLINE_MATH = ("\ue000", "\ue001")
DISPLAY_MATH = ("\ue002", "\ue003")
LATEX_DELIMITERS: list[dict[str, str | bool]] = [
    {"left": DISPLAY_MATH[0], "right": DISPLAY_MATH[1], "display": True},
    {"left": INLINE_MATH[0], "right": INLINE_MATH[1], "display": False},
]

_MARK, _FLAG, _END = "\ue010", "\ue011", "\ue012"
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_MARKS = re.compile(f"{_MARK}(\\d+){_END}")
_ALONE = re.compile(f"<p>((?:{_MARK}\\d+{_END}|{_FLAG}[a-z]+{_END})+)</p>")
_FLAGS = re.compile(f"{_FLAG}([a-z]+){_END}")
_DOLLAR = re.compile(
    r"\$(?![\s$])((?:[^$\\\ue000-\uf8ff]|\\[^\ue000-\uf8ff])*?[^\s$\\\ue000-\uf8ff]|\\?[^\s$\\\ue000-\uf8ff])\$(?!\d)"
)
_PAIRS = (("$$", "$$", True), ("\\[", "\\]", True), ("\\(", "\\)", False))


def welcome_html(suggestions: Sequence[str], strings: Mapping[str, str]) -> str:
    """What stands in place of the chat before the first question."""
    items = "".join(
        f'<li><button type="button" class="fn-suggestion">{escape(safe(heading))}</button></li>' for heading in suggestions
    )
    listed = f"<h3>{escape(strings['suggestions'])}</h3><ul>{items}</ul>" if items else ""
    return f'<div class="fn-welcome"><h2>{escape(strings["tagline"])}</h2><p>{escape(strings["intro"])}</p>{listed}</div>'


def question_html(question: str) -> str:
    """What the user typed, as it stands."""
    return _chat_line(f'<div class="fn-question">{escape(_PRIVATE.sub("", question))}</div>')


def answer_html(
    sentences: Sequence[Sentence], strings: Mapping[str, str], *, number: int, answer: Answer | None = None, asked: str = ""
) -> str:
    """The chat's HTML for the answer ``number``: so far streamed, or whole (``answer``), as one line for Gradio's Chatbot."""
    if answer is not None and answer.abstained:
        return _chat_line(_abstention(answer, strings, number))
    citations = {citation.n: citation for citation in answer.citations} if answer else {}
    understood = ""
    if answer and asked and answer.question.strip() != asked.strip():
        understood = f'<p class="fn-understood">{escape(strings["asked"])}:{escape(_PRIVATE.sub("", answer.question))}</p>'
    body = _sentences(sentences, strings, number, citations)
    return _chat_line(f'<div class="fn-answer">{understood}{body}</div>')


def message_html(text: str, *, kind: str = "fn-wait") -> str:
    """A line of the program itself: waiting, or an error."""
    return _chat_line(f'<div class="fn-answer {kind}"><p>{escape(_PRIVATE.sub("", text))}</p></div>')


def markdown_html(text: str) -> str:
    """Markdown of a note as safe HTML, formulas between the private delimiters."""
    return str(_renderer().render(_PRIVATE.sub("", text)))


def _sentences(sentences: Sequence[Sentence], strings: Mapping[str, str], number: int, citations: Mapping[int, Citation]) -> str:
    texts, marks = [], []
    for sentence in sentences:
        if text := _PRIVATE.sub("", sentence.text).rstrip():
            doubt = sentence.verdict in ("unsupported", "contradicted")
            texts.append(text)
            marks.append(
                "".join(f"{_MARK}{n}{_END}" for n in sentence.citations) + (f"{_FLAG}{sentence.verdict}{_END}" if doubt else "")
            )

    def chip(match: re.Match[str]) -> str:
        n = int(match[1])
        citation = citations.get(n)
        title = strings["footnote"].format(n)
        if citation is not None:
            title += " · " + place(citation.path, citation.trail, citation.page, citation.lines, strings)
        return f'<a class="fn-chip" role="button" href="#fn-{number}-{n}" title="{escape(title)}">{n}</a>'

    html = _renderer().render(marked(texts, marks), {"copy": strings["copy"]})
    html = _MARKS.sub(chip, _ALONE.sub(r'<p class="fn-marks">\1</p>', html))
    return _FLAGS.sub(lambda match: f'<span class="fn-flag">{escape(strings[match[1]])}</span>', html)


def _abstention(answer: Answer, strings: Mapping[str, str], number: int) -> str:
    items = [
        (f"#fn-{number}-{citation.n}", citation.path, citation.trail, citation.page, citation.lines)
        for citation in answer.citations
    ]
    cited = {(citation.document_id, citation.trail) for citation in answer.citations}
    items += [
        (f"#near-{number}-{rank}", found.path, found.chunk.trail, found.chunk.page, found.chunk.lines)
        for rank, found in enumerate(nearest(answer))
        if (found.chunk.document_id, found.chunk.trail) not in cited
    ]
    links = "".join(
        f'<li><a class="fn-near" role="button" href="{href}">{escape(place(path, trail, page, lines, strings))}</a></li>'
        for href, path, trail, page, lines in items
    )
    near = f'<p class="fn-nearest">{escape(strings["nearest"])}</p><ul>{links}</ul>' if links else ""
    said = _PRIVATE.sub("", join([sentence.text for sentence in answer.sentences]))
    return (
        f'<div class="fn-answer fn-none"><p class="fn-why">{escape(strings[answer.reason or "absent"])}</p>'
        f"{_renderer().render(said)}{near}</div>"
    )


def _chat_line(html: str) -> str:
    """One line that starts with a block tag, so that Gradio's Markdown passes it on as it is."""
    return html.replace("\n", "&#10;") if "<pre" in html else html.replace("\n", " ")


# ---------------------------------------------------------------------------------------------- Markdown


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    md = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).enable(["table", "strikethrough"])
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
    if _PRIVATE.search(formula):
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
    if tail.strip() or not formula.strip() or _PRIVATE.search(formula):
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
    button = f'<button type="button" class="fn-copy">{escape(env["copy"])}</button>' if "copy" in env else ""
    return f'<div class="fn-code">{button}<pre><code>{escape(tokens[index].content)}</code></pre></div>'
