"""``footnote train``: move the shipped model towards a reader's own notes, and say whether it finds more there.

Each heading of the library with the text below it is a pair; or the pairs come from a folder (``pairs``). A fifth of the
headings are kept aside; the model trains on the others for a few seconds, gently (a small learning rate, from the shipped
table). Then both models look for the text of the headings kept aside among all texts, headings not in front.

Decisions:

- The model is written either way, as it was asked for, but only one that did better by more than chance (paired bootstrap,
  95 % one-sided) is recommended; otherwise the result says to stay with the shipped one.
- Which headings are kept aside hangs on their text alone, so adding notes never moves one from aside into training.
- Training starts from the shipped model, never from one already adapted: the result depends on the notes alone.
- The shipped folder is never touched, and a folder that holds anything but a model is not written into.
- This module and what it imports are in the wheel, as adapting is for readers; the recipe (``__main__``, ``start``,
  ``vocabulary``, ``terms``, ``transformer``), which needs a folder of training pairs, is in the source tree only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.embed import SHIPPED
from ingest.errors import ModelError, NotesError
from ingest.store import Library
from ingest.train.evaluate import Collection, Figures
from ingest.train.loop import Recipe, need_torch, report, train
from ingest.train.pack import pack
from ingest.train.pairs import HEADINGS, Pair, read_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ingest.settings import Settings

RECIPE = Recipe(steps=60, rate=0.01, batch=256, weights={})
FEWEST = 40
"""Headings with text below which nothing can be learnt or shown."""
ASKED, AMONG = 1000, 5000
"""At most so many headings kept aside are asked, among at most so many texts: beyond that the figures hardly move."""


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """What came of it."""

    folder: Path
    learnt: int
    """Pairs trained on."""
    before: Figures
    after: Figures
    chance: float
    """Share of bootstrap rounds in which the new model did not do better: 0 is sure, 1 is certainly not."""

    @property
    def helped(self) -> bool:
        """Whether the new model found more by more than chance."""
        return self.chance < 0.05

    def __str__(self) -> str:
        figures = f"MRR@10 {self.before.mrr:.3f} -> {self.after.mrr:.3f}"
        told = f"{figures} on {len(self.before.ranks)} headings kept aside, {self.learnt} trained on"
        if self.helped:
            return f"{told}; use it with: footnote ingest --embedding-model {self.folder} NOTES"
        return f"warning: training did not help ({told}): stay with the shipped model rather than use {self.folder}"


def adapt_library(
    settings: Settings,
    out: Path,
    *,
    pairs: Path | None = None,
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = report,
) -> Adapted:
    """Adapt the shipped model to the headings of the library of ``settings``, or to the folder ``pairs``; write it to ``out``.

    Raises ``NotesError`` for fewer than ``FEWEST`` headings or an ``out`` that holds something else, ``StoreError``,
    ``LoadError``, ``MissingExtra``.
    """
    need_torch()
    if out.resolve() == SHIPPED.resolve() or (out.exists() and not (out / "SHA256SUMS").is_file() and not _empty(out)):
        raise NotesError(f"{out}: holds something else; name a new folder for the adapted model")
    if pairs is not None:
        found = [pair for pair in read_pairs(pairs)[0] if pair.kind in HEADINGS]
    else:
        with Library.open(settings.library_folder, settings) as opened:
            found = heading_pairs(opened)
    return adapt(found, SHIPPED, out, recipe=replace(RECIPE, seed=seed), progress=progress)


def heading_pairs(library: Library) -> list[Pair]:
    """Heading → text of every section that has both."""
    pairs = []
    for info in library.documents():
        document = library.document(info.id)
        for section in library.sections(info.id):
            text = document.text[section.start : section.end].strip()
            if section.trail and not section.blank and len(text) >= 20:
                pairs.append(Pair(section.trail[-1], text, "notes", "head"))
    return pairs


def adapt(
    pairs: Sequence[Pair],
    model: Path,
    out: Path,
    *,
    recipe: Recipe = RECIPE,
    progress: Callable[[int, int, float], None] | None = report,
) -> Adapted:
    """Adapt the static model in folder ``model`` to ``pairs``, write it to ``out`` and compare both on those kept aside.

    Raises ``NotesError`` for fewer than ``FEWEST`` headings, ``ModelError`` for another kind of model, ``MissingExtra``.
    """
    need_torch()
    unique = list({(pair.anchor, pair.positive): pair for pair in pairs}.values())
    aside = [pair for pair in unique if _aside(pair)]
    learn = [pair for pair in unique if not _aside(pair)]
    if len(unique) < FEWEST or not aside:
        raise NotesError(f"only {len(unique)} headings with text below them: adapting needs at least {FEWEST}")
    tokenizer, old = read_model(model)
    new = train(learn, tokenizer, recipe, start=old, progress=progress).table

    asked = _spread(aside, ASKED)
    among = asked + _spread(learn, max(0, AMONG - len(asked)))
    right: dict[str, list[str]] = {}
    for number, pair in enumerate(asked):
        right.setdefault(pair.anchor, []).append(str(number))
    collection = Collection({str(i): ("", pair.positive) for i, pair in enumerate(among)}, {a: a for a in right}, right)
    before, _ = collection.measure(encoder(tokenizer, old))
    after, _ = collection.measure(encoder(tokenizer, new))
    adapted = Adapted(folder=out, learnt=len(learn), before=before, after=after, chance=not_better(before, after))
    pack(out, new, tokenizer, card=_CARD.format(learn=len(learn), before=before.mrr, after=after.mrr, seed=recipe.seed))
    return adapted


def not_better(before: Figures, after: Figures, *, rounds: int = 2000) -> float:
    """Paired bootstrap: how often the second model's mean reciprocal rank is not above the first's."""
    import numpy as np

    def gains(figures: Figures) -> NDArray[np.float64]:
        return np.array([1 / rank if rank <= 10 else 0.0 for rank in figures.ranks])

    difference = gains(after) - gains(before)
    if not len(difference):
        return 1.0
    drawn = np.random.default_rng(0).integers(len(difference), size=(rounds, len(difference)))
    return float((difference[drawn].mean(axis=1) <= 0).mean())


def read_model(folder: Path) -> tuple[Any, NDArray[np.float32]]:
    """The tokenizer and the table (widened to float32) of a static model's folder, as ``pack`` writes it."""
    import numpy as np
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tensors = load_file(folder / "model.safetensors")
    except Exception as exc:  # tokenizers raises bare Exception
        raise ModelError(f"{folder}: no static model that can be trained on ({exc})") from exc
    tokenizer.no_padding()
    if "embeddings" in tensors:
        return tokenizer, tensors["embeddings"].astype(np.float32) * tensors["weights"].astype(np.float32)[:, None]
    if "embedding.weight" in tensors:
        return tokenizer, tensors["embedding.weight"].astype(np.float32)
    raise ModelError(f"{folder}: no static model that can be trained on (tensors {sorted(tensors)})")


