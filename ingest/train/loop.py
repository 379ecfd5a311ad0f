"""Train the table of a static model: symmetric InfoNCE over the batch, on nested widths, with Adam.

Decisions:

- The modules (``StaticEmbedding``, ``Normalize``), the losses (``MultipleNegativesRankingLoss``, ``MatryoshkaLoss``) and the
  format of the saved model are those of sentence-transformers; the loop is our own. Its trainer needs ``datasets`` and
  ``accelerate``, which the extra does not bring, cannot draw groups by weight, and would tokenize every passage anew each
  time, where a step on one core takes a tenth of a second.
- Passages are tokenized once; a random window of each is used, so that a long one is seen from several sides. Anchors are
  rephrased (``augment``) each time they come, so they are tokenized when they come.
- One seed fixes everything that is drawn: the table, the batches, the windows, the phrasing. On a CPU with one number of
  threads a run repeats to the bit.
- The learning rate is high because each row of the table is touched by few batches.
- Runs from one start that saw the batches in another order can be averaged (``average``); the mean is one table again.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from ingest.errors import MissingExtra
from ingest.train.augment import question
from ingest.train.pairs import GROUP_WEIGHTS, HEADINGS, Batches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.train.pairs import Pair
    from ingest.train.terms import Terms


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a run depends on besides its data."""

    seed: int = 0
    dims: int = 256
    """Of a random start; a start that is given has its own."""
    steps: int = 500
    batch: int = 512
    rate: float = 0.1
    """Learning rate of Adam at its top, after a tenth of the steps; it then falls linearly to zero."""
    scale: float = 20.0
    """What cosines are multiplied with before the softmax."""
    window: int = 64
    """Tokens of a passage that one step sees."""
    weights: Mapping[str, float] = field(default_factory=lambda: GROUP_WEIGHTS)
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A table of token vectors, ``[tokens, dims]``, and the loss of each step."""

    table: NDArray[np.float32]
    losses: tuple[float, ...]


def need_torch() -> Any:
    """The module ``torch``; raises ``MissingExtra("models")`` where it or sentence-transformers is missing."""
    try:
        import sentence_transformers  # noqa: F401
        import torch
    except ImportError as exc:
        raise MissingExtra("models", "training") from exc
    return torch


def train(
    pairs: Sequence[Pair],
    tokenizer: Any,
    recipe: Recipe,
    *,
    terms: Terms | None = None,
    start: NDArray[np.float32] | None = None,
    tokens: Tokens | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> Trained:
    """Train on ``pairs`` from ``start`` (by default a random table); ``progress`` is told step, steps, loss.

    ``tokens`` are those of the pairs, where they are known already.

    The same pairs, recipe and start give the same table, on a CPU with one number of threads.
    """
    torch = need_torch()
    import numpy as np
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    rng = np.random.default_rng(recipe.seed)
    if start is None:
        start = (rng.standard_normal((tokenizer.get_vocab_size(), recipe.dims)) * 1.0).astype(np.float32)
    embedding = StaticEmbedding(tokenizer, embedding_weights=torch.from_numpy(start.copy()))
    model = SentenceTransformer(modules=[embedding, Normalize()], device=recipe.device)
    ranking = MultipleNegativesRankingLoss(
        model, scale=recipe.scale, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
    )
    widths = [width for part in (1, 2, 4) if (width := start.shape[1] // part)]
    loss_of = MatryoshkaLoss(model, ranking, widths, [1 / len(widths)] * len(widths))
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.rate, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: slope(step, recipe.steps))

    tokens = tokens or Tokens.of(pairs, tokenizer)
    passages, others = tokens.positives, tokens.anchors
    batches = Batches(pairs, rng, size=recipe.batch, weights=recipe.weights)
    losses: list[float] = []
    for step in range(recipe.steps):
        batch = next(batches)
        headings = [i for i in batch if pairs[i].kind in HEADINGS]
        phrased = [question(pairs[i].anchor, rng, terms) for i in headings]
        encoded = tokenizer.encode_batch_fast(phrased, add_special_tokens=False) if phrased else []
        asked = {i: one.ids[: recipe.window] for i, one in zip(headings, encoded, strict=True)}
        both = [
            (asked[i] if i in asked else others.window(i, recipe.window, rng), passages.window(i, recipe.window, rng))
            for i in batch
        ]
        both = [(a, b) for a, b in both if len(a) and len(b)]
        if len(both) < 2:
            continue
        features = [_features(column, torch, recipe.device) for column in zip(*both, strict=True)]
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(features, torch.empty(0))
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if progress is not None:
            progress(step + 1, recipe.steps, losses[-1])
    return Trained(table=embedding.embedding.weight.detach().cpu().float().numpy(), losses=tuple(losses))


def average(tables: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The mean of tables that were trained from the same start."""
    import numpy as np

    total = np.zeros(tables[0].shape, dtype=np.float64)
    for table in tables:
        total += table
    return (total / len(tables)).astype(np.float32)


