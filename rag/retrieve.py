"""Find passages: a lexical leg (BM25 over headings and bodies) and a dense leg (FAISS), fused by a weighted sum.

    score = w · cosine + (1 - w) · √(BM25 / the BM25 that the question's tokens could reach by their IDF)

The denominator makes BM25 a share of the question, comparable between questions, which rank fusion throws away; the root
lets the first words that meet count more than the last, as a paraphrase shares some words and never all. The weight of the
cosine was chosen together with those of the second ranking, which weighs what a paraphrase means word by word
(``rag/rerank.py`` says how). A question without Chinese characters leans on the cosine: over Chinese notes its words do not
meet. Other names of the same thing (``rag/terms.py``) are weak matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from operator import mul
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from ingest.lexical import Terms, fold, has_chinese, tokens
from rag.terms import aliases, kinds
from rag.types import Passage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from ingest.store import Library
    from rag.types import Origin

_ASKING = re.compile(
    r"请问|能不能|可不可以|有没有|是不是|为什么|为何|为啥|凭什么|什么|怎么样|怎么|怎样|咋个?|如何|哪一?[个些种类几里]?|多少|几[个种]|干嘛|"
    r"(?:介绍|解释|说|讲|谈|写|描述)一?[下讲说谈]|[吗呢吧啊呀的了]|(?<=[\u3400-\u9fff])是(?=\s|$)|(?<![a-z])(?:what|how|why|which|does|do|is|are|the|a|an|of|in|to|and)(?![a-z])"
)
"""Words that make a sentence a question, and the commonest particles."""

Mode = Literal["hybrid", "dense", "lexical"]

COSINE_WEIGHT = 0.35
"""``w`` for a question with Chinese characters."""
COSINE_WEIGHT_ELSE = 0.9
"""``w`` for any other question."""
ALIAS_WEIGHT = 0.4
"""What a match of another name of the same thing counts, against 1 for the question's own words."""
KIND_WEIGHT = 0.2
"""What a match of a kind of the thing counts ("SwiGLU" for 激活函数)."""
WORD_WEIGHT = 1.5
"""What a word in Latin letters counts: a Chinese word of two characters is three tokens, a Latin word mostly one."""
CANDIDATES = 200
"""How many passages each leg gives to the fusion; in a small library all of them."""
SMALL_LIBRARY = 500
_AT_ONCE = 128
"""Passages that are compared with those found before in one step: memory stays small however many are asked for."""
SAME_COSINE, SAME_RATIO, SHORTEST_SAME = 0.95, 0.9, 40
"""Near-duplicates: a cosine above the first (which is quick to find), then a share of equal characters above the second, for
passages of at least so many characters; shorter ones must be equal."""


def retrieve(query: str, library: Library, *, k: int = 10, mode: Mode = "hybrid") -> list[Passage]:
    """The ``k`` best passages, best first; near-duplicates count once. Scores are comparable within a mode only.

    ``dense``: cosine, -1..1. ``lexical``: BM25 as a share of what the question could reach, mostly 0..1. ``hybrid``: their
    weighted sum. An empty question, or an empty library, gives no passages.
    """
    count = library.chunk_count()
    if not query.strip() or not count or k < 1:
        return []
    wide = count if count <= SMALL_LIBRARY else max(CANDIDATES, 2 * k)
    scores: Mapping[int, float]
    origin: Origin
    if mode == "dense":
        scores, origin = _dense(query, library, wide), "dense"
    elif mode == "lexical":
        scores, origin = _lexical(query, library, wide), "lexical"
    else:
        scores, origin = _fused(query, library, wide), "fused"
    best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return _passages(best, library, k, origin)


@lru_cache(maxsize=4096)
def query_terms(query: str) -> Terms:
    """What to look up for ``query``. Words that only make it a question are left out, unless nothing else is there. What is
    returned is remembered, so it is not to be changed.

    A token of a Chinese name that is a single character would match everywhere, so names are looked up by the longer ones.
    """
    content = _ASKING.sub(" ", fold(query))
    own = {token: _weight(token) for token in tokens(content) or tokens(query)}
    names: list[tuple[float, list[list[str]]]] = []
    for name, others in aliases(content):
        for weight, group in ((ALIAS_WEIGHT, others), (KIND_WEIGHT, kinds(name))):
            looked_up = [[token for token in tokens(other) if len(token) > 1 and token not in own] for other in group]
            names.append((weight, [each for each in looked_up if each]))
    return Terms(tokens=own, names=[thing for thing in names if thing[1]])


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a question looks up, by what it weighs in a library."""

    tokens: Mapping[str, float]
    names: Sequence[tuple[float, Sequence[tuple[Set[str], float]]]]
    reach: float
    """The BM25 that the question's own tokens could reach by their IDF; above 0."""

    def share(self, words: Set[str]) -> float:
        """How much of what could be reached stands in ``words``, 0..1."""
        found = sum([weight for token, weight in self.tokens.items() if token in words])
        for weight, names in self.names:
            found += weight * max([value for name, value in names if words >= name], default=0.0)
        return float(min(1.0, found / self.reach))


