"""Questions and answers as HTML for the chat: footnote chips, marks of support, and what can be done with an answer.

Decisions:

- The words around an answer are in the language of the page; the answer's own are in that of the question.
- Marks travel through the Markdown as private characters, so that a sentence cannot forge one.
- Support is told in colour, in shape and in words. A supported sentence has a small grey tick beside its chips, a heading
  not even that: most are, and an eye must find the others. Those have their verdict in words, and the reason on hover and
  focus. One line below says it of the whole answer.
- A button says in ``name`` and ``value`` what a click means (``frame``); Gradio's sanitiser drops ``data-*`` and ``aria-*``,
  so what a screen reader says stands in the button as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from rag.types import join
from ui.render import marked, place, safe
from ui.web.markdown import markdown_html, on_one_line, plain, rendered
from ui.web.strings import words as words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.types import Answer, Citation, Sentence

SIGNS = {"supported": "✓", "partial": "◐", "unsupported": "○", "contradicted": "✕"}
"""The shape of each verdict."""
_MARK, _END = "\ue010", "\ue012"
_MARKS = re.compile(f"([^\\s<>&;\ue000-\ue003]?){_MARK}(\\d+){_END}")
"""A mark with the letter before it: no line begins with a footnote. The end of a formula stays with the formula."""
_HEADING = re.compile(r"#{1,6}\s.*|\*\*[^*\n]+\*\*")
"""A sentence that is a heading: it claims nothing of its own."""
_ALONE = re.compile(f"<p>({_MARK}\\d+{_END})</p>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What stands below an answer beside its own words."""

    rating: int = 0
    siblings: int = 1
    sibling: int = 1
    """The place among the answers to the same question, from 1."""
    follow_ups: Sequence[str] = ()
    """Questions to go on with; for the last answer only."""


def welcome_html(suggestions: Sequence[str], words: Mapping[str, str]) -> str:
    """What stands in place of the chat before the first question."""
    listed = f"<h3>{escape(words['suggestions'])}</h3>{_questions(suggestions)}" if suggestions else ""
    return f'<div class="fn-welcome"><h2>{escape(words["tagline"])}</h2><p>{escape(words["intro"])}</p>{listed}</div>'


def question_html(question: str, words: Mapping[str, str], number: int) -> str:
    """What the user typed, as it stands, with a way to change it."""
    edit = button("edit", number, "edit", words)
    return on_one_line(f'<div class="fn-asked">{edit}<div class="fn-question">{escape(plain(question))}</div></div>')


def growing_html(sentences: Sequence[Sentence], words: Mapping[str, str], number: int) -> str:
    """The answer as far as it has come."""
    said = _sentences(tuple(sentences), (), number, words["lang"][:2])
    return on_one_line(f'<div class="fn-answer fn-read fn-growing">{said}</div>')


def answer_html(answer: Answer, words: Mapping[str, str], *, number: int, asked: str, footing: Footing) -> str:
    """The whole answer to the question ``number`` of the chat (from 0), with what stands below it."""
    below = _notice(answer) + _below(answer, words, number, footing)
    if answer.abstained:
        return on_one_line(f'<div class="fn-answer fn-read">{_abstention(answer, words, number)}{below}</div>')
    understood = ""
    if answer.question.strip() != asked.strip():
        understood = f'<p class="fn-understood">{escape(words["asked"])}: {escape(plain(answer.question))}</p>'
    body = _sentences(answer.sentences, answer.citations, number, words["lang"][:2])
    return on_one_line(f'<div class="fn-answer fn-read">{understood}{body}{below}</div>')


def message_html(text: str, *, kind: str = "fn-wait") -> str:
    """A line of the program itself: waiting, or an error."""
    return on_one_line(f'<div class="fn-answer fn-read {kind}"><p>{escape(plain(text))}</p></div>')


def button(name: str, value: object, label: str, words: Mapping[str, str], *, chosen: bool = False) -> str:
    """A button that is an icon (``page.css``: ``.fn-i-LABEL``), its name there for screen readers and on hover."""
    said = escape(words[label])
    state = " fn-chosen" if chosen else ""
    return (
        f'<button type="button" class="fn-icon fn-i-{label}{state}" name="{name}" value="{escape(str(value))}" title="{said}">'
        f'<span class="fn-said">{said}</span></button>'
    )


def worded(name: str, value: object, said: str) -> str:
    """A button that is a word."""
    return f'<button type="button" class="fn-text" name="{name}" value="{escape(str(value))}">{escape(said)}</button>'


def percent(answer: Answer) -> int:
    """The answer's confidence in percent; never all or nothing, which no measurement gives."""
    return min(99, max(1, round(100 * answer.confidence)))


@lru_cache(maxsize=512)
def _sentences(sentences: tuple[Sentence, ...], cited: tuple[Citation, ...], number: int, language: str) -> str:
    """The words of an answer with its marks; kept, as every new answer shows the whole chat again."""
    words, citations = words_of(language), {citation.n: citation for citation in cited}
    shown = [(text, sentence) for sentence in sentences if (text := plain(sentence.text).rstrip())]
    html = rendered(marked([text for text, _ in shown], [f"{_MARK}{at}{_END}" for at in range(len(shown))]), words)
    html = _ALONE.sub(r'<p class="fn-marks">\1</p>', html)
    return _MARKS.sub(lambda match: _mark(shown[int(match[2])][1], words, number, citations, match[1]), html)