class Passages:
    """The tokens of many texts in one flat array, of which windows are cut."""

    def __init__(self, texts: Sequence[str], tokenizer: Any, *, chunk: int = 8192) -> None:
        import numpy as np

        parts: list[NDArray[np.int32]] = []
        lengths: list[int] = []
        for first in range(0, len(texts), chunk):
            ids = [one.ids for one in tokenizer.encode_batch_fast(list(texts[first : first + chunk]), add_special_tokens=False)]
            lengths += map(len, ids)
            parts.append(np.fromiter(chain.from_iterable(ids), dtype=np.int32))
        self.ids = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        self.ends = np.cumsum(lengths)

    def text(self, text: int) -> NDArray[np.int32]:
        """All tokens of a text."""
        return self.ids[int(self.ends[text - 1]) if text else 0 : int(self.ends[text])]

    def window(self, text: int, width: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """At most ``width`` consecutive tokens of a text: its beginning half of the time, else from anywhere."""
        end = int(self.ends[text])
        start = int(self.ends[text - 1]) if text else 0
        if end - start > width and rng.random() < 0.5:
            start += int(rng.integers(end - start - width + 1))
        return self.ids[start : min(end, start + width)]


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The tokens of pairs, numbered as they are; headings have none, as they are rephrased each time."""

    positives: Passages
    anchors: Passages

    @classmethod
    def of(cls, pairs: Sequence[Pair], tokenizer: Any) -> Tokens:
        """Tokenize both sides."""
        anchors = ["" if pair.kind in HEADINGS else pair.anchor for pair in pairs]
        return cls(positives=Passages([pair.positive for pair in pairs], tokenizer), anchors=Passages(anchors, tokenizer))


def report(step: int, steps: int, loss: float) -> None:
    """Progress on stderr: a line a hundredth of the way, at least ten steps apart."""
    if step % max(10, steps // 100) == 0 or step == steps:
        end = "\n" if step == steps or not sys.stderr.isatty() else "\r"
        sys.stderr.write(f"train: step {step}/{steps}, loss {loss:.4f}{end}")
        sys.stderr.flush()


def slope(step: int, steps: int) -> float:
    """Share of the learning rate: it rises over the first tenth of the steps, then falls to zero."""
    warm = max(1, steps // 10)
    return (step + 1) / warm if step < warm else max(0.0, (steps - step) / max(1, steps - warm))


def _features(column: Sequence[Any], torch: Any, device: str) -> dict[str, Any]:
    import numpy as np

    offsets = np.cumsum([0, *map(len, column[:-1])])
    ids = np.fromiter(chain.from_iterable(column), dtype=np.int64, count=sum(map(len, column)))
    return {"input_ids": torch.from_numpy(ids).to(device), "offsets": torch.from_numpy(offsets).to(device)}


def finite(losses: Sequence[float]) -> bool:
    """Whether training stayed in range."""
    return all(math.isfinite(loss) for loss in losses)