_WEIGHED: WeakKeyDictionary[Library, dict[tuple[int, str], Weighed]] = WeakKeyDictionary()
_REMEMBERED = 4096


def weighed(query: str, library: Library) -> Weighed:
    """:func:`query_terms` of ``query``, weighed by the IDF of the library; remembered, as headings come up again and again."""
    known = _WEIGHED.setdefault(library, {})
    key = (library.generation, query)  # a repair changes it under our hands
    if (found := known.get(key)) is None:
        terms = query_terms(query)
        tokens = dict(zip(terms.tokens, map(mul, library.idf(list(terms.tokens)), terms.tokens.values()), strict=True))
        names = [(weight, [(frozenset(name), sum(library.idf(name))) for name in names]) for weight, names in terms.names]
        found = Weighed(tokens, names, sum(tokens.values()) or 1.0)
        if len(known) >= _REMEMBERED:
            known.clear()
        known[key] = found
    return found


def _weight(token: str) -> float:
    return WORD_WEIGHT if len(token) > 1 and token.isascii() else 1.0


def _dense(query: str, library: Library, k: int) -> dict[int, float]:
    vector = library.embedder.encode([query])[0]
    return dict(library.dense(vector, k)) if vector.any() else {}


def _lexical(query: str, library: Library, k: int) -> dict[int, float]:
    terms = query_terms(query)
    most = weighed(query, library).reach
    return {row: score / most for row, score in library.lexical(terms, k)}


def _fused(query: str, library: Library, k: int) -> dict[int, float]:
    dense, lexical = _dense(query, library, k), _lexical(query, library, k)
    missing = [row for row in lexical if row not in dense]
    if missing and dense:
        vector = library.embedder.encode([query])[0]
        dense |= dict(zip(missing, (library.vectors(missing) @ vector).tolist(), strict=True))
    weight = COSINE_WEIGHT if has_chinese(query) else COSINE_WEIGHT_ELSE
    rest = 1 - weight
    return {row: weight * dense.get(row, 0.0) + rest * lexical.get(row, 0.0) ** 0.5 for row in dense or lexical}


def _passages(best: list[tuple[int, float]], library: Library, k: int, origin: Origin) -> list[Passage]:
    out: list[Passage] = []
    kept: list[int] = []
    step = min(2 * k, _AT_ONCE)
    for at in range(0, len(best), step):
        batch = best[at : at + step]
        rows = [row for row, _ in batch]
        vectors = library.vectors([*kept, *rows])
        places = {number: number for number in range(len(kept))}  # among the vectors: which of ``out`` it is
        alike: dict[int, list[int]] = {}
        close = vectors[len(kept) :] @ vectors.T > SAME_COSINE
        for number, other in zip(*(side.tolist() for side in close.nonzero()), strict=True):
            alike.setdefault(number + len(kept), []).append(other)
        for number, (chunk, (row, score)) in enumerate(zip(library.chunks(rows), batch, strict=True), len(kept)):
            if any(other in places and _same(chunk.text, out[places[other]].chunk.text) for other in alike.get(number, ())):
                continue
            out.append(Passage(chunk=chunk, path=library.path(chunk.document_id), score=score, rank=len(out) + 1, origin=origin))
            places[number] = len(out) - 1
            kept.append(row)
            if len(out) == k:
                return out
    return out


def _same(text: str, other: str) -> bool:
    """The same passage but for a few characters (a note saved twice, copied from one page to another)."""
    if text == other:
        return True
    if min(len(text), len(other)) < SHORTEST_SAME or abs(len(text) - len(other)) > (1 - SAME_RATIO) * max(len(text), len(other)):
        return False
    return SequenceMatcher(None, text, other, autojunk=False).ratio() > SAME_RATIO
