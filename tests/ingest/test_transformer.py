"""The transformer's recipe at a size of seconds: it learns, is deterministic, and runs without torch once exported."""

from __future__ import annotations

import json
import lzma
import random
import shutil

import numpy as np
import pytest

from ingest.errors import LoadError, MissingExtra, ModelError, NotesError
from ingest.train.pairs import Pair
from ingest.train.transformer.__main__ import main
from ingest.train.transformer.mine import mine
from ingest.train.transformer.stages import MASK, Plan, joined, padded

TINY = {"hidden": 32, "layers": 1, "heads": 2, "length": 32, "text_batch": 16, "pair_batch": 32, "rank_batch": 16, "rate": 5e-3}
WORDS = ["缓存 队列 磁盘 内存", "猫 狗 鸟 鱼", "红色 绿色 蓝色 黄色", "苹果 香蕉 葡萄 西瓜"]
pytestmark = pytest.mark.filterwarnings("default")


def _pairs(count: int = 160) -> list[Pair]:
    rng = random.Random(0)
    out = []
    for i in range(count):
        words = WORDS[i % len(WORDS)].split()
        out.append(Pair("".join(rng.sample(words, 2)), "，".join(rng.choices(words, k=6)) + f" {i}", "made", "head"))
    return out


@pytest.fixture
def torch():
    pytest.importorskip("sentence_transformers", reason="training needs the extra 'models'")
    torch = pytest.importorskip("torch", reason="training needs the extra 'models'")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


@pytest.fixture
def tokenizer():
    from tokenizers import Tokenizer

    from ingest.embed import SHIPPED

    return Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))


class ByLetters:
    """An embedder that anyone can check: one dimension a topic, how many of its characters a text has."""

    fingerprint, dimensions = "letters", len(WORDS)

    def encode(self, texts):
        counts = np.array(
            [[sum(text.count(c) for c in topic if c != " ") for topic in WORDS] for text in texts], dtype=np.float32
        )
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)


def test_rows_are_filled_up_and_a_question_leaves_room_for_the_text():
    rows, mask = padded([[7, 8, 9], [], [5]])
    assert rows.tolist() == [[7, 8, 9], [0, 0, 0], [5, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [0, 0, 0], [1, 0, 0]]
    assert joined([10, 11, 12, 13], [20, 21, 22], 4) == ([2, 10, 11, 3, 20, 21, 3], [0, 0, 0, 0, 1, 1, 1])


def test_a_mined_negative_is_near_but_less_near_than_the_right_text_and_of_the_same_source():
    pairs = [
        Pair("猫", "猫 猫", "a", "head"),
        Pair("狗", "狗 红", "a", "head"),  # 0.7 from the first and of its source: the one hard negative
        Pair("红", "红 红", "a", "head"),  # nothing of the first
        Pair("鸟", "鸟 蓝色", "b", "head"),
    ]
    found = mine(pairs, ByLetters())
    assert found[0] == 1
    assert found[2] == 1
    assert found[1] == -1  # all others are nearer than its own text, or the same
    assert found[3] == -1  # alone in its source


def test_masked_words_lower_the_loss_and_repeat_for_a_seed(torch, tokenizer):
    from ingest.train.transformer.stages import new_encoder, pretrain

    texts = [pair.positive for pair in _pairs()]
    plan = Plan(**TINY, text_steps=20)
    first = pretrain(new_encoder(tokenizer.get_vocab_size(), plan), texts, tokenizer, plan)
    again = pretrain(new_encoder(tokenizer.get_vocab_size(), plan), texts, tokenizer, plan)
    assert first == again
    assert np.mean(first[-3:]) < 0.8 * np.mean(first[:3])
    assert tokenizer.token_to_id("[MASK]") == MASK
    with pytest.raises(NotesError, match="12 M"):
        new_encoder(100_000, Plan())
    with pytest.raises(NotesError, match="nothing to learn"):
        pretrain(None, [""], tokenizer, plan)


def test_contrast_brings_a_heading_to_its_topic_and_the_teacher_is_followed(torch, tokenizer):
    from ingest.train.transformer.stages import contrast, embed, new_encoder

    pairs = _pairs()
    plan = Plan(**TINY, pair_steps=30)
    encoder = new_encoder(tokenizer.get_vocab_size(), plan).bert
    contrast(encoder, pairs, tokenizer, plan, negatives=mine(pairs, ByLetters()))

    def vectors(model, texts):
        ids, mask = map(
            torch.from_numpy, padded([one.ids for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)])
        )
        return torch.nn.functional.normalize(embed(model, ids, mask)).detach().numpy()

    cat, dog, apple = vectors(encoder, ["猫", "狗", "苹果"])
    assert cat @ dog > cat @ apple + 0.2

    english = [
        Pair(a, b, "made", "par_sent", "zh-en") for a, b in (("缓存", "cat"), ("队列", "dog"), ("磁盘", "red"), ("内存", "blue"))
    ]
    like = {"cat": 0, "dog": 0, "red": 1, "blue": 1}  # the teacher: animals are one thing, colours another

    def teacher(texts):
        return np.eye(2, dtype=np.float32)[[like[text] for text in texts]]

    taught = new_encoder(tokenizer.get_vocab_size(), plan).bert
    contrast(taught, english, tokenizer, Plan(**TINY, pair_steps=60, teaching=20.0), negatives=[-1] * 4, teacher=teacher)
    cache, disk = vectors(taught, ["缓存", "磁盘"])
    dog = vectors(taught, ["dog"])[0]
    assert cache @ dog > disk @ dog + 0.2


