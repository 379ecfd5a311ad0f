"""The panel at the side: the passage in its note, its neighbours, its file, and how an answer was found."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.types import Chunk, Document
from rag.types import Answer, Citation, Passage, Sentence
from ui.web import source
from ui.web.strings import STRINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.web.desk import Desks, Visit

EN = STRINGS["en"]


def document(text: str, path: str = "/n/a.md", **fields: Any) -> Document:
    return Document(**{"id": "d", "path": path, "title": "T", "text": text, "page_starts": (), "line_starts": (0,), **fields})


def cited(text: str, start: int, end: int, **fields: Any) -> Citation:
    given: dict[str, Any] = {"path": "/n/a.md", "trail": ("A", "B"), "page": None, "lines": (3, 4), "n": 1, "document_id": "d"}
    return Citation(**{**given, "quote": text[start:end], "start": start, "end": end, **fields})


def answer(citations: tuple[Citation, ...], passages: tuple[Passage, ...] = (), **fields: Any) -> Answer:
    given: dict[str, Any] = {"question": "red widget", "sentences": (), "abstained": False, "reason": None, "confidence": 0.5}
    return Answer(citations=citations, passages=passages, **{**given, **fields})


def passage(text: str = "t", rank: int = 1) -> Passage:
    chunk = Chunk(id=f"c{rank}", document_id="d", trail=("A",), text=text, start=0, end=len(text), page=None, lines=(1, 1))
    return Passage(chunk=chunk, path="/n/a.md", score=1.0, rank=rank, origin="fused")


def test_the_quote_is_marked_in_the_note_as_it_reads() -> None:
    text = "# Head\n\nBefore **this**. The `quoted` words. After.\n"
    start = text.index("The")
    html = source.note_html(document(text), cited(text, start, start + len("The `quoted` words.")))
    assert "<h1>Head</h1>" in html
    assert "Before <strong>this</strong>. <mark>The </mark><code><mark>quoted</mark></code><mark> words.</mark> After." in html


def test_what_cannot_be_found_in_the_markdown_is_shown_as_plain_text() -> None:
    text = "a <b> ---\n\n***\n\nz"
    html = source.note_html(document(text), cited(text, text.index("***"), text.index("***") + 3))
    assert '<div class="fn-plain">a &lt;b&gt; --- <mark>***</mark> z</div>' in " ".join(html.replace("&#10;", " ").split()), (
        "its lines stay lines"
    )


def test_lines_stay_lines_and_indented_text_is_no_code() -> None:
    text = "one\n    two\nthree"
    html = source.note_html(document(text, "/n/a.TXT"), cited(text, 0, 3))
    assert "<mark>one</mark><br /> two<br /> three" in html
    text = "one\n\n    two\n"
    assert "<pre>" in source.note_html(document(text), cited(text, 0, 3))
    assert "<pre>" not in source.note_html(document(text, "/n/a.txt"), cited(text, 0, 3))


def test_the_context_never_begins_within_code_or_a_formula() -> None:
    for mark in ("```", "~~~", "$$"):
        body = "\n".join(f"{mark}\ncode {number}\n{mark}\n\nprose {number} " + "x" * 90 for number in range(200))
        for start in (body.index("prose 60"), body.index("prose 150")):
            before, quote, _ = source.context(body, start, start + 8)
            assert quote.startswith("prose")
            fences = re.findall(f"^{re.escape(mark)}", before, re.MULTILINE)
            assert len(fences) % 2 == 0


@given(st.text(alphabet="ab\n `$", max_size=9000), st.integers(0, 9000), st.integers(0, 40))
def test_context_is_the_text_itself(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    before, quote, after = source.context(text, start, end)
    assert quote == text[start:end]
    assert text[:start].endswith(before)
    assert text[end:].startswith(after)
    assert len(before) >= min(start, source.CONTEXT - 1) or before == ""
    assert len(after) <= source.CONTEXT + 401


def test_context_is_cut_where_lines_begin_and_end() -> None:
    lines = [f"line {number:03d} " + "x" * 90 for number in range(200)]
    text = "\n".join(lines)
    start = text.index("line 100")
    before, _, after = source.context(text, start, start + len(lines[100]))
    assert before.startswith("line 0")
    assert before.endswith("x\n")
    assert after.startswith("\nline 101")
    assert after.endswith("x")


def test_the_head_names_the_place_and_what_can_be_done(tags: Callable[..., Any]) -> None:
    text = "line one\nline <two>"
    cite = cited(text, 0, len(text), page=2)
    html = source.where_html(document(text, id="a/b 1"), cite, EN)
    assert '<p class="fn-file" title="/n/a.md"><span>a.md</span> · p. 2</p>' in html
    assert '<p class="fn-note">T</p>' in html
    assert "fn-note" not in source.where_html(document(text, title="a"), cite, EN), "the file's name stands there once"
    assert '<ol class="fn-trail" title="A › B"><li>A</li><li>B</li></ol>' in html
    found = {attributes.get("name") or tag: attributes for tag, attributes in tags(html)}
    assert found["copy-text"]["value"] == "> line one\n> line <two>\n>\n> —— a.md › A › B · p. 2\n"
    assert found["a"]["href"] == "note/a%2Fb%201#page=2"
    assert found["a"]["rel"] == "noopener"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("fn-0-1", ("fn", 0, 1)),
        ("near-1-0", ("near", 1, 0)),
        ("leg-1-1", ("leg", 1, 1)),
        ("fn-0-9", None),
        ("fn-2-1", None),
        ("near-0-0", None),
        ("near-1-1", None),
        ("fn-0-1\n", None),
        ("#fn-0-1", None),
        ("fn-٣-1", None),
        ("fn-0-1; drop", None),
        ("", None),
    ],
)
def test_what_a_reference_names(reference: str, expected: tuple[str, int, int] | None) -> None:
    both = (passage(), passage("u", 2))
    answers = [answer((cited("q", 0, 1),)), answer((), both, near=both[:1], abstained=True, reason="absent")]
    found = source.cited(answers, reference)
    assert (found[:3] if found else None) == expected


def test_the_panel_steps_to_its_neighbours(desks: Desks, visit: Callable[..., Visit], tags: Callable[..., Any]) -> None:
    note = next(note for note in desks.of(None).shelf.notes() if note.paths[0].endswith("widgets.md"))
    text = desks.of(None).shelf.document(note.id).text  # type: ignore[union-attr]
    quotes = ["The red widget turns", "cleaned with vinegar", "northern factory"]
    places = tuple(
        cited(text, text.index(quote), text.index(quote) + len(quote), n=n, document_id=note.id, path=note.paths[0])
        for n, quote in enumerate(quotes, 1)
    )
    panel = source.SourcePanel()
    for n, steps in ((1, ["", "fn-0-2"]), (2, ["fn-0-1", "fn-0-3"]), (3, ["fn-0-2", ""])):
        head, picture, shown = panel.show(visit(), [answer(places)], f"fn-0-{n}", EN)
        buttons = [attributes for tag, attributes in tags(head) if attributes.get("name") == "source"]
        assert [button["value"] for button in buttons] == steps
        assert [button["value"] for button in buttons if "disabled" in button] == [step for step in steps if not step]
        assert f"<mark>{quotes[n - 1]}</mark>" in shown
        assert picture == ""
    (head, _, _) = panel.show(visit(), [answer(places[:1])], "fn-0-1", EN)
    assert 'name="source"' not in head


def test_a_changed_note_is_not_quoted(desks: Desks, visit: Callable[..., Visit]) -> None:
    note = desks.of(None).shelf.notes()[0]
    for changed in (cited("other text", 0, 10, document_id=note.id), cited("# Widgets", 0, 9, document_id="gone")):
        head, picture, shown = source.SourcePanel().show(visit(), [answer((changed,))], "fn-0-1", EN)
        assert EN["gone"] in unescape(head)
        assert (picture, shown) == ("", "")


def test_why_an_answer_was_given(desks: Desks, visit: Callable[..., Visit]) -> None:
    found = desks.of(None).shelf.search("red widget", "hybrid")
    shown = answer((), tuple(found[:2]), confidence=0.834)
    head, _, _ = source.SourcePanel().explain(visit(), shown, 3, EN)
    assert "83% relevant" in head
    assert re.findall(r'name="source" value="([^"]*)"', head) == ["leg-3-0", "leg-3-1"]
    for leg in ("hybrid", "lexical", "dense"):
        best = desks.of(None).shelf.search("red widget", leg)[0]
        assert f"<span>{EN['leg_' + leg]} <b>{best.score:.2f}</b> #1</span>" in head
    silent = source.why_html(answer((), (passage(),)), {"hybrid": [], "lexical": [], "dense": []}, 0, EN)
    assert silent.count("–</span>") == 3
    refused = answer((), abstained=True, reason="off-topic", confidence=0.1)
    assert "10% chance of an answer" in source.why_html(refused, {}, 0, EN)


def test_nothing_in_the_panel_is_markup_of_its_own(
    payloads: list[str], harmless: Callable[[str], None], tags: Callable[..., Any]
) -> None:
    clean = document("plain")
    plain = source.where_html(clean, cited("plain", 0, 5), EN)
    bare = source.why_html(answer((), (passage(),)), {"hybrid": [], "lexical": [], "dense": []}, 0, EN)
    for text in payloads:
        note = document(text + "\n\n" + text, f"/n/{text}", id=text, title=f"T {text}")
        cite = cited(note.text, len(text) + 2, len(note.text), path=f"/n/{text}", trail=(text, "B"))
        harmless(source.note_html(note, cite))
        for evil, known in (
            (source.where_html(note, cite, EN), plain),
            (
                source.why_html(answer((), (passage(text),), question=text), {"hybrid": [], "lexical": [], "dense": []}, 0, EN),
                bare,
            ),
        ):
            assert [(tag, set(attributes)) for tag, attributes in tags(evil)] == [
                (tag, set(attributes)) for tag, attributes in tags(known)
            ]
        assert all(
            attributes["href"].startswith("note/") for tag, attributes in tags(source.where_html(note, cite, EN)) if tag == "a"
        )


def test_sentences_are_not_needed_for_a_panel() -> None:
    given = Sentence(text="A.", citations=(1,), support=1.0, verdict="supported")
    assert source.cited([answer((cited("q", 0, 1),), sentences=(given,))], "fn-0-1") is not None
