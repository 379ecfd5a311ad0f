"""One sentence as the verifier sees it: words with weights and vectors, clauses, names, numbers, polarity.

The words are the tokens of the shipped embedding model (Chinese words; pieces of Latin words are put together again), and so
are their vectors, brought to length one. A word's weight is the length of its vector before that: training made words that
say little short. Numbers are no words here (see :mod:`rag.quantity`), nor are negations and conjunctions.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ingest.embed import shipped
from ingest.lexical import fold
from rag.claims import clauses
from rag.polarity import negations
from rag.quantity import quantities, raised
from rag.terms import aliases

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rag.quantity import Quantity

_WORD = re.compile(r"[a-z][a-z0-9]*(?:[+#]{1,2}(?![a-z0-9]))?|[\u3400-\u9fff\uf900-\ufaff]")
_VERSION = re.compile(r"/\d+(?:\.\d+)?(?![\d/])")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_STEMS = re.compile(r"[a-z][a-z0-9]*(?:[+#]{1,2}|/\d+(?:\.\d+)?)?")
_LITTLE = """
because therefore however also thus hence moreover furthermore although though while whereas since so then such
that this these those which what who whose how when where why it its they them their he she his her him we our
you your my me us i not no never without avoid be been being am is are was were has have had do does did will
would shall should can could may might must the a an of in on at to by for with from as and or but if than into
over under about between among very more most some all any each every said says according called named there
here just only even still too other another same both 因为 所以 因此 因而 由于 然而 但是 但 不过 而 而且 并且 并 也 还 又 且 则 即 就 都 才 是 的
了 着 在 和 与 或 或者 以及 及 等 其 其中 这 那 这个 那个 这些 那些 它 它们 他 她 他们 我 我们 你 你们 该 此 之 不 没 没有 无 未 非 别 勿 不是 不会 不能 无法 无需 不需要 可以
可能 能 能够 会 要 需要 应 应该 有 被 把 将 由 对 从 到 向 给 让 使 使得 以 为 为了 于 用 通过 根据 按照 一个 一种 一些 个 种 例如 比如 如 以下 上述 很 更 最 非常 比较 所有 部分
通常 一般 总是 来 去 上 下 里 中 后 前 时 时候 地 得 吗 呢 吧 啊 什么 怎么 如何 为什么 哪些 哪个 多少 几 同时 此外 另外 首先 其次 最后 然后 因 相比 比 至 约 大约 左右 已 已经 正在
主要 进行 问 答
"""
_PASSED_OVER = frozenset(_LITTLE.split())
"""Words that say nothing by themselves, or only how the others hang together."""
_ENDINGS = re.compile(r"(?:ization|isation|ations?|ments?|ness|ingly|edly|ings?|ies|ied|ed|es|ly|ers?|ors?|s)$")
_LONGEST = 400
"""Characters that the tokenizer gets at once: it stops after 512 tokens."""


@dataclass(frozen=True, slots=True)
class Word:
    """One content word; ``key`` is the word itself (Chinese) or its stem."""

    key: str
    start: int
    end: int
    weight: float
    name: bool
    clause: int


class Text:
    """A sentence taken apart; use :func:`parse`."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.folded = " ".join(fold(raised(raw)).replace("*", " ").replace("`", " ").split())
        self.starts = clauses(self.folded)
        self.clauses = [self.folded[a:b] for a, b in zip(self.starts, [*self.starts[1:], None], strict=True)]
        names = {word.lower() for word in _LATIN.findall(raw) if not word.islower()} | {
            word.lower() for word in _LATIN.findall(raw) if not word.isalpha()
        }
        first = re.match(r"\W*([A-Z][a-z]+)(?![A-Za-z0-9])", raw)
        if first:
            names.discard(first.group(1).lower())
        if not self.folded.isascii():  # "A" is an article in English only
            names |= {letter.lower() for letter in re.findall(r"(?<![A-Za-z0-9_])[A-Z](?![A-Za-z0-9_'])", raw)}
        self.names = names

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The numbers."""
        return quantities(self.folded)

    def _tokens(self) -> tuple[list[tuple[int, int]], NDArray[np.float32]]:
        """The tokens' spans and rows; a long text goes to the tokenizer in pieces."""
        import numpy as np

        spans: list[tuple[int, int]] = []
        parts: list[NDArray[np.float32]] = []
        for begin in range(0, len(self.folded), _LONGEST):
            offsets, rows = shipped().words(self.folded[begin : begin + _LONGEST])
            spans += [(a + begin, b + begin) for a, b in offsets]
            parts.append(rows)
        return spans, np.concatenate(parts) if parts else np.zeros((0, shipped().dimensions), dtype=np.float32)

    @cached_property
    def _content(self) -> tuple[list[Word], NDArray[np.float32]]:
        import numpy as np

        spans, rows = self._tokens()
        counted = [(q.start, q.end) for q in self.quantities]
        words: list[Word] = []
        vectors: list[NDArray[np.float32]] = []
        at = 0
        while at < len(spans):
            start, end = spans[at]
            first, at = at, at + 1
            if end <= start or not _WORD.match(self.folded, start):
                continue
            if self.folded[start].isascii():
                at, end = self._whole_word(at, end, spans)
            text = self.folded[start:end]
            if self._says_little(text) or any(a <= start < b for a, b in counted):
                continue
            vector = rows[first] if at == first + 1 else rows[first:at].sum(axis=0)
            length = float(np.sqrt(vector @ vector))
            name = text.isascii() and (text in self.names or text.partition("/")[0] in self.names)
            weight = _weight(text, length, name=name, pieces=at - first)
            clause = bisect_right(self.starts, start) - 1
            words.append(Word(stem(text) if text.isascii() else text, start, end, weight, name, clause))
            vectors.append(vector / length if length else vector)
        return words, np.stack(vectors) if vectors else np.zeros((0, shipped().dimensions), dtype=np.float32)

    def _whole_word(self, at: int, end: int, spans: list[tuple[int, int]]) -> tuple[int, int]:
        """Put the pieces of a Latin word together, with what belongs to it ("C++", "HTTP/2"): the next token and the end."""
        text = self.folded
        while at < len(spans) and spans[at][0] == end and text[end : end + 1].isascii() and text[end].isalnum():
            end, at = spans[at][1], at + 1
        if text[end : end + 1] == "/" and (version := _VERSION.match(text, end)):
            end = version.end()
        while end < len(text) and text[end] in "+#" and not text[end + 1 : end + 2].isalnum():
            end += 1
        while at < len(spans) and spans[at][0] < end:
            at += 1
        return at, end

    def _says_little(self, text: str) -> bool:
        if len(text) == 1 and text.isascii():
            return text not in self.names
        return text in _PASSED_OVER

    @property
    def words(self) -> list[Word]:
        """The content words in order."""
        return self._content[0]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """``[words, dimensions]``, each of length one."""
        return self._content[1]

    @cached_property
    def denied(self) -> list[int]:
        """The words that a negation denies: the first three behind it in its clause, an odd number of times."""
        count: dict[int, int] = {}
        for number, (start, clause) in enumerate(zip(self.starts, self.clauses, strict=True)):
            for negation in negations(clause):
                behind = [n for n, word in enumerate(self.words) if word.clause == number and word.start >= start + negation.end][
                    :3
                ]
                for n in behind:
                    count[n] = count.get(n, 0) + 1
        return [n for n, times in count.items() if times % 2]

    @cached_property
    def stems(self) -> list[frozenset[str]]:
        """The Latin words of each clause, as stems."""
        return [frozenset(stem(word) for word in _STEMS.findall(clause)) for clause in self.clauses]

    @cached_property
    def other_names(self) -> list[tuple[int, int, tuple[str, ...]]]:
        """Things of the glossary: where they stand and their other names, folded."""
        out, position = [], 0
        for name, others in aliases(self.folded):
            start = self.folded.find(name, position)
            if start >= 0:
                position = start + len(name)
                out.append((start, position, tuple(other.lower() for other in others)))
        return out


def says_little(text: str) -> bool:
    """Whether all words of a piece of folded text are such that say nothing by themselves."""
    return all(word in _PASSED_OVER for word in text.split())


def _weight(text: str, length: float, *, name: bool, pieces: int) -> float:
    """What a word counts for, 0.05 to 1.2: by the length of its vector; a name, a word in pieces at least something."""
    weight = min(max((length - 9.0) / 24.0, 0.05), 1.2)
    if text.isascii():
        return max(weight, 1.0 if name else 0.5 if pieces > 1 else 0.0)
    return weight * 0.6 if len(text) == 1 else weight


@lru_cache(maxsize=4096)
def parse(raw: str) -> Text:
    """``raw`` taken apart; kept for the next time."""
    return Text(raw)


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A Latin word without its endings: good enough to bring training, trained, trains together."""
    if len(word) < 4:
        return word
    bare = word.removesuffix("'s")
    cut = _ENDINGS.sub("", bare)
    if len(cut) < 3:
        return bare
    if cut != bare and len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "lsz":
        cut = cut[:-1]
    return cut.removesuffix("e").removesuffix("i").removesuffix("y") if len(cut) > 3 else cut


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of whole sentences, ``[len(texts), dimensions]``."""
    return shipped().encode(texts)
