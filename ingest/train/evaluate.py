"""Does a model find what it should? Dense and fused search over a collection, in memory, with bootstrap intervals.

A collection is documents, queries and which documents answer which query: a folder in BEIR's layout, or held-out pairs
(anchor → positive among others). Documents are cut at about 400 characters with their title in front, as the program cuts
sections; the best piece of a document counts. ``fused`` is ``w · cosine + (1 - w) · BM25 / reach`` as in ``rag/retrieve.py``
(which cannot be imported from here), without its glossary: it compares models, it does not reproduce the program.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import LoadError
from ingest.lexical import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ingest.train.pairs import Pair

    Encode = Callable[[Sequence[str]], NDArray[np.float32]]

PIECE = 400
WEIGHT, WEIGHT_ELSE = 0.5, 0.85
"""What the cosine counts in ``fused``, for queries with and without Chinese characters."""
HEADING = 0.7
"""What a match in the title counts for BM25, against 1 in the body."""
MISSED = 10**6
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Ranks of the first right document, one a query (``MISSED`` where there is none), and what follows from them."""

    ranks: tuple[int, ...]

    def recall(self, k: int) -> float:
        """Share of queries with a right document among the first ``k``."""
        return sum(rank <= k for rank in self.ranks) / len(self.ranks)

    @property
    def mrr(self) -> float:
        """Mean of 1/rank, ranks beyond 10 counting 0."""
        return sum(1 / rank for rank in self.ranks if rank <= 10) / len(self.ranks)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"R@1 {self.recall(1):.3f} R@5 {self.recall(5):.3f} MRR@10 {self.mrr:.3f} ({low:.3f} to {high:.3f})"

    def interval(self, *, rounds: int = 1000, seed: int = 0) -> tuple[float, float]:
        """Bootstrap interval (95 %) of the mean reciprocal rank."""
        import numpy as np

        gains = np.array([1 / rank if rank <= 10 else 0.0 for rank in self.ranks])
        means = gains[np.random.default_rng(seed).integers(len(gains), size=(rounds, len(gains)))].mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        return float(low), float(high)


class Collection:
    """Documents ``(title, text)`` by id, queries by id, and the right documents of each query."""

    def __init__(
        self, documents: Mapping[str, tuple[str, str]], queries: Mapping[str, str], right: Mapping[str, Sequence[str]]
    ) -> None:
        self.queries = [(name, text) for name, text in queries.items() if right.get(name)]
        self.right = right
        self.owner: list[str] = []
        self.pieces: list[tuple[str, str]] = []
        for name, (title, text) in documents.items():
            for piece in _cut(text):
                self.owner.append(name)
                self.pieces.append((title, piece))
        self._lexical: list[dict[int, float]] | None = None

    def measure(self, encode: Encode) -> tuple[Figures, Figures]:
        """Dense and fused figures of a model."""
        dense: list[int] = []
        fused: list[int] = []
        vectors = encode([f"{title}\n{text}".strip() for title, text in self.pieces])
        asked = encode([text for _, text in self.queries])
        for (name, text), vector, lexical in zip(self.queries, asked, self._bm25(), strict=True):
            cosine = vectors @ vector
            weight = WEIGHT if _HAN.search(text) else WEIGHT_ELSE
            both = weight * cosine
            for piece, share in lexical.items():
                both[piece] += (1 - weight) * share
            dense.append(self._rank(cosine, self.right[name]))
            fused.append(self._rank(both, self.right[name]))
        return Figures(ranks=tuple(dense)), Figures(ranks=tuple(fused))

    def lexical(self) -> Figures:
        """BM25 alone."""
        import numpy as np

        ranks = []
        for (name, _), shares in zip(self.queries, self._bm25(), strict=True):
            scores = np.zeros(len(self.pieces), dtype=np.float32)
            for piece, share in shares.items():
                scores[piece] = share
            ranks.append(self._rank(scores, self.right[name]) if shares else MISSED)
        return Figures(ranks=tuple(ranks))

    def _rank(self, scores: NDArray[np.float32], right: Sequence[str]) -> int:
        import numpy as np

        wanted = set(right)
        seen: set[str] = set()
        top = np.argpartition(-scores, min(200, len(scores) - 1))[:200] if len(scores) > 200 else np.arange(len(scores))
        for piece in top[np.argsort(-scores[top], kind="stable")]:
            owner = self.owner[int(piece)]
            if owner in wanted:
                return len(seen) + 1
            seen.add(owner)
        return MISSED

    def _bm25(self) -> list[dict[int, float]]:
        """For each query the BM25 share of each piece that shares a token with it; computed once."""
        if self._lexical is None:
            body = _Field([tokens(text) for _, text in self.pieces])
            head = _Field([tokens(title) for title, _ in self.pieces])
            self._lexical = []
            for _, text in self.queries:
                asked = sorted(set(tokens(text)))
                reach = sum(body.idf(token) for token in asked) or 1.0
                scores: dict[int, float] = defaultdict(float)
                for token in asked:
                    for weight, one in ((1.0, body), (HEADING, head)):
                        for piece, gain in one.postings.get(token, ()):
                            scores[piece] += weight * gain * one.idf(token) / reach
                self._lexical.append(dict(scores))
        return self._lexical


class _Field:
    """Postings with BM25's saturated counts (k1 1.2, b 0.75)."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._count = len(texts)
        mean = sum(map(len, texts)) / max(1, len(texts)) or 1.0
        self.postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for piece, text in enumerate(texts):
            for token, count in Counter(text).items():
                self.postings[token].append((piece, count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(text) / mean))))

    def idf(self, token: str) -> float:
        found = len(self.postings.get(token, ()))
        return math.log(1 + (self._count - found + 0.5) / (found + 0.5))


def read_beir(folder: Path) -> Collection:
    """A folder in BEIR's layout: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/test.tsv``. Raises ``LoadError``."""
    try:
        corpus, queries = _rows(folder / "corpus.jsonl"), _rows(folder / "queries.jsonl")
        right: dict[str, list[str]] = defaultdict(list)
        for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").split("\n")[1:]:
            if line.strip():
                query, document, grade = line.split("\t")[:3]
                if float(grade) > 0:
                    right[query].append(document)
        documents = {str(row["_id"]): (row.get("title", ""), row["text"]) for row in corpus}
        return Collection(documents, {str(row["_id"]): row["text"] for row in queries}, right)
    except (OSError, ValueError, KeyError) as exc:
        raise LoadError(str(folder), f"not a collection in BEIR's layout ({exc!r})") from exc


def _rows(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]


def held_out(pairs: Sequence[Pair], *, kind: str, lang: str, count: int = 1000) -> Collection:
    """Anchors of held-out pairs, to be found among their ``count`` positives, evenly spread over the source."""
    seen: dict[str, Pair] = {}
    for pair in pairs:
        if pair.kind == kind and pair.lang == lang:
            seen.setdefault(pair.positive, pair)
    chosen = list(seen.values())
    chosen = [chosen[i * len(chosen) // count] for i in range(count)] if len(chosen) > count else chosen
    right: dict[str, list[str]] = defaultdict(list)
    for i, pair in enumerate(chosen):
        right[pair.anchor].append(str(i))
    return Collection({str(i): ("", pair.positive) for i, pair in enumerate(chosen)}, {a: a for a in right}, right)


def _cut(text: str) -> list[str]:
    pieces: list[str] = []
    for part in re.split(r"(?<=[\n。！？.!?])", text):
        if pieces and len(pieces[-1]) + len(part) <= PIECE:
            pieces[-1] += part
        elif part:
            pieces.append(part)
    return [piece for piece in pieces if piece.strip()] or [text]
