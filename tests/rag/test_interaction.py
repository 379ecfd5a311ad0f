"""Late interaction against values computed by hand, with a model of six words in two dimensions."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.embed import load_embedder
from rag.interaction import NAMED, NARROWER, met, met_among, met_together

VECTORS = {"east": (2.0, 0.0), "north": (0.0, 1.0), "between": (3.0, 3.0), "层归一化": (1.0, 0.0), "激活函数": (1.0, 0.0)}
OTHER = (0.0, 5.0)


class Words:
    """Words are what spaces part; those it does not know point north, "nothing" has no vector."""

    fingerprint = "words"
    dimensions = 2

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        raise NotImplementedError

    def directions(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32], NDArray[np.float32]]:
        spans, rows, at = [], [], 0
        for word in text.split(" "):
            if word != "nothing":
                spans.append((at, at + len(word)))
                rows.append(VECTORS.get(word, OTHER))
            at += len(word) + 1
        vectors = np.array(rows, dtype=np.float32).reshape(len(rows), 2)
        lengths = np.linalg.norm(vectors, axis=1)
        return spans, vectors / lengths[:, None], lengths


@pytest.mark.parametrize(
    ("question", "passage", "share"),
    [
        ("east north", "east", (2 * 1 + 1 * 0) / 3),  # east weighs twice what north does
        ("east north", "between", math.sqrt(0.5)),
        ("east north", "between east north", 1.0),
        ("east nothing", "east", 1.0),
        ("east", "nothing", 0.0),
        ("nothing", "east", 0.0),
    ],
)
def test_each_word_takes_the_nearest_and_counts_by_its_weight(question: str, passage: str, share: float) -> None:
    assert met(question, [passage], Words()).tolist() == pytest.approx([share], abs=1e-6)


def test_a_term_is_met_by_another_name_and_less_by_a_kind() -> None:
    assert met("层归一化", ["LayerNorm", "Dropout"], Words()).tolist() == pytest.approx([NAMED, 0.0], abs=1e-6)
    assert met("激活函数", ["SwiGLU", "Dropout"], Words()).tolist() == pytest.approx([NARROWER, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("heading", "text", "whole", "closest"),
    [
        ("", "east 。 north", 1.0, 2 / 3),  # together they meet both words, the better one alone the heavier
        ("north", "east 。 between", 1.0, 1.0),  # the heading goes with each sentence
        ("", "east north 。 nothing", 1.0, 1.0),
        ("north", "", 1 / 3, 1 / 3),
        ("", "nothing", 0.0, 0.0),
    ],
)
def test_what_one_sentence_meets_under_its_heading(heading: str, text: str, whole: float, closest: float) -> None:
    passage, sentence = met_together("east north", [(heading and f"{heading} ", f" {text}")], Spaced())
    assert (passage.tolist(), sentence.tolist()) == (pytest.approx([whole], abs=1e-6), pytest.approx([closest], abs=1e-6))


def test_passages_are_met_alike_alone_and_among_many() -> None:
    passages = [
        ("", " north"),
        ("east ", " north 。 between"),
        ("", " nothing"),
        ("", " 。 SwiGLU east 。 between"),
        ("north ", ""),
    ]
    for question in ("east north", "激活函数 east", "nothing"):
        alone = [met_together(question, [passage], Spaced()) for passage in passages]
        whole, closest = met_together(question, passages * 40, Spaced())
        assert whole.tolist() == pytest.approx([float(each[0]) for each, _ in alone] * 40, abs=1e-6)
        assert closest.tolist() == pytest.approx([float(each[0]) for _, each in alone] * 40, abs=1e-6)


class Spaced(Words):
    """Marks and line ends are no words, and only "east", "north" and "between" have vectors."""

    def directions(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32], NDArray[np.float32]]:
        found = [match for match in re.finditer(r"\w+", text) if match.group() in VECTORS]
        vectors = np.array([VECTORS[match.group()] for match in found], dtype=np.float32).reshape(len(found), 2)
        lengths = np.linalg.norm(vectors, axis=1)
        return [match.span() for match in found], vectors / lengths[:, None], lengths


def test_passages_together_meet_what_none_meets_alone() -> None:
    assert met_among("east north", ["east", "north"], Spaced()) == pytest.approx((1.0, 0.0))
    assert met_among("east north", ["east", "nothing"], Spaced()) == pytest.approx((2 / 3, 1 / 3))
    assert met_among("east north", ["nothing"], Spaced()) == (0.0, 1.0)
    assert met_among("层归一化", ["LayerNorm east", "Dropout north"], Words())[1] == 0.0  # by its other name


def test_an_english_question_meets_the_chinese_passage_that_answers_it() -> None:
    passages = ["梯度裁剪把梯度的范数限制在一个阈值以内。", "批大小是一次更新所用的样本数。", "学习率预热从很小的值开始。"]
    found = met("How does clipping limit the norm of the gradient?", passages, load_embedder())
    assert found.argmax() == 0


def test_traditional_and_simplified_meet_alike() -> None:
    simplified, traditional = "学习率预热", "學習率預熱"
    passage = ["学习率预热从很小的值开始。"]
    assert met(traditional, passage, load_embedder()).tolist() == met(simplified, passage, load_embedder()).tolist()