def encoder(tokenizer: Any, table: NDArray[np.float32]) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """Text to unit vectors from a table in memory, as the program does from the packed one."""
    import numpy as np

    from ingest.lexical import simplified

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        out: NDArray[np.float32] = np.zeros((len(texts), table.shape[1]), dtype=np.float32)
        encodings = tokenizer.encode_batch_fast([simplified(text) for text in texts], add_special_tokens=False)
        for row, encoding in enumerate(encodings):
            if encoding.ids:
                out[row] = table[encoding.ids].sum(axis=0)
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        np.divide(out, lengths, out=out, where=lengths > 0)
        return out

    return encode


def _spread(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """At most ``count`` of them, evenly over the whole."""
    return [pairs[i * len(pairs) // count] for i in range(count)] if len(pairs) > count else list(pairs)


def _empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _aside(pair: Pair) -> bool:
    """A fifth of the headings, the same ones every time, whatever else is in the library."""
    return hashlib.sha256(pair.anchor.encode()).digest()[0] % 5 == 0


_CARD = """# The shipped model, adapted to a library

Trained on {learn} headings and their text (seed {seed}). On headings kept aside, dense MRR@10 went from {before:.3f}
to {after:.3f}.
The weights derive from the shipped model (CC BY-SA 4.0) and from the notes of that library.
"""
