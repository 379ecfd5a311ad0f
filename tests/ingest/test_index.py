from __future__ import annotations

import gc
import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import index
from ingest.index import DenseIndex, LexicalIndex, SnapshotDamaged, seal
from ingest.lexical import Terms, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PASSAGES = [
    (3, ("Transformer", "为什么除以根号 d_k?"), "点积的方差随维度增大, 所以除以 sqrt(d_k)。"),
    (5, ("Transformer", "LayerNorm"), "层归一化对全部特征归一化。"),
    (8, (), "BatchNorm 对一批样本归一化, 训练和推理不同。"),
    (9, ("P-tuning v2",), "可训练的参数加在每一层的前面。"),
    (20, ("训练",), "学习率 10^{-5}, dropout 0.1。 LayerNorm"),
]


def unit(count: int, dimensions: int, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def brute_force(rows: NDArray[np.int64], vectors: NDArray[np.float16], query: NDArray[np.float32], k: int) -> list[int]:
    scores = vectors.astype(np.float32) @ query
    return [int(rows[i]) for i in np.lexsort((rows, -scores))[:k]]


def bm25(query: str) -> dict[int, float]:
    """The sum over both fields, worked out from its definition; tantivy keeps lengths in steps above 40 tokens."""
    out: dict[int, float] = {}
    for weight, texts in (
        (index.HEADING_WEIGHT, {row: tokens("\n".join(trail)) for row, trail, _ in PASSAGES}),
        (1.0, {row: tokens(text) for row, _, text in PASSAGES}),
    ):
        average = sum(map(len, texts.values())) / len(texts)
        for word in dict.fromkeys(tokens(query)):
            holders = sum(word in text for text in texts.values())
            idf = math.log(1 + (len(texts) - holders + 0.5) / (holders + 0.5))
            for row, text in texts.items():
                count = Counter(text)[word]
                if count:
                    score = idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(text) / average))
                    out[row] = out.get(row, 0.0) + weight * score
    return out


@pytest.fixture
def dense() -> DenseIndex:
    return DenseIndex.build(np.array([2, 3, 7, 11]), unit(4, 8).astype(np.float16))


def test_dense_search_is_exact_and_ordered(dense: DenseIndex) -> None:
    vectors = unit(4, 8).astype(np.float16)
    query = unit(1, 8, seed=5)[0]
    found = dense.search(query, 3)
    assert [row for row, _ in found] == brute_force(np.array([2, 3, 7, 11]), vectors, query, 3)
    for row, score in found:
        assert score == pytest.approx(float(vectors[[2, 3, 7, 11].index(row)].astype(np.float32) @ query), abs=1e-6)


def test_dense_edges(dense: DenseIndex) -> None:
    query = unit(1, 8)[0]
    assert dense.search(query, 0) == dense.search(query, -1) == dense.search(np.zeros(8, np.float32), 3) == []
    assert len(dense.search(query, 99)) == 4
    assert dense.search(query, 1)[0][1] <= 1.0
    empty = DenseIndex.build(np.zeros(0, np.int64), np.zeros((0, 8), np.float16))
    assert empty.search(query, 3) == []
    assert empty.vectors([]).shape == (0, 8)


def test_equal_scores_come_by_row() -> None:
    same = np.repeat(unit(1, 8), 5, axis=0).astype(np.float16)
    assert [row for row, _ in DenseIndex.build(np.arange(5) * 10, same).search(unit(1, 8)[0], 3)] == [0, 10, 20]


def test_vectors_by_row(dense: DenseIndex) -> None:
    np.testing.assert_allclose(dense.vectors([11, 2, 11]), unit(4, 8)[[3, 0, 3]], atol=1e-3)
    for rows in ([4], [99], [1], [2, 12]):
        with pytest.raises(KeyError):
            dense.vectors(rows)