@pytest.fixture
def made(torch, tmp_path):
    """The folder that the command writes from 160 pairs."""
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="the extra 'onnx' is not installed")
    (tmp_path / "pairs").mkdir()
    rows = [{"anchor": pair.anchor, "positive": pair.positive, "source": "made"} for pair in _pairs()]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "pairs" / "made.jsonl").write_text(lines, encoding="utf-8")
    with lzma.open(tmp_path / "text.txt.xz", "wt", encoding="utf-8") as file:
        file.write("\n".join(pair.positive for pair in _pairs()))
    sizes = {**TINY, "text_steps": 3, "pair_steps": 25, "rank_steps": 40}
    options = [word for name, value in sizes.items() for word in ("--" + name.replace("_", "-"), str(value))]
    command = ["--text", str(tmp_path / "text.txt.xz"), "--pairs", str(tmp_path / "pairs"), "--out", str(tmp_path / "model")]
    assert main([*command, *options]) == 0
    return tmp_path / "model"


def test_the_command_writes_a_folder_that_runs_without_torch(made, tmp_path, monkeypatch):
    import sys

    from ingest.embed import known_fingerprint, load_embedder
    from ingest.embed_onnx import OnnxRanker

    monkeypatch.setitem(sys.modules, "torch", None)
    model = load_embedder(str(made))
    assert model.dimensions == 32
    assert model.fingerprint == known_fingerprint(str(made)) != known_fingerprint("default")
    texts = ["猫狗", "鸟，鱼", "苹果香蕉", "", "\U0001f9ff", "猫" * 3000, "緩存"]
    vectors = model.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0, 0, 1, 1], atol=1e-5)
    np.testing.assert_array_equal(vectors[6], model.encode(["缓存"])[0])  # Traditional as Simplified, and alone as among others
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    right, wrong, empty = OnnxRanker(made).score("猫狗", ["鸟，鱼，猫，狗", "苹果，香蕉，葡萄", ""])
    assert 0 <= wrong < right <= 1
    assert 0 <= empty <= 1

    (made / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match="not the file that SHA256SUMS names"):
        load_embedder(str(made))
    shutil.rmtree(made)
    with pytest.raises(ModelError, match="no model here"):
        OnnxRanker(made)


def test_without_onnxruntime_the_extra_is_named(tmp_path, monkeypatch):
    import sys

    from ingest.embed import load_embedder

    for name in ("model.onnx", "tokenizer.json", "SHA256SUMS"):
        (tmp_path / name).write_text("0  model.onnx\n0  tokenizer.json\n", encoding="ascii")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"footnote-notes\[onnx\]"):
        load_embedder(str(tmp_path))


def test_what_cannot_be_read_is_one_line(torch, tmp_path, capsys):
    assert main(["--text", str(tmp_path / "none"), "--pairs", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("ingest.train: ")
    (tmp_path / "text.txt").write_bytes(b"\xff\xfe\xff")
    assert main(["--text", str(tmp_path / "text.txt"), "--pairs", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert issubclass(LoadError, NotesError)