def _mark(sentence: Sentence, words: Mapping[str, str], number: int, citations: Mapping[int, Citation], letter: str) -> str:
    verdict = sentence.verdict
    chips = "".join(_chip(n, verdict, words, number, citations.get(n)) for n in sentence.citations)
    said = escape(words[verdict])
    if verdict == "supported":
        tick = f'<span class="fn-mark fn-supported" role="img" title="{said}">{SIGNS[verdict]}</span>'
        tick = "" if _HEADING.fullmatch(sentence.text.strip()) else tick
        return f'<span class="fn-end">{letter}{chips}{tick}</span>'
    reason = f'<span class="fn-reason" role="tooltip">{escape(plain(sentence.reason) or words["why_" + verdict])}</span>'
    return (
        f'<span class="fn-end">{letter}{chips}<span class="fn-mark fn-{verdict}" tabindex="0" role="note">'
        f"{SIGNS[verdict]} {said}{reason}</span></span>"
    )


def _chip(n: int, verdict: str, words: Mapping[str, str], number: int, citation: Citation | None) -> str:
    title = words["footnote"].format(n)
    if citation is not None:
        title += " · " + place(citation.path, citation.trail, citation.page, citation.lines, words)
    name = f'name="source" value="fn-{number}-{n}"' if citation is not None else "disabled"
    return f'<button type="button" class="fn-chip fn-{verdict}" {name} title="{escape(plain(title))}">{n}</button>'


def _abstention(answer: Answer, words: Mapping[str, str], number: int) -> str:
    items = [
        (f"fn-{number}-{citation.n}", citation.path, citation.trail, citation.page, citation.lines)
        for citation in answer.citations
    ]
    cited = {(citation.document_id, citation.trail) for citation in answer.citations}
    items += [
        (f"near-{number}-{rank}", found.path, found.chunk.trail, found.chunk.page, found.chunk.lines)
        for rank, found in enumerate(answer.near)
        if (found.chunk.document_id, found.chunk.trail) not in cited
    ]
    links = "".join(
        f'<li><button type="button" class="fn-near" name="source" value="{reference}">'
        f"{escape(plain(place(path, trail, page, lines, words)))}</button></li>"
        for reference, path, trail, page, lines in items
    )
    near = f'<p class="fn-nearest">{escape(words["nearest"])}</p><ul>{links}</ul>' if links else ""
    said = markdown_html(join([sentence.text for sentence in answer.sentences]))
    return f'<div class="fn-none"><p class="fn-why">{escape(words[answer.reason or "absent"])}</p>{said}{near}</div>'


def _notice(answer: Answer) -> str:
    return f'<p class="fn-notice">{escape(plain(safe(answer.notice)))}</p>' if answer.notice else ""


def _below(answer: Answer, words: Mapping[str, str], number: int, footing: Footing) -> str:
    sure = words["chance" if answer.abstained else "sure"].format(percent(answer))
    model = f'<span class="fn-model">{escape(plain(safe(answer.model)))}</span>' if answer.model else ""
    why = worded("why", number, words["why"])
    told = f'{_borne(answer, words)}<span class="fn-sure" title="{escape(words["sure_title"])}">{escape(sure)}</span>{model}{why}'
    turn = ""
    if footing.siblings > 1:
        before = button("turn", f"{number}:{footing.sibling - 1}", "before", words) if footing.sibling > 1 else ""
        after = button("turn", f"{number}:{footing.sibling + 1}", "after", words) if footing.sibling < footing.siblings else ""
        turn = f'<span class="fn-turn">{before}{footing.sibling} / {footing.siblings}{after}</span>'
    acts = (
        button("copy-answer", number, "copy", words)
        + button("again", number, "again", words)
        + button("fork", number, "fork", words)
        + button("rate", f"{number}:1", "good", words, chosen=footing.rating > 0)
        + button("rate", f"{number}:-1", "bad", words, chosen=footing.rating < 0)
    )
    follow = ""
    if footing.follow_ups:
        follow = f'<div class="fn-follow"><p>{escape(words["go_on"])}</p>{_questions(footing.follow_ups)}</div>'
    return f'<div class="fn-below"><span class="fn-told">{told}</span>{turn}<span class="fn-acts">{acts}</span></div>{follow}'


def _borne(answer: Answer, words: Mapping[str, str]) -> str:
    """One line on the whole answer: all sentences are supported, or how many are not."""
    if answer.abstained or not answer.sentences:
        return ""
    doubtful = sum(sentence.verdict != "supported" for sentence in answer.sentences)
    if not doubtful:
        return f'<span class="fn-borne">{SIGNS["supported"]} {escape(words["borne"])}</span>'
    said = words["doubtful"].format(doubtful, len(answer.sentences))
    return f'<span class="fn-borne fn-doubtful">{SIGNS[worst([s.verdict for s in answer.sentences])]} {escape(said)}</span>'


def worst(verdicts: Sequence[str]) -> str:
    """The worst of the verdicts; ``supported`` where there is none."""
    return max(verdicts, key=list(SIGNS).index, default="supported")


def _questions(questions: Sequence[str]) -> str:
    items = "".join(
        f'<li><button type="button" class="fn-suggestion" name="ask" value="{text}">{text}</button></li>'
        for text in (escape(plain(safe(question))) for question in questions)
    )
    return f"<ul>{items}</ul>"
