"""The stages: masked words, pairs against mined negatives and a teacher, and the cross-encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError
from ingest.train.augment import question
from ingest.train.loop import need_torch, slope
from ingest.train.pairs import GROUP_WEIGHTS, HEADINGS, Batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.train.pairs import Pair

    Progress = Callable[[int, int, float], None]
    Teacher = Callable[[Sequence[str]], NDArray[np.float32]]
    """English texts to unit vectors."""

PAD, CLS, SEP, MASK, SPECIAL = 0, 2, 3, 4, 5
"""Ids of the shipped tokenizer's special tokens, and how many there are."""
SCALE = 20.0
"""What cosines are multiplied with before a softmax."""
ALIGNED = frozenset({"par", "par_sent", "par_head"})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes and lengths of the run; the defaults are those for a GPU."""

    hidden: int = 256
    layers: int = 4
    heads: int = 4
    length: int = 256
    """Tokens of a text that are read."""
    text_steps: int = 60_000
    pair_steps: int = 20_000
    rank_steps: int = 8_000
    text_batch: int = 256
    pair_batch: int = 1024
    rank_batch: int = 64
    rate: float = 5e-4
    teaching: float = 1.0
    """What the teacher's loss counts against InfoNCE."""
    seed: int = 0
    device: str = "cpu"


def new_encoder(tokens: int, plan: Plan) -> Any:
    """An untrained ``BertForMaskedLM``; raises ``NotesError`` above 12 M parameters."""
    torch = need_torch()
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(plan.seed)
    config = BertConfig(
        vocab_size=tokens, hidden_size=plan.hidden, num_hidden_layers=plan.layers, num_attention_heads=plan.heads,
        intermediate_size=4 * plan.hidden, max_position_embeddings=plan.length + 3, pad_token_id=PAD,
    )  # fmt: skip
    model = BertForMaskedLM(config)
    if (count := sum(p.numel() for p in model.bert.parameters())) > 12_000_000:
        raise NotesError(f"an encoder of {count / 1e6:.1f} M parameters: at most 12 M are meant to ship")
    return model.to(plan.device)


def pretrain(model: Any, texts: Sequence[str], tokenizer: Any, plan: Plan, *, progress: Progress | None = None) -> list[float]:
    """Masked words: 15 % of the tokens are asked for, of which 80 % are hidden and 10 % exchanged. Returns the losses."""
    import numpy as np

    torch = need_torch()
    rng = np.random.default_rng(plan.seed)
    encoded = [ids for ids in _ids(texts, tokenizer) if len(ids) > 2]
    if not encoded:
        raise NotesError("the text holds nothing to learn from")

    def loss_of() -> Any:
        rows, mask = padded([encoded[i][: plan.length] for i in rng.integers(len(encoded), size=plan.text_batch)])
        asked = (rng.random(rows.shape) < 0.15) & (mask > 0)
        asked[0, 0] = True  # a batch of nothing asked has no loss
        what = rng.random(rows.shape)
        shown = np.where(asked & (what < 0.8), MASK, rows)
        shown = np.where(asked & (what > 0.9), rng.integers(SPECIAL, model.config.vocab_size, rows.shape), shown)
        ids, mask, labels = _move(plan, shown, mask, np.where(asked, rows, -100))
        return model(input_ids=ids, attention_mask=mask, labels=labels).loss

    return _optimise(model, loss_of, plan.text_steps, plan, torch, progress)


