"""What the second ranking looks at: the subject, the heading, and what a question seeks."""

from __future__ import annotations

import pytest

from ingest.lexical import bag, tokens
from ingest.store import Library
from rag.answer import search
from rag.rerank import heading_match
from rag.retrieve import KIND_WEIGHT, WORD_WEIGHT, query_terms, weighed
from rag.terms import sought


def test_a_share_is_what_is_found_of_what_could_be_reached(library: Library) -> None:
    asked, terms = weighed("LLaMA 用什么激活函数?", library), query_terms("LLaMA 用什么激活函数?")
    most = sum(library.idf([token])[0] * weight for token, weight in terms.tokens.items())
    assert asked.reach == pytest.approx(most)
    assert asked.share(terms.tokens.keys()) == 1.0
    assert asked.share({"llama", "别"}) == pytest.approx(library.idf(["llama"])[0] * WORD_WEIGHT / most)
    assert asked.share(bag("SwiGLU")) == pytest.approx(sum(library.idf(tokens("SwiGLU"))) * KIND_WEIGHT / most)
    assert weighed("", library).share({"llama"}) == 0.0


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("哪些模型用 rmsnorm", "LLaMA"),
        ("which large models use linear biases?", "BLOOM"),
        ("which activation function does gemma use?", "SwiGLU"),
        ("bert 用什么分词器?", "WordPiece"),
    ],
)
def test_a_question_that_asks_which_seeks_things_of_that_kind(question: str, holds: str) -> None:
    assert holds in sought(question)


@pytest.mark.parametrize("question", ["什么是多模型建模?", "what is a model?", "有哪些办法能让模型学好?", "rmsnorm 是什么?", ""])
def test_other_questions_seek_nothing(question: str) -> None:
    assert sought(question) == ()


def test_the_passage_that_names_what_is_sought_comes_first(library: Library) -> None:
    assert search("哪些模型用 RMSNorm?", library)[0].chunk.trail[-1] == "LLaMA 作出的改进"
    assert search("RMSNorm 的公式?", library)[0].chunk.trail[-1] == "RMSNorm 的公式是什么?"


def test_a_passage_that_lacks_the_subject_falls_behind(library: Library) -> None:
    assert search("ChatGLM 把激活函数换成了什么?", library)[0].chunk.trail[-1] == "ChatGLM 作出的改进"
    assert search("LLaMA 的归一化改成了什么?", library)[0].chunk.trail[-1] == "LLaMA 作出的改进"


def test_a_heading_that_is_the_question_matches_fully(library: Library) -> None:
    full = heading_match("BN 有什么优点?", "3. BN 有什么优点?", library)
    assert full == pytest.approx(1.0)
    assert heading_match("BN 有什么优点?", "数据并行", library) == 0.0
    assert 0 < heading_match("BN 有什么优点?", "BN 和 LN 有什么区别?", library) < full
