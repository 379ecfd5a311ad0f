"""What an LLM wrote is put on the ground of the notes: its words and numbers must be those of its passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag.attribute import Attribution
from rag.draft import Draft
from rag.ground import Ground
from rag.prompt import contexts
from rag.retrieve import retrieve
from rag.verify import Check

if TYPE_CHECKING:
    from ingest.store import Library
    from rag.types import Sentence


def grounded(said: str, library: Library) -> Sentence:
    """``said`` with the mark of the best passage on 模型并行."""
    ground = Ground(contexts(retrieve("模型并行", library), library), library)
    sentence = ground.sentence(Draft(text=said, marks=(1,), kind="prose"))
    assert sentence is not None
    return sentence


def test_what_the_passages_say_keeps_its_footnote(library: Library) -> None:
    sentence = grounded("模型并行能训练大规模的模型,不过通信开销大。", library)
    assert (sentence.verdict, sentence.citations) == ("supported", (1,))


@pytest.mark.parametrize(
    "said",
    [
        "模型并行需要每周派一位电工给机房的空调换滤网。",  # words that stand in no passage
        "模型并行把一个大的模型分到 37 个计算单元上。",  # a number that does
    ],
)
def test_words_and_numbers_of_the_models_own_are_marked_and_lose_their_footnote(said: str, library: Library) -> None:
    sentence = grounded(said, library)
    assert sentence.verdict in ("unsupported", "contradicted")
    assert sentence.support < 0.5
    assert sentence.reason


def test_a_supported_sentence_has_a_footnote_even_where_no_mark_was_set(library: Library) -> None:
    ground = Ground(contexts(retrieve("模型并行", library), library), library)
    sentence = ground.sentence(Draft(text="模型并行能训练大规模的模型,缺点是通信开销大。", marks=(), kind="prose"))
    assert sentence is not None
    assert sentence.verdict == "supported"
    assert sentence.citations


def test_what_no_passage_stands_out_for_is_not_shown_as_certain(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Attribution(citations=(), check=Check(text="", support=0.52, verdict="supported", evidence=""), removed=(), added=())
    monkeypatch.setattr("rag.ground.attribute", lambda *_, **__: found)
    sentence = grounded("模型并行能训练大规模的模型。", library)
    assert (sentence.verdict, sentence.citations) == ("partial", ())
    assert sentence.reason


def test_a_special_token_that_the_passages_do_not_have_is_the_models_own(library: Library) -> None:
    assert grounded("模型并行用 `<|endoftext|>` 把一个大的模型分到多个计算单元上。", library).verdict == "unsupported"
