"""Where training starts: token vectors from counting which tokens stand together, within a language and across pairs.

Decisions:

- Most tokens occur in a few batches only, so most of a randomly started row stays noise. Rows that start from the company a
  token keeps carry meaning where training never comes. (Levy and Goldberg 2014: positive pointwise mutual information, its
  singular vectors times the root of the singular values.)
- Neighbours within four places are counted once a passage, nearer ones more; the two texts of an aligned pair count as
  neighbours throughout, which ties Chinese to English.
- Another start knows more than the pairs do: ``teach``.
- Each row is scaled to the length that a random one would have, times ``a / (a + share of the token)`` (Arora et al. 2017):
  words that are everywhere say little.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ingest.train.loop import need_torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.train.loop import Passages

REACH = 4
CROSS = 40
"""Tokens of each side of an aligned pair that are counted against the other side."""
SMOOTH = 0.75
"""Exponent of the context counts (Levy, Goldberg and Dagan 2015): rare contexts are not overvalued."""
RARE = 1e-3
"""``a`` of the scaling by frequency."""
NOISE = 0.5
"""Length of the random part of a row against the counted part: words of one company still have to be told apart."""


def start_table(
    tokens: int, dims: int, passages: Passages, once: Sequence[int], across: Sequence[tuple[Any, Any]], *, seed: int
) -> NDArray[np.float32]:
    """``[tokens, dims]`` from the passages numbered in ``once`` and from aligned token rows; unseen tokens stay random."""
    import numpy as np

    torch = need_torch()
    places, weights = _sum([*_near(tokens, passages, once), *_cross(tokens, across)])
    left, right = places // tokens, places % tokens
    rows = np.bincount(left, weights, minlength=tokens)  # symmetric: rows and columns are the same
    context = rows**SMOOTH
    information = np.log(weights * context.sum() / (rows[left] * context[right]))
    kept = information > 0
    ids = torch.from_numpy(np.stack([left[kept], right[kept]]))
    values = torch.from_numpy(information[kept].astype(np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch calls its sparse rows a beta; a test holds what is needed here
        positive = torch.sparse_coo_tensor(ids, values, (tokens, tokens), check_invariants=False).to_sparse_csr()
    out = np.zeros((tokens, dims))
    strongest = _strongest(positive, min(dims, tokens), torch.Generator().manual_seed(seed), torch)
    out[:, : strongest.shape[1]] = strongest
    # The order of the dimensions is by strength: a random rotation spreads it, or the nested widths would be lopsided.
    rng = np.random.default_rng(seed)
    out = out @ np.linalg.qr(rng.standard_normal((dims, dims)))[0]
    return scaled(out, passages, rng)


def scaled(
    out: NDArray[np.float64], passages: Passages, rng: np.random.Generator, *, noise: float = NOISE
) -> NDArray[np.float32]:
    """Rows of the length of random ones, by frequency, with noise; rows of nothing are a little noise alone."""
    import numpy as np

    tokens, dims = out.shape
    lengths = np.linalg.norm(out, axis=1, keepdims=True)
    drawn = rng.standard_normal((tokens, dims))
    share = np.bincount(passages.ids, minlength=tokens)[:, None] / max(1, len(passages.ids))
    scale = RARE / (RARE + share)
    known = np.where(lengths > 0, out / np.maximum(lengths, 1e-9) * np.sqrt(dims), 0.1 * drawn)
    table = (known * scale).astype(np.float32)
    return (table + noise * drawn * scale).astype(np.float32)


def _strongest(matrix: Any, count: int, generator: Any, torch: Any) -> NDArray[np.float32]:
    """Vectors of the ``count`` largest eigenvalues (by size) of a symmetric matrix, each times the root of its value; by
    subspace iteration (Halko, Martinsson and Tropp 2011).
    """
    width = min(count + 16, matrix.shape[0])
    space = torch.randn(matrix.shape[0], width, generator=generator)
    for _ in range(4):
        space = torch.linalg.qr(matrix @ space)[0]
    values, vectors = torch.linalg.eigh(space.T @ (matrix @ space))
    order = values.abs().argsort(descending=True)[:count]
    found: NDArray[np.float32] = ((space @ vectors[:, order]) * values[order].abs().sqrt()).numpy()
    return found


def _sum(parts: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts by place (row · tokens + column), those of the same place added up."""
    import numpy as np

    if not parts:
        return np.zeros(0, np.int64), np.zeros(0)
    places, where = np.unique(np.concatenate([place for place, _ in parts]), return_inverse=True)
    weights = np.bincount(where, np.concatenate([weight for _, weight in parts]), minlength=len(places))
    return places.astype(np.int64), weights.astype(np.float64)


def _both(left: NDArray[np.int64], right: NDArray[np.int64], weight: NDArray[np.float64], tokens: int) -> Any:
    """Summed counts of pairs of tokens, in both orders."""
    return _sum([(left * tokens + right, weight), (right * tokens + left, weight)])


def _near(tokens: int, passages: Passages, once: Sequence[int]) -> list[Any]:
    """Neighbours within the passages; in portions, so that memory stays bounded."""
    import numpy as np

    out: list[Any] = []
    gap = np.full(REACH, -1)  # between passages, so that no window reaches across
    for first in range(0, len(once), 50_000):
        flat = np.concatenate([part for i in once[first : first + 50_000] for part in (passages.text(i), gap)]).astype(np.int64)
        for distance in range(1, REACH + 1):
            left, right = flat[:-distance], flat[distance:]
            kept = (left >= 0) & (right >= 0) & (left != right)
            out.append(_both(left[kept], right[kept], np.full(int(kept.sum()), 1 / distance), tokens))
        out = [_sum(out)]
    return out


def _cross(tokens: int, across: Sequence[tuple[Any, Any]]) -> list[Any]:
    """Every token of one side of an aligned pair with every one of the other; a pair counts alike, long or short."""
    import numpy as np

    out: list[Any] = []
    for first in range(0, len(across), 20_000):
        cut = [(a[:CROSS], b[:CROSS]) for a, b in across[first : first + 20_000] if len(a) and len(b)]
        if not cut:
            continue
        left = np.concatenate([np.repeat(a, len(b)) for a, b in cut]).astype(np.int64)
        right = np.concatenate([np.tile(b, len(a)) for a, b in cut]).astype(np.int64)
        weight = np.concatenate([np.full(len(a) * len(b), 2 * REACH / (len(a) + len(b))) for a, b in cut])
        out = [_sum([*out, _both(left, right, weight, tokens)])]
    return out
