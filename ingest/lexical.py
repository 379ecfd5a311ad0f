"""Text to tokens, for the lexical index and for matching text to text: ``fold`` normalises, ``tokens`` cuts.

Decisions:

- Chinese, kana and hangul: every character and every pair of neighbours. On CMRC 2018 and DRCD unigrams with bigrams
  found more than words cut by jieba, need no dictionary and cut about 20 times faster.
- Words in letters and digits: every word, and every pair of neighbours that a space, ``-``, ``_``, ``.`` or ``^`` joins,
  written as one: a pair is to words what a bigram is to Chinese. So ``Layer Norm``, ``layer-norm``, ``LayerNorm``
  and ``layernorm`` meet in ``layernorm``; ``GPT-2``, ``GPT 2`` and ``GPT2`` in ``gpt2``; ``d_k`` and ``d_{k}`` in
  ``dk``. Between two digits the joint stays in sight: ``10^{-5}`` gives ``10-5``, never ``105``.
- A word of mixed case also gives its parts of three letters and more (``LayerNorm``: ``layer``, ``norm``), a word that
  ends in digits its letters (``llama2``: ``llama``).
- Numbers stay whole, with their fraction and exponent (``0.044715``, ``1e-5``).
- What only symbols tell apart is kept: ``c++``, ``c#``, ``[cls]``, ``<eos>``, operators of code (``==``, ``->``), signs
  of mathematics (``√``, ``∑``).
- Full and half width, case, accents and Traditional/Simplified (OpenCC, ``t2s``) are folded.

No token is given twice for one place in the text, so counts stay comparable; no stop words: BM25 weighs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import add
from sys import intern
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_WIDE = "\u3005\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_MARKS = re.compile("[\u0300-\u036f]")
_PIECES = re.compile(
    rf"(?P<wide>[{_WIDE}]+)"
    rf"|(?P<special>[A-Za-z]\+\+|(?<![A-Za-z0-9])[CFJcfj]#|\[[A-Z]{{2,12}}\]|<\|?/?[A-Za-z_]{{1,16}}\|?>)"
    rf"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![^\W_{_WIDE}]))"
    rf"|(?P<word>[^\W_{_WIDE}]+)"
    r"|(?P<operator>[=!<>]=+|[-=]>|:=|::|&&|<<|>>|[^\x00-\x7f](?<=[\u00b1\u00d7\u00f7\u2020-\u2021\u2030\u2190-\u22ff\u27c0-\u27ff\u2900-\u2aff]))"
)
_JOINTS = re.compile(r"[ \t]|[-.\u2010\u2011\u2212]|(?:\\?_|\^)(?:[{(][-\u2212]?|[-\u2212])?|")
_INNER = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LETTERS = re.compile(r"([^\W\d_]{2,})\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What to look up: tokens with their weights, and things that go by several names, of which the best found counts."""

    tokens: Mapping[str, float]
    names: Sequence[tuple[float, Sequence[Sequence[str]]]] = ()
    """For each thing its weight and its names, each as the tokens that make it up: all of them must be there."""


def fold(text: str) -> str:
    """NFKC, lower case, Simplified characters, no accents on Latin letters, nothing invisible. The length may change."""
    return _fold(text).lower()


def tokens(text: str) -> list[str]:
    """The tokens of ``text`` in order, repeats included; the same for a question and for a passage."""
    text = _fold(text)
    out: list[str] = []
    last, last_end = "", -9
    for piece in _PIECES.finditer(text):
        kind, part, start = piece.lastgroup, piece.group(), piece.start()
        if kind == "wide":
            out += part
            out += map(add, part, part[1:])
            continue
        low = part.lower()
        out.append(low)
        if kind == "word" or kind == "number":
            if last and start - last_end <= 3 and (joint := _JOINTS.fullmatch(text, last_end, start)):
                _join(out, last, low, joint.group())
            if kind == "word" and len(part) > 3:
                if (letters := _LETTERS.match(part)) is not None:
                    part = letters[1]
                    out.append(part.lower())
                if not (part.islower() or part.isupper()):
                    out += [p.lower() for p in _PARTS.findall(part) if 2 < len(p) < len(part)]
            last, last_end = low, piece.end()
        elif kind == "special":
            out += _INNER.findall(low)
    return out


@lru_cache(maxsize=8192)
def bag(text: str) -> frozenset[str]:
    """The tokens of ``text``, each once; kept, as the same passages and headings come up for many questions."""
    return frozenset(map(intern, tokens(text)))


def _join(out: list[str], left: str, right: str, joint: str) -> None:
    """Add the pair ``left`` + ``right``; between two digits only what the joint makes of them."""
    if not (left[-1].isdigit() and right[0].isdigit()):
        out.append(left + right)
    elif joint.strip(" \t"):
        out.append(left + ("-" if "-" in joint or "\u2212" in joint else "^" if "^" in joint else joint[-1]) + right)


def _fold(text: str) -> str:
    """:func:`fold` without the lower case, which would hide where the parts of ``LayerNorm`` meet."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", normalize("NFKC", text))
    if _ACCENTED.search(text):
        text = normalize("NFC", _MARKS.sub("", normalize("NFD", text)))
    return simplified(text)


def has_chinese(text: str) -> bool:
    """Whether a Chinese character stands in ``text``. Not ``isascii``: “What’s BN？” is an English question."""
    return _HAN.search(text) is not None


def simplified(text: str) -> str:
    """``text`` with Traditional characters made Simplified, by phrase where a character alone would mislead."""
    return _simplifier()(text) if has_chinese(text) else text


@cache
def _simplifier() -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
