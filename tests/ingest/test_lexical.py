from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lexical import bag, fold, simplified, tokens


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＬａｙｅｒＮｏｒｍ　（１２）", "layernorm (12)"),
        ("旋轉位置編碼與檢索增強", "旋转位置编码与检索增强"),
        ("Poincaré, naïve, Schrödinger", "poincare, naive, schrodinger"),
        ("x²", "x2"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("ｶﾞ", "ガ"),
        ("", ""),
    ],
)
def test_fold_takes_away_width_case_accents_and_script(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_bag_holds_each_token_once() -> None:
    for _ in range(2):
        assert (
            bag("归一 归一 Layer-Norm")
            == {"归", "一", "归一", "layer", "norm", "layernorm"}
            == set(tokens("归一 归一 Layer-Norm"))
        )


def test_simplified_decides_by_phrase() -> None:
    assert simplified("乾坤與乾燥, 著名的編著者") == "乾坤与干燥, 著名的编著者"
    assert simplified("LayerNorm") == "LayerNorm"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("注意力", "注 意 力 注意 意力"),
        ("力", "力"),
        ("训练。推理", "训 练 训练 推 理 推理"),
        ("sqrt(d_k)", "sqrt d k dk"),
        ("sqrt(d_{k})", "sqrt d k dk"),
        (r"sqrt(d\_k)", "sqrt d k dk"),
        ("LayerNorm", "layernorm layer norm"),
        ("Layer Norm", "layer norm layernorm"),
        ("layernorm", "layernorm"),
        ("layer_norm", "layer norm layernorm"),
        ("P-tuning v2", "p tuning ptuning v2 tuningv2"),
        ("GPT-2", "gpt 2 gpt2"),
        ("GPT2", "gpt2 gpt"),
        ("LLaMA", "llama"),
        ("ChatGLM3", "chatglm3 chatglm chat glm"),
        ("RoPE", "rope"),
        ("0.044715", "0.044715"),
        ("512", "512"),
        ("512维", "512 维"),
        ("10^{-5}", "10 5 10-5"),
        ("10⁻⁵", "10 − 5 10-5"),
        ("10^5", "10 5 10^5"),
        ("1e-5", "1e-5"),
        ("3 4", "3 4"),
        ("x^2", "x 2 x2"),
        ("x²", "x2"),
        ("[CLS]", "[cls] cls"),
        ("<|im_start|>", "<|im_start|> im start"),
        ("C++和C#", "c++ c 和 c# c"),
        ("a == b", "a == b"),
        ("√d_k", "√ d k dk"),
        ("|---|---|\n**...**", ""),
        ("layer\nnorm", "layer norm"),
        ("layer, norm", "layer norm"),
    ],
)
def test_tokens(text: str, expected: str) -> None:
    assert tokens(text) == expected.split()


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("LayerNorm", "Layer Norm 在每一层"),
        ("layer norm", "nn.LayerNorm(512)"),
        ("layernorm", "Layer Norm"),
        ("GPT2", "GPT-2 的结构"),
        ("GPT 2", "GPT2"),
        ("d_k", r"\frac{QK^T}{\sqrt{d_{k}}}"),
        ("P-Tuning V2", "P-tuning v2把参数加在每一层"),
        ("x²", "x^{2}"),
        ("10^{-5}", "学习率为10⁻⁵"),
        ("注意力機制", "注意力机制"),
        ("ＲＯＰＥ", "RoPE"),
    ],
)
def test_a_term_is_found_as_a_whole_however_it_is_written(question: str, passage: str) -> None:
    longest = max(tokens(question), key=len)
    assert longest in tokens(passage)


def test_order_and_repeats_are_kept() -> None:
    assert Counter(tokens("模型, 模型")) == {"模": 2, "型": 2, "模型": 2}


@given(st.text(max_size=200))
def test_tokens_are_clean_for_any_text(text: str) -> None:
    out = tokens(text)
    assert all(token and token == token.lower() and not any(char.isspace() for char in token) for token in out)
    assert tokens(text) == out


@given(st.text(alphabet="的注意力机制模型训练旋转位置编码", min_size=1, max_size=50))
def test_chinese_gives_each_character_and_each_pair(text: str) -> None:
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    assert tokens(text) == [*text, *pairs]


@given(st.text(max_size=100))
def test_fold_twice_is_fold_once_for_the_index(text: str) -> None:
    """What is folded already (a token) must meet itself in the index."""
    once = fold(text)
    assert fold(fold(once)) == fold(once)


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "a-" * 100_000, "aB" * 100_000, "1." * 100_000, "[" * 200_000, "<a_" * 60_000, "中" * 200_000]
)
def test_time_is_linear_for_hostile_text(text: str) -> None:
    started = time.process_time()
    tokens(text)
    assert time.process_time() - started < 3