def contrast(
    encoder: Any,
    pairs: Sequence[Pair],
    tokenizer: Any,
    plan: Plan,
    *,
    negatives: Sequence[int],
    teacher: Teacher | None = None,
    progress: Progress | None = None,
) -> list[float]:
    """Train the encoder (a ``BertModel``) on pairs, against the batch and the mined ``negatives``. Returns the losses."""
    import numpy as np

    torch = need_torch()
    rng = np.random.default_rng(plan.seed)
    batches = Batches(pairs, rng, size=plan.pair_batch, weights=GROUP_WEIGHTS)
    widths = [plan.hidden // part for part in (1, 2, 4)]

    def vectors(texts: Sequence[str]) -> Any:
        return embed(encoder, *_move(plan, *padded([ids[: plan.length] for ids in _ids(texts, tokenizer)])))

    def loss_of() -> Any:
        batch = [i for i in next(batches) if pairs[i].anchor.strip() and pairs[i].positive.strip()]
        chosen = [pairs[i] for i in batch]
        asked = vectors([question(pair.anchor, rng) if pair.kind in HEADINGS else pair.anchor for pair in chosen])
        right = vectors([pair.positive for pair in chosen])
        hard = [pairs[negatives[i]].positive for i in batch if negatives[i] >= 0]
        texts = torch.cat([right, vectors(hard)]) if hard else right
        target = torch.arange(len(batch), device=plan.device)
        loss = sum(nce(asked, texts, right, target, width) for width in widths) / len(widths)
        taught = _teaching(chosen, teacher) if teacher is not None and plan.teaching else None
        if taught is not None:
            said = torch.nn.functional.normalize(asked) @ torch.nn.functional.normalize(right).T
            wanted = torch.from_numpy(taught).to(plan.device)
            divergence = torch.nn.functional.kl_div(
                (SCALE * said).log_softmax(1), (SCALE * wanted).softmax(1), reduction="batchmean"
            )
            loss = loss + plan.teaching * divergence
        return loss

    return _optimise(encoder, loss_of, plan.pair_steps, plan, torch, progress)


def nce(asked: Any, texts: Any, right: Any, target: Any, width: int) -> Any:
    """InfoNCE on the first ``width`` dimensions: each anchor among all texts, each right text among the anchors."""
    unit, loss = need_torch().nn.functional.normalize, need_torch().nn.functional.cross_entropy
    forth = SCALE * unit(asked[:, :width]) @ unit(texts[:, :width]).T
    back = SCALE * unit(right[:, :width]) @ unit(asked[:, :width]).T
    return (loss(forth, target) + loss(back, target)) / 2


def rank(
    model: Any,
    pairs: Sequence[Pair],
    tokenizer: Any,
    plan: Plan,
    *,
    negatives: Sequence[int],
    progress: Progress | None = None,
) -> list[float]:
    """Train the cross-encoder (a ``BertForSequenceClassification``): the right text above a mined one and a random one."""
    import numpy as np

    torch = need_torch()
    rng = np.random.default_rng(plan.seed)
    usable = [i for i, pair in enumerate(pairs) if negatives[i] >= 0 and pair.kind in HEADINGS | {"xhead"}]
    if not usable:
        raise NotesError("no headings with a hard negative: nothing to train the cross-encoder on")

    def loss_of() -> Any:
        chosen = [usable[i] for i in rng.integers(len(usable), size=plan.rank_batch)]
        others = [usable[i] for i in rng.integers(len(usable), size=plan.rank_batch)]
        columns = [[pairs[i].positive for i in part] for part in (chosen, [negatives[i] for i in chosen], others)]
        asked = [question(pairs[i].anchor, rng) if pairs[i].kind in HEADINGS else pairs[i].anchor for i in chosen]
        rows = [
            joined(a, b, plan.length)
            for text in columns
            for a, b in zip(_ids(asked, tokenizer), _ids(text, tokenizer), strict=True)
        ]
        ids, mask = padded([row for row, _ in rows])
        kinds, _ = padded([kind for _, kind in rows])
        ids, mask, kinds = _move(plan, ids, mask, kinds)
        scores = model(input_ids=ids, attention_mask=mask, token_type_ids=kinds).logits.reshape(3, -1).T
        return torch.nn.functional.cross_entropy(scores, torch.zeros(len(chosen), dtype=torch.long, device=plan.device))

    return _optimise(model, loss_of, plan.rank_steps, plan, torch, progress)


def embed(encoder: Any, ids: Any, mask: Any) -> Any:
    """The mean of the last layer over each text's tokens, ``[texts, hidden]``, not yet of unit length."""
    states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    seen = mask.unsqueeze(-1).to(states.dtype)
    return (states * seen).sum(1) / seen.sum(1).clamp(min=1)


def joined(first: Sequence[int], second: Sequence[int], length: int) -> tuple[list[int], list[int]]:
    """``[CLS] first [SEP] second [SEP]`` and which part each token is of; the first part takes at most half of ``length``."""
    first = list(first)[: length // 2]
    second = list(second)[: length - len(first)]
    return [CLS, *first, SEP, *second, SEP], [0] * (len(first) + 2) + [1] * (len(second) + 1)


def padded(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of ids as one matrix, filled up with ``PAD``, and where they are not filled up."""
    import numpy as np

    out = np.full((len(rows), max(1, *map(len, rows))), PAD, dtype=np.int64)
    mask = np.zeros_like(out)
    for number, row in enumerate(rows):
        out[number, : len(row)], mask[number, : len(row)] = row, 1
    return out, mask


def _teaching(pairs: Sequence[Pair], teacher: Teacher) -> NDArray[np.float32] | None:
    """What the teacher would say of each anchor and each positive of a batch; ``None`` where too little of it is English."""
    if all(pair.lang == "en" for pair in pairs):
        said: NDArray[np.float32] = teacher([pair.anchor for pair in pairs]) @ teacher([pair.positive for pair in pairs]).T
        return said
    if all(pair.kind in ALIGNED for pair in pairs):
        english = teacher([pair.positive if pair.lang == "zh-en" else pair.anchor for pair in pairs])
        alike: NDArray[np.float32] = english @ english.T
        return alike
    return None


def _ids(texts: Sequence[str], tokenizer: Any) -> list[list[int]]:
    return [one.ids for one in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _move(plan: Plan, *arrays: NDArray[np.int64]) -> list[Any]:
    torch = need_torch()
    return [torch.from_numpy(array).to(plan.device) for array in arrays]


def _optimise(
    model: Any, loss_of: Callable[[], Any], steps: int, plan: Plan, torch: Any, progress: Progress | None
) -> list[float]:
    """AdamW with warm-up and linear decay, gradients cut at 1; bfloat16 on CUDA."""
    torch.manual_seed(plan.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: slope(step, steps))
    losses: list[float] = []
    model.train()
    for step in range(steps):
        with torch.autocast(plan.device.split(":")[0], dtype=torch.bfloat16, enabled=plan.device.startswith("cuda")):
            loss = loss_of()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if progress is not None:
            progress(step + 1, steps, losses[-1])
    model.eval()
    return losses
