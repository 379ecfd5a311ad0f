"""``footnote train``: move the shipped model towards a reader's own notes, and keep it only if it finds more there.

Each heading of the library with the text below it is a pair. A fifth of the headings are kept aside; the model trains on the
others for a few seconds, gently (a small learning rate, from the shipped table). Then both models look for the text
of the headings kept aside among all texts, headings not in front. The new model is written only if it does better there
by more than chance (paired bootstrap, 95 % one-sided).

The shipped folder is never touched. The adapted one is used with ``--embedding-model DIR`` (setting ``embedding_model``).
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
from ingest.train.pairs import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ingest.settings import Settings

RECIPE = Recipe(steps=60, rate=0.005, batch=256, weights={})
FEWEST = 40
"""Headings with text below which nothing can be learnt or shown."""


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """What came of it. ``folder`` is ``None`` when the old model was kept."""

    headings: int
    """Headings trained on."""
    before: Figures
    after: Figures
    chance: float
    """Share of bootstrap rounds in which the new model did not do better: 0 is sure, 1 is certainly not."""
    folder: Path | None

    def __str__(self) -> str:
        figures = f"MRR@10 {self.before.mrr:.3f} -> {self.after.mrr:.3f} on {len(self.before.ranks)} headings kept aside"
        if self.folder is None:
            return f"training did not help ({figures}; {self.headings} trained on): the model stays as it is"
        return f"{figures}; {self.headings} trained on; use it with --embedding-model {self.folder}"


def adapt_library(
    settings: Settings,
    out: Path | None = None,
    *,
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = report,
) -> Adapted:
    """Adapt the shipped model to the library of ``settings``; by default into a folder beside it, named ``...-model``."""
    library = settings.library_folder
    with Library.open(library, settings) as opened:
        pairs = heading_pairs(opened)
    folder = out or library.with_name(library.name + "-model")
    return adapt(pairs, SHIPPED, folder, recipe=replace(RECIPE, seed=seed), progress=progress)


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
    """Adapt the static model in folder ``model`` to ``pairs``; write it to ``out`` if it helps on those kept aside.

    Raises ``NotesError`` for fewer than ``FEWEST`` headings, ``ModelError`` for another kind of model, ``MissingExtra``.
    """
    need_torch()
    unique = list({(pair.anchor, pair.positive): pair for pair in pairs}.values())
    if len(unique) < FEWEST:
        raise NotesError(f"only {len(unique)} headings with text below them: adapting needs at least {FEWEST}")
    aside = [pair for pair in unique if _aside(pair)]
    learn = [pair for pair in unique if not _aside(pair)]
    tokenizer, old = read_model(model)
    trained = train(learn, tokenizer, recipe, start=old, progress=progress)

    right: dict[str, list[str]] = {}
    for number, pair in enumerate(unique):
        if _aside(pair):
            right.setdefault(pair.anchor, []).append(str(number))
    collection = Collection({str(i): ("", pair.positive) for i, pair in enumerate(unique)}, {a: a for a in right}, right)
    before, _ = collection.measure(encoder(tokenizer, old))
    after, _ = collection.measure(encoder(tokenizer, trained.table))
    chance = not_better(before, after)
    helped = bool(aside) and chance < 0.05
    if helped:
        card = _CARD.format(learn=len(learn), before=before.mrr, after=after.mrr, seed=recipe.seed)
        pack(out, trained.table, tokenizer, card=card)
    return Adapted(headings=len(learn), before=before, after=after, chance=chance, folder=out if helped else None)


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


def _aside(pair: Pair) -> bool:
    """A fifth of the headings, the same ones every time, whatever else is in the library."""
    return hashlib.sha256(pair.anchor.encode()).digest()[0] % 5 == 0


_CARD = """# The shipped model, adapted to a library

Trained on {learn} headings and their text (seed {seed}). On headings kept aside, dense MRR@10 went from {before:.3f}
to {after:.3f}.
The weights derive from the shipped model (CC BY-SA 4.0) and from the notes of that library.
"""
