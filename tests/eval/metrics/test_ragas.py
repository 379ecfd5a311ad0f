"""RAGAS's figures by hand. Claims stand in the contexts word for word or not at all, so the verdicts are beyond doubt."""

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.metrics.ragas import answer_relevancy, context_precision, context_recall, faithfulness, useful_contexts

NOTE = "RoPE 旋转 Q 和 K。它不旋转 V。旋转不改变向量的模长。"
CAKE = "蛋糕要在烤箱里烤四十分钟。"
PASTE = "面团要揉到表面光滑为止。"


class _Embedder:
    """Unit vectors in the plane, by name."""

    fingerprint = "plane"
    dimensions = 2

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        angles = {"east": 0.0, "north": np.pi / 2, "north-east": np.pi / 4, "west": np.pi}
        return np.array([[np.cos(angles[text]), np.sin(angles[text])] for text in texts], dtype=np.float32)


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("RoPE 旋转 Q 和 K。旋转不改变向量的模长。", 1.0),
        ("RoPE 旋转 Q 和 K。蛋糕要在烤箱里烤四十分钟。", 0.5),
        ("RoPE 旋转 Q 和 K。蛋糕要在烤箱里烤四十分钟。面团要揉到表面光滑为止。", 1 / 3),
        ("蛋糕要在烤箱里烤四十分钟。", 0.0),
        ("你好!希望对你有帮助。", None),
        ("", None),
    ],
)
def test_faithfulness_is_the_share_of_claims_that_are_supported(answer: str, share: float | None) -> None:
    assert faithfulness(answer, [NOTE]) == pytest.approx(share, abs=1e-6)


def test_context_recall_is_the_share_of_the_reference_that_the_contexts_hold() -> None:
    reference = f"它不旋转 V。{CAKE}"
    assert context_recall(reference, [NOTE]) == pytest.approx(0.5, abs=1e-6)
    assert context_recall(reference, [NOTE, CAKE]) == pytest.approx(1.0, abs=1e-6)
    assert context_recall("好的。", [NOTE]) is None


@pytest.mark.parametrize(
    ("useful", "score"),
    [
        ([True], 1.0),
        ([False], 0.0),
        ([], 0.0),
        ([True, False, False], 1.0),
        ([False, True], 1 / 2),
        ([True, False, True], (1 + 2 / 3) / 2),
        ([False, True, True, False, True], (1 / 2 + 2 / 3 + 3 / 5) / 3),
    ],
)
def test_context_precision_is_the_mean_precision_at_the_useful(useful: list[bool], score: float) -> None:
    assert context_precision(useful) == pytest.approx(score, abs=1e-6)


def test_a_context_is_useful_that_supports_a_claim_of_the_reference() -> None:
    assert useful_contexts("它不旋转 V。", [CAKE, NOTE, PASTE]) == [False, True, False]


@pytest.mark.parametrize(
    ("question", "claims", "score"),
    [
        ("east", ["east"], 1.0),
        ("east", ["east", "north"], 0.5),
        ("east", ["north-east", "north-east"], 0.5**0.5),
        ("east", ["west"], 0.0),  # never below 0
        ("east", [], 0.0),
        (" ", ["east"], 0.0),
    ],
)
def test_answer_relevancy_is_the_mean_cosine(question: str, claims: list[str], score: float) -> None:
    assert answer_relevancy(question, claims, _Embedder()) == pytest.approx(score, abs=1e-6)
