"""Slips in Latin words are mended from the notes' own words, and nothing else is."""

from typing import ClassVar, cast

import pytest

from ingest.store import Library
from rag.spell import corrected, one_slip


@pytest.mark.parametrize(
    ("question", "mended"),
    [
        ("seq2sqe 是串行吗", "seq2seq 是串行吗"),
        ("layrenorm 的代码", "layernorm 的代码"),
        ("LayerNorm 的代码", "LayerNorm 的代码"),
        ("ChatGLM3 的改进", "ChatGLM3 的改进"),
        ("Mamba 是什么", "Mamba 是什么"),
        ("LayreNorm 的代码", "LayreNorm 的代码"),
        ("what is layernorm", "what is layernorm"),
    ],
)
def test_corrected(library: Library, question: str, mended: str) -> None:
    assert corrected(question, library) == mended


class _Notes:
    """The words of some notes, with the number of passages that hold each."""

    words: ClassVar = {
        "transformer": 45,
        "transformed": 1,
        "tranformer": 1,
        "mixtral": 9,
        "adam": 30,
        "llama": 40,
        "dropout": 12,
        "embedding": 20,
        "biases": 2,
    }

    def known(self, tokens: list[str]) -> list[bool]:
        return [token in self.words for token in tokens]

    def spelled(self, token: str) -> dict[str, int]:
        return {word: count for word, count in self.words.items() if word[0] == token[0]}


@pytest.mark.parametrize(
    ("question", "mended"),
    [
        ("Tansformer 的残差连接", "Transformer 的残差连接"),
        ("Transformor的位置编码", "Transformer的位置编码"),
        ("Tranformer 的位置编码", "Transformer 的位置编码"),
        ("tranformer 的位置编码", "transformer 的位置编码"),
        ("What is Tansformer?", "What is Transformer?"),
        ("Dropot 有什么用", "Dropout 有什么用"),
        ("Embeding 怎么做", "Embedding 怎么做"),
        ("transformed 是什么", "transformed 是什么"),
        ("Mistral 用了什么", "Mistral 用了什么"),
        ("AdamW 是什么", "AdamW 是什么"),
        ("Llava 是什么", "Llava 是什么"),
        ("Baises 是什么", "Baises 是什么"),
        ("Explain dropot", "Explain dropot"),
    ],
)
def test_a_capital_is_mended_where_it_is_a_slip_and_no_name(question: str, mended: str) -> None:
    assert corrected(question, cast("Library", _Notes())) == mended


@pytest.mark.parametrize(
    ("left", "right", "one"),
    [
        ("abcd", "abdc", True),
        ("abcd", "abc", True),
        ("abc", "abcd", True),
        ("abcd", "abxd", True),
        ("abcd", "badc", False),
        ("abc", "abc", False),
        ("abcd", "ab", False),
    ],
)
def test_one_slip(left: str, right: str, one: bool) -> None:
    assert one_slip(left, right) is one