def test_above_the_limit_the_search_finds_what_comparing_all_finds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(index, "EXACT_UP_TO", 1000)
    rng = np.random.default_rng(1)
    topics = unit(60, 32, seed=2)
    vectors = topics[rng.integers(60, size=5000)] + 0.6 * unit(5000, 32, seed=3)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    rows = np.arange(5000) * 3 + 1
    DenseIndex.build(rows, vectors).save(tmp_path)
    large = DenseIndex.open(tmp_path, seal(tmp_path))
    assert (tmp_path / "dense.faiss").stat().st_size < 5000 * 32  # codes, not vectors
    found = 0
    for query in unit(50, 32, seed=4):
        result = large.search(query, 10)
        assert [score for _, score in result] == sorted((score for _, score in result), reverse=True)
        found += len({row for row, _ in result} & set(brute_force(rows, vectors, query, 10)))
    assert found >= 0.99 * 500


def test_dense_opens_what_it_saved(dense: DenseIndex, tmp_path: Path) -> None:
    dense.save(tmp_path)
    again = DenseIndex.open(tmp_path, seal(tmp_path))
    query = unit(1, 8, seed=9)[0]
    assert again.search(query, 4) == dense.search(query, 4)
    assert again.rows.tolist() == [2, 3, 7, 11]


