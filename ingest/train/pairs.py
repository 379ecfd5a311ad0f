"""Training pairs: two texts that should be near each other, read from a folder and dealt out in batches of one kind.

A folder of pairs holds ``*.jsonl`` or ``*.jsonl.gz``; one pair a line, with ``anchor`` and ``positive`` (the two texts) and,
where known, ``source`` (a name of where it comes from), ``kind`` and ``lang``. Kinds that the recipe tells apart:

    head, qhead   a heading, a heading that is a question → the text below it
    ict           a sentence → its paragraph without it
    par, par_sent, par_head, xhead   aligned paragraphs, sentences, headings; heading → text in the other language
    dict, syn, sim, term             word → glosses; words of one gloss; sentences of one translation; names of one thing

Decisions:

- A batch comes from one group: negatives from another kind or language would be too easy. Groups are drawn by weight, not by
  size, or the dictionary would drown what readers ask.
- Within a batch no anchor and no positive stands twice: the copy would be a false negative.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import LoadError
from ingest.lexical import simplified

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np

HEADINGS = frozenset({"head", "qhead"})
"""Kinds whose anchor is what a reader would ask, so what ``augment`` may rephrase."""

GROUP_WEIGHTS: Mapping[str, float] = {
    "llm": 2.0,
    "learning": 1.5,
    "section": 1.2,
    "section-en": 2.0,
    "parallel": 3.0,
    "xhead": 2.5,
    "dict": 2.0,
    "syn": 0.3,
    "everyday": 1.0,
    "sim": 0.6,
    "term": 0.5,
}
"""How often a batch comes from each group. The ratios are those of the first model, but for ``xhead`` (there 1.5)
and ``term``."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LLM = _names("""
agentscope aiguide chatchat datajuicer dify evalscope hfagents hfcookbook hfcourse llmaction lmdeploy msclassroom
opencompass peg ragchecker ragflow_readme selfllm swift xinference xtuner
""")
_LEARNING = _names("""
ai_system colossalai d2l_pytorch d2l_zh fastdeploy fastdeploy_ex gradio mindspore_zh mmdeploy mmengine mmpretrain
paddle_adl paddle_zh paddlex tfdocs_zh
""")
_KINDS = {"par": "parallel", "par_sent": "parallel", "par_head": "parallel", "xhead": "xhead", "dict": "dict", "syn": "syn"}
_KINDS |= {"sim": "sim", "term": "term"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that belong together."""

    anchor: str
    positive: str
    source: str = ""
    kind: str = "head"
    lang: str = "zh"

    @property
    def group(self) -> str:
        """The group whose batches it joins, a key of ``GROUP_WEIGHTS``."""
        if self.source.startswith("tatoeba") and self.kind == "par_sent":
            return "everyday"
        if self.kind in _KINDS:
            return _KINDS[self.kind]
        if self.lang == "en":
            return "section-en"
        return "llm" if self.source in _LLM else "learning" if self.source in _LEARNING else "section"


def read_pairs(folder: Path, *, held_out: Collection[str] = ()) -> tuple[list[Pair], list[Pair]]:
    """All pairs of a folder, in order of file names: those to train on, and those of the ``held_out`` sources.

    A held-out name takes its files' variants along: ``vue`` also holds out ``vue_par``. Text is turned to Simplified, as it is
    when the model runs. Raises ``LoadError`` for a folder without pairs and for a line that is none.
    """
    files = sorted(path for path in folder.glob("*.jsonl*") if path.name.endswith((".jsonl", ".jsonl.gz")))
    train: list[Pair] = []
    held: list[Pair] = []
    for file in files:
        for pair in _read(file):
            (held if pair.source.split("_")[0] in held_out or pair.source in held_out else train).append(pair)
    if not train:
        raise LoadError(str(folder), "holds no pairs to train on (*.jsonl, *.jsonl.gz with 'anchor' and 'positive')")
    return train, held


def _read(file: Path) -> Iterator[Pair]:
    stem = file.name.split(".")[0]
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    row = json.loads(line)
                    anchor, positive = simplified(row["anchor"]), simplified(row["positive"])
                except (ValueError, KeyError, TypeError) as exc:
                    raise LoadError(f"{file}: line {number}", f"not a pair ({exc!r})") from exc
                yield Pair(anchor, positive, row.get("source", stem), row.get("kind", "head"), row.get("lang", "zh"))
    except (OSError, UnicodeDecodeError, EOFError) as exc:
        raise LoadError(str(file), str(exc)) from exc


class Batches:
    """An endless, seeded row of batches (indices into ``pairs``), each from one group and without repeated texts."""

    def __init__(self, pairs: Sequence[Pair], rng: np.random.Generator, *, size: int, weights: Mapping[str, float]) -> None:
        self._pairs, self._rng, self._size = pairs, rng, size
        self._members: dict[str, list[int]] = {}
        for index, pair in enumerate(pairs):
            if weights.get(pair.group, 1.0) > 0:
                self._members.setdefault(pair.group, []).append(index)
        self._names = sorted(self._members)
        share = [weights.get(name, 1.0) for name in self._names]
        self._share = [one / sum(share) for one in share]
        self._queues: dict[str, list[int]] = {name: [] for name in self._names}

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> list[int]:
        name = self._names[int(self._rng.choice(len(self._names), p=self._share))]
        batch: list[int] = []
        seen: set[str] = set()
        for _ in range(min(self._size, len(self._members[name]))):
            if not self._queues[name]:
                self._queues[name] = [self._members[name][i] for i in self._rng.permutation(len(self._members[name]))]
            index = self._queues[name].pop()
            pair = self._pairs[index]
            if pair.anchor not in seen and pair.positive not in seen:
                seen |= {pair.anchor, pair.positive}
                batch.append(index)
        return batch
