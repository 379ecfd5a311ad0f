"""What an LLM wrote is put on the ground of the notes: its words and numbers must be those of its passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag.draft import Draft
from rag.ground import COVERED, Ground
from rag.prompt import contexts
from rag.retrieve import retrieve
from rag.verify import PARTIAL, check

if TYPE_CHECKING:
    from ingest.store import Library
    from rag.types import Sentence

PARALLEL = "模型并行把一个大的模型分到多个计算单元上,优点是能训练大规模的模型,缺点是通信开销大。"


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


def test_a_sentence_that_the_weights_let_pass_is_marked_for_what_is_its_own(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.verify.load_weights", lambda: lambda _: 0.9)
    for said in ("模型并行需要每周派一位电工给机房的空调换滤网。", "模型并行把一个大的模型分到 37 个计算单元上。"):
        sentence = grounded(said, library)
        assert (sentence.verdict, sentence.support, sentence.citations) == ("unsupported", PARTIAL, ())
        assert sentence.reason
    kept = grounded("模型并行能训练大规模的模型,不过通信开销大。", library)
    assert (kept.verdict, kept.support) == ("supported", 0.9)


def test_how_far_a_claim_is_covered_is_the_share_of_its_words() -> None:
    assert check("通信开销大的是模型并行。", [PARALLEL]).covered == pytest.approx(1.0)
    assert check("电工每周给空调换滤网。", [PARALLEL]).covered < COVERED