@pytest.mark.parametrize("name", ["dense.faiss", "vectors.f16", "rows.i64"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_dense_file_is_noticed(dense: DenseIndex, tmp_path: Path, name: str, damage: str) -> None:
    dense.save(tmp_path)
    sums = seal(tmp_path)
    spoil(tmp_path / name, damage)
    with pytest.raises(SnapshotDamaged):
        DenseIndex.open(tmp_path, sums)


def spoil(file: Path, damage: str) -> None:
    """Put a damaged file in place of the file; the bytes of the old one may still be mapped by a thread of tantivy's."""
    content = bytearray(file.read_bytes())
    file.unlink()
    if damage == "gone":
        return
    if damage == "flip":
        content[len(content) // 2] ^= 4
    file.write_bytes({"flip": content, "cut": content[:-1], "empty": b""}[damage])


@pytest.fixture
def lexical(tmp_path: Path) -> LexicalIndex:
    return LexicalIndex.build(tmp_path, PASSAGES)


@pytest.mark.parametrize("query", ["为什么除以 sqrt(d_k)", "LayerNorm", "layer norm 训练", "p tuning", "10^{-5}", "归一化归一化"])
def test_scores_are_the_sum_of_bm25_over_both_fields(lexical: LexicalIndex, query: str) -> None:
    expected = bm25(query)
    found = dict(lexical.search(query, 10))
    assert found == pytest.approx(expected, rel=1e-4)
    assert lexical.scores(query, [20, 5, 3, 4]) == pytest.approx([expected.get(row, 0.0) for row in (20, 5, 3, 4)], rel=1e-4)


def test_lexical_order_and_edges(lexical: LexicalIndex) -> None:
    assert [row for row, _ in lexical.search("LayerNorm", 10)] == sorted(bm25("LayerNorm"), key=bm25("LayerNorm").__getitem__)[
        ::-1
    ]
    assert [row for row, _ in lexical.search("LayerNorm 特征", 1)] == [5]
    assert lexical.search("", 5) == lexical.search("。。。", 5) == lexical.search("量子色", 5) == lexical.search("层", 0) == []
    assert lexical.scores("", [3, 5]) == [0.0, 0.0]
    assert lexical.scores("LayerNorm", []) == []


def test_tokens_can_be_weighed(lexical: LexicalIndex) -> None:
    (row, plain), *_ = lexical.search("layernorm", 1)
    ((same, half),) = lexical.search(Terms(tokens={"layernorm": 0.5}), 1)
    assert (row, half) == (same, pytest.approx(plain / 2, rel=1e-5))


def test_of_a_thing_with_several_names_the_best_found_counts_and_only_whole(lexical: LexicalIndex) -> None:
    own = Terms(tokens={"layernorm": 1.0})
    both = Terms(tokens={}, names=[(1.0, [["layernorm"], ["nowhere"], ["layernorm", "nowhere"]])])
    assert dict(lexical.search(both, 5)) == pytest.approx(dict(lexical.search(own, 5)), rel=1e-5)
    assert lexical.search(Terms(tokens={}, names=[(1.0, [["layernorm", "nowhere"]])]), 5) == []


def test_idf_is_that_of_bm25(lexical: LexicalIndex) -> None:
    def expected(n: int) -> float:
        return math.log(1 + (5 - n + 0.5) / (n + 0.5))

    assert lexical.idf(["dk", "归一", "layernorm", "nothing"]) == pytest.approx(
        [expected(1), expected(2), expected(1), expected(0)]
    )


def test_a_long_question_is_searched_by_its_rarest_tokens(lexical: LexicalIndex) -> None:
    noise = " ".join(f"word{number}" for number in range(3000))
    assert [row for row, _ in lexical.search(f"{noise} sqrt(d_k)", 5)] == []  # each of the 3000 is rarer still
    assert lexical.search(f"{'训练和推理。' * 500} sqrt(d_k)", 5)[0][0] in (3, 8)


def test_lexical_opens_what_it_built(lexical: LexicalIndex, tmp_path: Path) -> None:
    again = LexicalIndex.open(tmp_path, seal(tmp_path))
    assert again.search("层归一化", 9) == lexical.search("层归一化", 9)
    assert again.count == 5


def test_lexical_opens_where_no_lock_can_be_taken(lexical: LexicalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = seal(tmp_path)
    (tmp_path / "lexical" / ".tantivy-meta.lock").unlink(missing_ok=True)
    (tmp_path / "lexical" / ".tantivy-meta.lock").mkdir()
    (tmp_path / "copies").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "copies"))
    again = LexicalIndex.open(tmp_path, sums)
    assert again.search("层归一化", 9) == lexical.search("层归一化", 9)
    assert len(list((tmp_path / "copies").iterdir())) == 1
    del again
    gc.collect()
    assert list((tmp_path / "copies").iterdir()) == []


def test_in_memory_is_the_same(lexical: LexicalIndex) -> None:
    assert LexicalIndex.build(None, PASSAGES).search("训练和推理", 9) == lexical.search("训练和推理", 9)


def test_an_update_finds_the_new_and_not_the_removed(lexical: LexicalIndex, tmp_path: Path) -> None:
    folder = tmp_path / "next"
    folder.mkdir()
    updated = LexicalIndex.update(tmp_path, folder, [5, 9], [(21, ("RMSNorm",), "均方根归一化")])
    assert updated.count == 4
    assert {row for row, _ in updated.search("归一化", 9)} == {8, 21}
    assert updated.search("tuning", 9) == []
    assert {row for row, _ in lexical.search("归一化", 9)} == {5, 8, 9}
    assert LexicalIndex.open(folder, seal(folder)).count == 4


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_any_damaged_lexical_file_is_noticed(tmp_path: Path, damage: str) -> None:
    LexicalIndex.build(tmp_path, PASSAGES)
    sums = seal(tmp_path)
    assert len(sums) > 4
    for name in sums:
        content = (tmp_path / name).read_bytes()
        if not content:
            continue
        spoil(tmp_path / name, damage)
        with pytest.raises(SnapshotDamaged):
            LexicalIndex.open(tmp_path, sums)
        (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / name).write_bytes(content)
    assert LexicalIndex.open(tmp_path, sums).count == 5


@settings(max_examples=15)
@given(
    st.lists(st.text(alphabet="模型训练ab 1_-", max_size=20), min_size=1, max_size=8),
    st.text(alphabet="模型训练ab 1_-", max_size=12),
)
def test_every_passage_that_shares_a_token_is_found(texts: list[str], query: str) -> None:
    built = LexicalIndex.build(None, ((row, (), text) for row, text in enumerate(texts)))
    sharing = {row for row, text in enumerate(texts) if set(tokens(text)) & set(tokens(query))}
    assert {row for row, _ in built.search(query, 99)} == sharing
