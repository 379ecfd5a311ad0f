"""The command: all stages in their order, then the folder that ``ingest/embed_onnx.py`` loads."""

from __future__ import annotations

import argparse
import lzma
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import LoadError, NotesError
from ingest.train.loop import need_torch, report
from ingest.train.pairs import read_pairs
from ingest.train.transformer.mine import mine
from ingest.train.transformer.stages import Plan, contrast, new_encoder, pretrain, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.train.transformer.stages import Teacher


def run(plan: Plan, options: argparse.Namespace) -> str:
    """All stages with progress on stderr; writes the folder and returns the SHA-256 of the encoder's weights."""
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification

    from ingest.embed import SHIPPED, StaticModel
    from ingest.train.transformer.export import export

    need_torch()
    try:
        with (lzma.open if options.text.suffix == ".xz" else open)(options.text, "rt", encoding="utf-8") as file:
            texts = [line.strip() for line in file if line.strip()]
    except (OSError, UnicodeDecodeError, lzma.LZMAError) as exc:
        raise LoadError(str(options.text), str(exc)) from exc
    pairs, _ = read_pairs(options.pairs, held_out=options.held_out)
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    tokenizer.enable_truncation(plan.length)
    masked = new_encoder(tokenizer.get_vocab_size(), plan)
    pretrain(masked, texts, tokenizer, plan, progress=report)
    negatives = mine(pairs, StaticModel(SHIPPED), seed=plan.seed)
    contrast(masked.bert, pairs, tokenizer, plan, negatives=negatives, teacher=_teacher(options.teacher, plan), progress=report)
    ranker = BertForSequenceClassification(masked.config.__class__(**{**masked.config.to_dict(), "num_labels": 1}))
    ranker.bert.load_state_dict(masked.bert.state_dict(), strict=False)
    rank(ranker.to(plan.device), pairs, tokenizer, plan, negatives=negatives, progress=report)
    return export(options.out, masked.bert.cpu(), ranker.cpu(), tokenizer, card=_CARD.format(plan=plan, pairs=len(pairs)))


def _teacher(folder: Path | None, plan: Plan) -> Teacher | None:
    if folder is None:
        return None
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device=plan.device)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return vectors

    return encode


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 a ``NotesError`` (one line on stderr), 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m ingest.train.transformer", description="Train the small transformer.")
    parser.add_argument(
        "--text", type=Path, required=True, metavar="FILE", help="text for the masked words, one passage a line (.xz too)"
    )
    parser.add_argument("--pairs", type=Path, required=True, metavar="DIR", help="folder of pairs (*.jsonl, *.jsonl.gz)")
    parser.add_argument("--teacher", type=Path, metavar="DIR", help="sentence-transformers folder of an English model")
    parser.add_argument("--held-out", nargs="*", default=(), metavar="SOURCE", help="sources to leave out of training")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new model")
    for name, default in vars(Plan()).items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default, metavar=type(default).__name__)
    options = parser.parse_args(argv)
    plan = Plan(**{name: getattr(options, name) for name in vars(Plan())})
    try:
        sys.stderr.write(f"{options.out}: weights {run(plan, options)}\n")
    except NotesError as exc:
        sys.stderr.write(f"ingest.train: {' '.join(str(exc).split())}\n")
        return 1
    return 0


_CARD = """# A small Chinese-English transformer, int8 in ONNX, with a cross-encoder

Made by `python -m ingest.train.transformer` from {pairs} pairs: {plan}.
"""

if __name__ == "__main__":
    sys.exit(main())
