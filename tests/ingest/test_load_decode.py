from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import UnreadableFile
from ingest.load.decode import decode, plain

SIMPLIFIED = "这是一篇讲注意力机制的笔记，Transformer 用它代替了循环网络。\n第二行：softmax(QK^T/√d)V。\n"
TRADITIONAL = "這是一篇講注意力機制的筆記，Transformer 用它代替了循環網絡。\n第二行：softmax 的結果。\n"
UNSEEN = {"Cc", "Cs"}


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [SIMPLIFIED, SIMPLIFIED * 3000, "深度学习\n", "注意力 attention"])
def test_simplified_text_in_any_encoding(codec: str, text: str) -> None:
    assert decode(text.encode(codec), "x") == text


@pytest.mark.parametrize("codec", ["utf-8", "big5", "big5hkscs", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [TRADITIONAL, TRADITIONAL * 3000, "繁體中文"])
def test_traditional_text_in_any_encoding(codec: str, text: str) -> None:
    if codec == "utf-16-le" and len(text) < 5:
        pytest.skip("four characters without a mark are no evidence")
    assert decode(text.encode(codec), "x") == text


@pytest.mark.parametrize("text", ["联通", "移动", "电信", "中文"])
def test_files_of_a_few_bytes_of_gbk(text: str) -> None:
    assert decode(text.encode("gbk"), "x") == text


def test_rare_characters_of_gb18030_and_the_marks_of_its_own() -> None:
    text = "图书馆工作日晚上九点半关门。龘鿍𠮷㐂€"
    assert decode(text.encode("gb18030"), "x") == text
    assert decode(b"\x84\x31\x95\x33" + text.encode("gb18030"), "x") == text


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16-le"])
def test_a_file_cut_within_a_character_loses_that_character_alone(codec: str) -> None:
    assert decode(SIMPLIFIED.rstrip("\n").encode(codec)[:-1], "x").startswith(SIMPLIFIED[:-2])


def test_a_damaged_byte_costs_one_character() -> None:
    data = bytearray(SIMPLIFIED.encode() * 10)
    data[3] = 0xFF
    text = decode(bytes(data), "x")
    assert text.count("\ufffd") <= 3
    assert text.endswith(SIMPLIFIED * 9)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", "Библиотека закрывается в половине десятого.\n"),
        ("cp866", "Однажды, в студеную зимнюю пору, я из лесу вышел; был сильный мороз.\n"),
        ("cp1252", "“Smart quotes” — the café’s naïve hours … €5\n"),
        ("cp932", "日本語のテキストです。注意機構について説明します。\n"),
        ("cp949", "이것은 한국어 텍스트입니다. 인공지능 학습 노트입니다.\n"),
    ],
)
def test_other_code_pages(codec: str, text: str) -> None:
    assert decode(text.encode(codec) * 3, "x") == text * 3


def test_the_encoding_that_a_page_names_is_believed_only_if_it_fits() -> None:
    greek = "αβγ"
    assert decode(greek.encode("iso8859-7"), "x", declared="ISO-8859-7") == greek
    assert decode(SIMPLIFIED.encode("gb18030"), "x", declared="gb2312") == SIMPLIFIED
    assert decode(TRADITIONAL.encode("big5"), "x", declared="Big5") == TRADITIONAL
    assert decode(SIMPLIFIED.encode("gb18030"), "x", declared="utf-8") == SIMPLIFIED
    assert decode(SIMPLIFIED.encode(), "x", declared="gbk") == SIMPLIFIED
    for trap in ("rot13", "unicode_escape", "idna", "zlib", "utf-7", "no such thing"):
        assert decode(SIMPLIFIED.encode("gb18030"), "x", declared=trap) == SIMPLIFIED


@pytest.mark.parametrize("data", [bytes(1000), bytes(range(256)) * 20, b"\x00\x01\x02\x03\xff\xfe" * 50])
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="x: looks binary, not like text"):
        decode(data, "x")


def test_stray_nuls_do_not_make_a_text_binary() -> None:
    assert decode(b"plain\0 text, but for one byte", "x") == "plain text, but for one byte"


def test_plain_takes_out_what_nobody_sees_and_nothing_else() -> None:
    assert plain("a\r\nb\rc\nd") == "a\nb\nc\nd"
    assert plain("a\x0bb\x0cc\x85d") == "a b c d"
    assert plain("\ufeffa\x00\x07\x1b[31mb\x9f\u202ec\u2066\ud800\U000e0041d") == "a[31mbcd"
    kept = "Ａ①ﬁ é e\u0301 \u200b\u200d\u00ad\u3000\xa0\t👩\u200d🔬"
    assert plain(kept) == kept


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        text = decode(data, "x")
    except UnreadableFile as error:
        assert error.reason  # noqa: PT017
        return
    text.encode()
    assert all(c in "\n\t" or unicodedata.category(c) not in UNSEEN for c in text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff"), max_size=200))
@settings(max_examples=200)
def test_text_comes_back_from_utf8_to_the_letter(text: str) -> None:
    assert decode(text.encode(), "x") == plain(text)
    assert plain(plain(text)) == plain(text)
