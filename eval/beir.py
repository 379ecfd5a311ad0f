"""Read a retrieval benchmark in BEIR's form (Thakur et al. 2021): ``corpus.jsonl``, ``queries.jsonl``, ``qrels/<split>.tsv``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.cases import read_text, records
from ingest.errors import UnreadableFile

SPLITS = ("test", "dev", "validation", "train")
"""Which judgements are taken where none are named: the first that are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beir:
    """One benchmark; the corpus stays a file, which ``ingest`` reads."""

    name: str
    corpus: Path
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]
    """For each query the grades of documents, by ``_id``."""


def load_beir(folder: Path, split: str | None = None) -> Beir:
    """Read the folder; raises ``UnreadableFile`` that names the file and the line."""
    corpus, queries = folder / "corpus.jsonl", folder / "queries.jsonl"
    if not corpus.is_file():
        raise UnreadableFile(str(corpus), "is not there; a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/")
    names = [split] if split else [name for name in SPLITS if (folder / "qrels" / f"{name}.tsv").is_file()]
    if not names:
        raise UnreadableFile(str(folder / "qrels"), f"holds none of {', '.join(f'{name}.tsv' for name in SPLITS)}")
    texts: dict[str, str] = {}
    for number, record in records(queries):
        if not isinstance(record.get("_id"), str) or not isinstance(record.get("text"), str):
            raise UnreadableFile(str(queries), f"line {number}: a query needs '_id' and 'text'")
        texts[record["_id"]] = record["text"]
    return Beir(name=folder.name, corpus=corpus, queries=texts, qrels=_qrels(folder / "qrels" / f"{names[0]}.tsv"))


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """``query-id``, ``corpus-id``, ``score`` by tabs, under a line of these names."""
    out: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(path).split("\n"), 1):
        fields = line.rstrip("\r").split("\t")
        if fields == [""] or (number == 1 and not fields[-1].lstrip("-").isdigit()):
            continue
        try:
            query, document, grade = fields
            out.setdefault(query, {})[document] = int(grade)
        except ValueError as exc:
            raise UnreadableFile(str(path), f"line {number} is not 'query-id, corpus-id, score' by tabs") from exc
    return out
