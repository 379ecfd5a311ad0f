"""Which word translates which, learnt from aligned pairs: IBM's first alignment model (Brown et al. 1993).

Each word of one side was caused by one word of the other; expectation maximisation finds out by which, in a few rounds, in both
directions. Counted are Chinese words against Latin ones, each once a text, in texts of at most ``LONGEST`` tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

LONGEST = 60
"""Tokens; of longer texts most combinations are no translations."""
WORDS = 48
"""Words of a side that are counted."""
ROUNDS = 4
_HAN, _LATIN = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[a-z]")


@dataclass(frozen=True, kw_only=True)
class Translations:
    """Pairs of tokens, and how likely either is to be said for the other."""

    chinese: NDArray[np.int64]
    latin: NDArray[np.int64]
    to_latin: NDArray[np.float64]
    """Share of ``chinese``'s translations that are ``latin``."""
    to_chinese: NDArray[np.float64]


def translations(across: Iterable[tuple[Any, Any]], tokenizer: Any) -> Translations:
    """Learn from pairs of token rows in any order of languages; those expected less than 0.3 times are left out."""
    import numpy as np

    tokens = tokenizer.get_vocab_size()
    han, latin = scripts(tokenizer)
    sides = []
    for pair in across:
        if max(map(len, pair)) <= LONGEST and min(map(len, pair)):
            left, right = sorted(map(np.asarray, pair), key=lambda ids: -float(han[ids].mean()))
            left, right = np.unique(left[han[left]])[:WORDS], np.unique(right[latin[right]])[:WORDS]
            if len(left) and len(right):
                sides.append((left, right))
    if not sides:
        none = np.zeros(0)
        return Translations(chinese=none.astype(np.int64), latin=none.astype(np.int64), to_latin=none, to_chinese=none)
    counts = np.array([(len(left), len(right)) for left, right in sides])
    cells = counts.prod(axis=1)
    of_left = np.concatenate([np.repeat(left, len(right)) for left, right in sides]).astype(np.int64)
    of_right = np.concatenate([np.tile(right, len(left)) for left, right in sides]).astype(np.int64)
    places, where = np.unique(of_left * tokens + of_right, return_inverse=True)
    left, right = places // tokens, places % tokens
    # The places of one word in one text: those that share what the other side can have caused.
    starts = np.cumsum(cells) - cells
    cell = np.arange(len(of_left)) - np.repeat(starts, cells)
    widths = np.repeat(counts[:, 1], cells)
    of_row = np.repeat(np.cumsum(counts[:, 0]) - counts[:, 0], cells) + cell // widths
    of_column = np.repeat(np.cumsum(counts[:, 1]) - counts[:, 1], cells) + cell % widths
    to_latin, expected = _maximise(where, left, of_column, tokens)
    to_chinese, expected_back = _maximise(where, right, of_row, tokens)
    kept = np.sqrt(expected * expected_back) > 0.3
    return Translations(chinese=left[kept], latin=right[kept], to_latin=to_latin[kept], to_chinese=to_chinese[kept])


def _maximise(
    where: NDArray[np.int64], cause: NDArray[np.int64], effect: NDArray[np.int64], tokens: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Likelihood of each pair given its ``cause``, and how often it is expected; ``effect`` numbers what was caused."""
    import numpy as np

    likely: NDArray[np.float64] = np.ones(len(cause))
    expected = likely
    for _ in range(ROUNDS):
        blame = likely[where]
        blame /= np.bincount(effect, blame)[effect]
        expected = np.bincount(where, blame, minlength=len(cause)).astype(np.float64)
        likely = expected / np.bincount(cause, expected, minlength=tokens)[cause]
    return likely, expected


def scripts(tokenizer: Any) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which tokens are Chinese, and which begin with a Latin letter."""
    import numpy as np

    names = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]
    return np.array([_HAN.search(name) is not None for name in names]), np.array(
        [_LATIN.match(name) is not None for name in names]
    )
