"""What the terminal, a Markdown file and a program get of an answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace as Bag
from typing import Any

from ingest.types import Chunk
from rag.types import Answer, Citation, Passage, Sentence, join
from ui import render


def sentence(text: str, *citations: int, verdict: Any = "supported") -> Sentence:
    return Sentence(text=text, citations=citations, support=0.87654321, verdict=verdict)


def citation(
    n: int, quote: str = "内积除以 sqrt(d_k)。", *, page: int | None = None, lines: tuple[int, int] = (3, 5)
) -> Citation:
    return Citation(
        n=n,
        document_id="d1",
        path="/notes/注意力.md",
        trail=("1 注意力", "1.2 缩放"),
        page=page,
        lines=lines,
        quote=quote,
        start=7,
        end=7 + len(quote),
    )


def passage(rank: int = 1, *, trail: tuple[str, ...] = ("1 注意力", "1.3 RoPE"), text: str = "旋转位置编码。") -> Passage:
    chunk = Chunk(id="c1", document_id="d1", trail=trail, text=text, start=0, end=len(text), page=2, lines=(9, 9))
    return Passage(chunk=chunk, path="/notes/注意力.md", score=0.123456789, rank=rank, origin="fused")


def answer(*sentences: Sentence, question: str = "为什么要缩放？", **fields: Any) -> Answer:
    defaults: dict[str, Any] = {"citations": (), "passages": (), "abstained": False, "reason": None, "confidence": 0.91239}
    return Answer(question=question, sentences=sentences, **{**defaults, **fields})


def test_terminal_numbers_footnotes_and_says_where_they_stand() -> None:
    given = answer(
        sentence("为了稳定梯度。", 1),
        sentence("方差会变大。", 1, 2),
        citations=(citation(1), citation(2, "方差\n是 d_k", page=4, lines=(8, 8))),
    )
    assert render.terminal(given) == (
        "为了稳定梯度。[1]方差会变大。[1][2]\n\n"
        "[1] 注意力.md › 1 注意力 › 1.2 缩放 · 第 3–5 行\n    “内积除以 sqrt(d_k)。”\n"
        "[2] 注意力.md › 1 注意力 › 1.2 缩放 · 第 4 页\n    “方差 是 d_k”"
    )


def test_terminal_speaks_the_language_of_the_question() -> None:
    given = answer(sentence("For stable gradients.", 1), question="Why scale?", citations=(citation(1, page=4),))
    assert "[1] 注意力.md › 1 注意力 › 1.2 缩放 · p. 4\n" in render.terminal(given)


def test_marks_stay_outside_of_code_formulas_and_tables() -> None:
    code, formula, table = "```python\nx = 1\n```", "$$\na^2\n$$", "| a | b |\n|---|---|\n| 1 | 2 |"
    shown = render.markdown(answer(sentence(code, 1), sentence(formula, 2), sentence(table, 3)))
    assert shown == f"{code}\n\n[^1]\n\n{formula}\n\n[^2]\n\n{table}\n\n[^3]"
    shown = render.terminal(answer(sentence(formula, 1), sentence("所以。", 2)))
    assert shown == f"{formula}\n\n[1]\n\n所以。[2]"


def test_marks_do_not_change_how_sentences_are_joined() -> None:
    texts = ["先看定义。", "它有两步：", "- 第一步。", "  还有一句。", "- 第二步。", "Then", "it ends.", "```\nx\n```", "完。"]
    assert re.sub(r"\n*\[\^1\]", "", render.markdown(answer(*(sentence(text, 1) for text in texts)))) == join(texts)


def test_what_the_notes_do_not_support_is_shown_as_such() -> None:
    shown = render.terminal(
        answer(sentence("它总是更快。", 1, verdict="unsupported"), sentence("它更慢。", 1, verdict="contradicted"))
    )
    assert shown == "它总是更快。[1] (笔记未能支持)它更慢。[1] (与笔记矛盾)"


def test_an_abstention_names_its_reason_and_the_nearest_notes() -> None:
    near = (passage(1), passage(3, trail=("2 其他",)))
    given = answer(sentence("笔记有「RoPE 推导」这一题，还没有写。"), abstained=True, reason="blank", near=near)
    assert render.terminal(given) == (
        "[空白标题] 笔记有「RoPE 推导」这一题，还没有写。\n\n"
        "最接近的笔记:\n  - 注意力.md › 1 注意力 › 1.3 RoPE · 第 2 页\n  - 注意力.md › 2 其他 · 第 2 页"
    )
    assert render.markdown(given).startswith(
        "**空白标题** 笔记有「RoPE 推导」这一题，还没有写。\n\n最接近的笔记:\n\n- 注意力.md › 1 注意力"
    )


def test_an_abstention_is_not_called_unsupported() -> None:
    given = answer(sentence("还没有写。", 1, verdict="unsupported"), abstained=True, reason="blank", citations=(citation(1, ""),))
    assert render.terminal(given) == "[空白标题] 还没有写。[1]\n\n[1] 注意力.md › 1 注意力 › 1.2 缩放 · 第 3–5 行"


def test_a_rewritten_question_is_shown() -> None:
    given = answer(sentence("慢。"), question="RoPE 的缺点呢？")
    assert render.terminal(given, asked="它的缺点呢？").startswith("(理解为: RoPE 的缺点呢？)\n\n慢。")
    assert render.terminal(given, asked="RoPE 的缺点呢？") == "慢。"


def test_notes_cannot_drive_the_terminal() -> None:
    evil = "a\x1b[31mred\x07\x9b2J\u202eb\r"
    cited = Citation(
        n=1, document_id="d", path=f"/n/{evil}.md", trail=(evil,), page=None, lines=(1, 1), quote=evil, start=0, end=1
    )
    shown = render.terminal(answer(sentence(evil, 1), citations=(cited,)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert "\x1b" not in render.passages([passage(text=evil)], query="x")


def test_colour_only_when_asked_for() -> None:
    given = answer(sentence("为了稳定梯度。", 1), citations=(citation(1),))
    assert "\x1b" not in render.terminal(given)
    assert "\x1b[36m[1]\x1b[0m" in render.terminal(given, color=True)
    assert re.sub(r"\x1b\[\d+m", "", render.terminal(given, color=True)) == render.terminal(given)


def test_markdown_footnotes_show_names_as_they_are() -> None:
    cited = Citation(
        n=1,
        document_id="d",
        path="/n/a_b*.md",
        trail=("P-tuning [v2] <b>",),
        page=None,
        lines=(1, 2),
        quote="x_1 * y",
        start=0,
        end=1,
    )
    shown = render.markdown(answer(sentence("见公式。", 1), citations=(cited,)))
    assert shown == "见公式。[^1]\n\n[^1]: a\\_b\\*.md › P-tuning \\[v2\\] \\<b\\> · 第 1–2 行: “x\\_1 \\* y”"


def test_answer_record_has_the_documented_keys_in_order() -> None:
    given = answer(sentence("为了稳定梯度。", 1), citations=(citation(1, page=4),))
    record = render.answer_record(given, id="q7", question="它为什么要缩放？", seconds=0.123456)
    assert json.dumps(record, ensure_ascii=False) == (
        '{"id": "q7", "question": "它为什么要缩放？", "answer": "为了稳定梯度。", "abstained": false, "reason": null, "confidence": 0.9124, '
        '"sentences": [{"text": "为了稳定梯度。", "citations": [1], "support": 0.8765, "verdict": "supported"}], '
        '"citations": [{"n": 1, "path": "/notes/注意力.md", "document_id": "d1", "trail": ["1 注意力", "1.2 缩放"], "page": 4, "lines": [3, 5], '
        '"quote": "内积除以 sqrt(d_k)。"}], "seconds": 0.1235}'
    )


def test_passage_record_has_the_documented_keys_in_order() -> None:
    assert list(render.passage_record(passage()).items()) == [
        ("path", "/notes/注意力.md"),
        ("document_id", "d1"),
        ("trail", ["1 注意力", "1.3 RoPE"]),
        ("page", 2),
        ("lines", [9, 9]),
        ("text", "旋转位置编码。"),
        ("score", 0.123457),
        ("origin", "fused"),
    ]


def test_verification_record_keeps_null_when_nothing_is_claimed() -> None:
    result: Any = Bag(
        faithfulness=None,
        verdict="no-claim",
        sentences=(Bag(text="你好。", support=1, verdict="supported", evidence="", reason=""),),
    )
    assert render.verification_record(result, id=3) == {
        "id": 3,
        "faithfulness": None,
        "verdict": "no-claim",
        "sentences": [{"text": "你好。", "support": 1.0, "verdict": "supported", "evidence": "", "reason": ""}],
    }


def test_summary_record_has_the_documented_keys_in_order() -> None:
    counts = {
        "documents": 2,
        "sections": 9,
        "blank_sections": 1,
        "chunks": 12,
        "added": 1,
        "changed": 0,
        "unchanged": 1,
        "removed": 0,
    }
    skip = Bag(path="/n/a.pdf", error="UnreadableFile", reason="needs a password")
    record = render.summary_record(Bag(**counts, skipped=(skip,), seconds=1.23456))  # type: ignore[arg-type]
    expected = {
        **counts,
        "skipped": [{"path": "/n/a.pdf", "error": "UnreadableFile", "reason": "needs a password"}],
        "seconds": 1.2346,
    }
    assert list(record.items()) == list(expected.items())


def test_what_is_partly_supported_says_so_where_there_is_a_reason() -> None:
    half = Sentence(text="一半。", citations=(1,), support=0.5, verdict="partial", reason="笔记里没有「另一半」")
    assert render.body([half], language_of="问") == "一半。[1] (笔记只支持一部分: 笔记里没有「另一半」)"
    assert render.body([replace(half, reason="")], language_of="问") == "一半。[1]"
