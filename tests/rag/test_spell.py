"""Slips in Latin words are mended from the notes' own words, and nothing else is."""

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
