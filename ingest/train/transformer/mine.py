"""Hard negatives: what another model takes for an answer to a heading, though it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.train.pairs import Pair
    from ingest.types import Embedder

TOO_NEAR = 0.95
"""Share of its own text's cosine from which another text may well be right too."""


def mine(pairs: Sequence[Pair], embedder: Embedder, *, depth: int = 8, block: int = 4096, seed: int = 0) -> list[int]:
    """For each pair the index of another whose positive is a hard negative for its anchor (none nearer than
    ``TOO_NEAR`` of its own text), -1 where there is none.

    Looks in random blocks of one source and group; picks one of the ``depth`` nearest that qualify.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    found = [-1] * len(pairs)
    members: dict[tuple[str, str], list[int]] = {}
    for index, pair in enumerate(pairs):
        members.setdefault((pair.source, pair.group), []).append(index)
    for _, indices in sorted(members.items()):
        shuffled = [indices[i] for i in rng.permutation(len(indices))]
        for first in range(0, len(shuffled), block):
            part = shuffled[first : first + block]
            texts = [pairs[i].positive for i in part]
            near = embedder.encode([pairs[i].anchor for i in part]) @ embedder.encode(texts).T
            for row, index in enumerate(part):
                order = np.argsort(-near[row], kind="stable")
                limit = TOO_NEAR * near[row, row]
                fit = [int(i) for i in order if 0 < near[row, i] < limit and texts[int(i)] != texts[row]][:depth]
                if fit:
                    found[index] = part[fit[int(rng.integers(len(fit)))]]
    return found
