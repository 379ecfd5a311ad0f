from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest.embed import SHIPPED, StaticModel, cosines, known_fingerprint, load_embedder, shipped
from ingest.errors import MissingExtra, ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.types import Embedder

TEXTS = [
    "旋转位置编码有什么优点",
    "Advantages of rotary position embeddings",
    "softmax(QK^T/sqrt(d_k))V",
    "P-tuning v2 把参数加在每一层。" * 60,
    "混合 English 和中文 0.044715 ∑ \U0001f600",
    "a",
]


@pytest.fixture(scope="module")
def model() -> Embedder:
    return load_embedder()


def seal(folder: Path) -> None:
    """Write SHA256SUMS for what stands in the folder."""
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in ("model.safetensors", "tokenizer.json")
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="ascii")


def safetensors(header: dict[str, Any], data: bytes) -> bytes:
    encoded = json.dumps(header).encode()
    return len(encoded).to_bytes(8, "little") + encoded + data


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A static model of four words in two dimensions, whose vectors can be worked out by hand."""
    vocabulary = [["[PAD]", 0.0], ["[UNK]", 0.0], ["cat", -1.0], ["dog", -1.0]]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None, "decoder": None,
        "model": {"type": "Unigram", "unk_id": 1, "vocab": vocabulary, "byte_fallback": False},
    }  # fmt: skip
    rows = np.array([[9, 9], [0, 4], [3, 0], [1, 4]], dtype="<f2")
    header = {"embedding.weight": {"dtype": "F16", "shape": [4, 2], "data_offsets": [0, rows.nbytes]}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(safetensors(header, rows.tobytes()))
    seal(tmp_path)
    return tmp_path


def test_a_vector_is_the_normalised_mean_of_its_tokens_rows(tiny: Path) -> None:
    vectors = StaticModel(tiny).encode(["cat", "cat dog", "dog dog", "cat zebra"])
    np.testing.assert_allclose(vectors, [[1, 0], [0.5**0.5] * 2, [17**-0.5, 4 * 17**-0.5], [0.6, 0.8]], atol=1e-6)
    assert vectors.dtype == np.float32


def test_vectors_are_the_same_whatever_was_asked_before(tiny: Path) -> None:
    model, texts = StaticModel(tiny), ["cat", "zebra", "cat dog", "cat"]
    first = model.encode(texts)
    np.testing.assert_array_equal(model.encode(["dog", *texts, "dog cat"])[1:5], first)
    first[:] = 7  # a caller's own
    np.testing.assert_allclose(model.encode(["cat", "dog"]), [[1, 0], [17**-0.5, 4 * 17**-0.5]], atol=1e-6)


def test_no_more_texts_are_remembered_than_was_said(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.embed._REMEMBERED", 3)
    model = StaticModel(tiny)
    for number in range(9):
        assert model.encode([f"cat {number}", "dog"]).tolist() == StaticModel(tiny).encode([f"cat {number}", "dog"]).tolist()
        assert len(model._encoded) <= 3


def test_each_word_has_a_direction_and_a_length(tiny: Path) -> None:
    model = StaticModel(tiny)
    for _ in range(2):  # made, then remembered
        spans, units, lengths = model.directions("cat  dog zebra dog")
        assert spans == [(0, 3), (5, 8), (9, 14), (15, 18)]
        np.testing.assert_allclose(units, [[1, 0], [17**-0.5, 4 * 17**-0.5], [0, 1], [17**-0.5, 4 * 17**-0.5]], atol=1e-6)
        np.testing.assert_allclose(lengths, [3, 17**0.5, 4, 17**0.5], atol=1e-6)
    assert [len(part) for part in model.directions("")] == [0, 0, 0]


def test_cosines_are_those_of_the_words_of_each_text_in_turn(tiny: Path, model: StaticModel) -> None:
    for each, texts in ((StaticModel(tiny), ["cat  dog", "", "dog cat zebra dog"]), (model, [*TEXTS, "", *TEXTS])):
        asked = each.directions(texts[0])[1]
        said = np.concatenate([each.directions(text)[1] for text in texts])
        np.testing.assert_allclose(cosines(asked, texts, each), asked @ said.T, atol=1e-5)


def test_directions_are_the_words_of_the_simplified_text(model: StaticModel) -> None:
    spans, units, lengths = model.directions("檢索增強生成，LayerNorm。")
    assert spans == model.words("检索增强生成，LayerNorm。")[0]
    np.testing.assert_allclose(units * lengths[:, None], model.words("检索增强生成，LayerNorm。")[1], atol=1e-4)


def test_no_known_token_gives_a_zero_row(tiny: Path, model: Embedder) -> None:
    assert StaticModel(tiny).encode(["", "zebra", "zebra lion"]).tolist() == [[0.0, 0.0]] * 3
    assert not model.encode(["", " \n ", "\U0001f9ff"]).any()
    assert StaticModel(tiny).encode([]).shape == (0, 2)


def test_the_shipped_model_gives_unit_vectors_that_do_not_depend_on_the_batch(model: Embedder) -> None:
    vectors = model.encode(TEXTS * 60)  # more than one batch
    assert vectors.shape == (6 * 60, model.dimensions) == (360, 512)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    for position, text in enumerate(TEXTS):
        np.testing.assert_array_equal(vectors[position + 300], model.encode([text])[0])


def test_the_shipped_model_is_read_once(model: Embedder) -> None:
    assert load_embedder() is model is shipped()


def test_the_shipped_model_knows_what_belongs_together(model: Embedder) -> None:
    question, right, wrong = model.encode(
        ["旋转位置编码有什么优点", "Advantages of rotary position embeddings", "如何煮一碗牛肉面"]
    )
    assert question @ right > question @ wrong + 0.2


def test_traditional_text_has_the_vector_of_the_simplified(model: Embedder) -> None:
    traditional, simplified = model.encode(["檢索增強生成與旋轉位置編碼", "检索增强生成与旋转位置编码"])
    np.testing.assert_array_equal(traditional, simplified)
    plain = StaticModel(SHIPPED, simplify=False).encode(["檢索增強生成與旋轉位置編碼"])[0]
    assert plain @ simplified < 0.9


def test_the_same_vectors_as_sentence_transformers() -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers", reason="the extra 'models' is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        reference = sentence_transformers.SentenceTransformer(str(SHIPPED), device="cpu").float().encode(TEXTS)
    np.testing.assert_allclose(StaticModel(SHIPPED, simplify=False).encode(TEXTS), reference, atol=1e-5)


def test_texts_at_the_edges_as_through_sentence_transformers() -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers", reason="the extra 'models' is not installed")
    long = "注意力机制让每个词去看别的词。attention weighs every other word. " * 2000
    mixed = ["ภาษาไทย attention", "注意力 الانتباه", "ध्यान, 注意 внимание ꯃꯩꯇꯩ", "\u200b注意力\ufeff", "\x00注意力"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        theirs = sentence_transformers.SentenceTransformer(str(SHIPPED), device="cpu").float()
    ours = StaticModel(SHIPPED, simplify=False)
    np.testing.assert_allclose(ours.encode([long, *mixed]), theirs.encode([long, *mixed]), atol=1e-5)
    # Of a long text the first 512 tokens count; of one in unknown scripts, and of none, nothing: they are near no question.
    np.testing.assert_array_equal(ours.encode([long])[0], ours.encode([long[:5000]])[0])
    nothing = ["", " ", "\n\t", "ꯃꯩꯇꯩ ꯂꯣꯟ", "ᠮᠣᠩᠭᠣᠯ", "\U0001f9ff" * 700]
    assert not ours.encode(nothing).any()


def test_any_model_through_sentence_transformers(tmp_path: Path, model: Embedder) -> None:
    pytest.importorskip("sentence_transformers", reason="the extra 'models' is not installed")
    folder = tmp_path / "copy"
    shutil.copytree(SHIPPED, folder)
    assert load_embedder(str(folder)).fingerprint == model.fingerprint  # sealed by SHA256SUMS, it needs no torch
    (folder / "SHA256SUMS").unlink()
    other = load_embedder(str(folder))
    assert other.dimensions == 512
    assert other.fingerprint not in ("", model.fingerprint)
    assert other.fingerprint == load_embedder(str(folder)).fingerprint
    vectors = other.encode([*TEXTS, ""])
    np.testing.assert_allclose(vectors[:-1], model.encode(TEXTS), atol=2e-3)  # it computes in float16
    assert not vectors[-1].any()
    with pytest.raises(ModelError, match="no-such-model"):
        load_embedder(str(tmp_path / "no-such-model"))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"footnote-notes\[models\]"):
        load_embedder("BAAI/bge-small-zh-v1.5")


def test_the_fingerprint_is_known_before_loading_and_names_the_weights(tiny: Path, model: Embedder) -> None:
    assert known_fingerprint("default") == model.fingerprint != StaticModel(tiny).fingerprint
    assert known_fingerprint("BAAI/bge-small-zh-v1.5") is None


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_changed_file_is_refused(tiny: Path, name: str) -> None:
    content = bytearray((tiny / name).read_bytes())
    content[-1] ^= 1
    (tiny / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name}: not the file that SHA256SUMS names"):
        StaticModel(tiny)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "SHA256SUMS"])
def test_a_missing_or_empty_file_is_refused(tiny: Path, name: str) -> None:
    (tiny / name).write_bytes(b"")
    with pytest.raises(ModelError):
        StaticModel(tiny)
    (tiny / name).unlink()
    with pytest.raises(ModelError):
        StaticModel(tiny)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 64,
        safetensors({"a": {"dtype": "F16", "shape": [4, 2], "data_offsets": [0, 16]}}, b"\0" * 8),
        safetensors({"a": {"dtype": "F16", "shape": [4, 2], "data_offsets": [0, 99]}}, b"\0" * 16),
        safetensors({"a": {"dtype": "I64", "shape": [4, 2], "data_offsets": [0, 64]}}, b"\0" * 64),
        safetensors({"a": {"dtype": "F16", "shape": [3, 2], "data_offsets": [0, 12]}}, b"\0" * 12),
        safetensors({}, b""),
    ],
)
def test_weights_of_another_form_are_refused_in_one_line(tiny: Path, content: bytes) -> None:
    (tiny / "model.safetensors").write_bytes(content)
    seal(tiny)
    with pytest.raises(ModelError) as caught:
        StaticModel(tiny)
    assert "\n" not in str(caught.value)
