"""``footnote eval retrieval|answers|cleaning``: figures with 95 % bootstrap intervals, one JSON object with ``--json``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from eval.cases import Case, load_cases, load_sections
from eval.metrics import bootstrap, cited, first_hit, has_key_facts, mrr_at, recall_at
from ingest.errors import NotesError
from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.cases import GoldSections
    from rag.types import Answer

Figures = dict[str, float | int | list[float] | None]


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns the exit status (0 done, 1 a ``NotesError``, 2 usage)."""
    parser = argparse.ArgumentParser(prog="footnote eval", description=__doc__)
    kinds = parser.add_subparsers(dest="what", required=True)
    for name, about in (
        ("retrieval", "recall@k and MRR@10 of the search"),
        ("answers", "right section cited, key facts, abstention"),
        ("cleaning", "boilerplate left and content lost, against gold sections"),
    ):
        command = kinds.add_parser(name, help=about, description=about)
        if name != "cleaning":
            command.add_argument(
                "--questions", type=Path, action="append", required=True, metavar="FILE", help="JSONL of questions"
            )
        command.add_argument("--sections", type=Path, required=True, metavar="FILE", help="JSONL of gold sections")
        command.add_argument("--library", metavar="DIR", help="the library to ask")
        command.add_argument("--json", action="store_true", help="one JSON object")
        if name == "retrieval":
            command.add_argument("--mode", choices=("hybrid", "dense", "lexical"), default="hybrid")
        if name == "answers":
            command.add_argument("--show", action="store_true", help="print the questions that failed, with their answers")
    args = parser.parse_args(argv)
    try:
        sections = load_sections(args.sections)
        with Library.open(Settings.load(library=args.library).library_folder, Settings.load(library=args.library)) as library:
            if args.what == "cleaning":
                figures = cleaning(library, sections)
            else:
                cases = [case for path in args.questions for case in load_cases(path)]
                figures = (
                    retrieval(cases, library, sections, args.mode)
                    if args.what == "retrieval"
                    else answers(cases, library, sections, show=args.show)
                )
    except NotesError as exc:
        print(f"footnote: {exc}", file=sys.stderr)
        return 1
    _print(figures, as_json=args.json)
    return 0


def retrieval(cases: Sequence[Case], library: Library, sections: GoldSections, mode: str) -> Figures:
    """Search figures by language, over the questions that have an answer and no history."""
    figures: Figures = {}
    for lang in sorted({case.lang for case in cases}):
        ranks = []
        for case in cases:
            if case.lang != lang or case.history or not case.groups or case.behaviour != "answer":
                continue
            passages = search(case.question, library, k=40, mode=mode)  # type: ignore[arg-type]
            ranks.append(first_hit([sections.at(p.path, p.chunk.lines) for p in passages], case.gold))
        if not ranks:
            continue
        figures[f"{lang}.questions"] = len(ranks)
        for k in (1, 2, 5):
            figures[f"{lang}.recall@{k}"] = recall_at(ranks, k)
        figures[f"{lang}.mrr@10"] = mrr_at(ranks, 10)
        figures[f"{lang}.mrr@10.interval"] = list(bootstrap([1 / r if 0 < r <= 10 else 0.0 for r in ranks]))
    return figures


def answers(cases: Sequence[Case], library: Library, sections: GoldSections, *, show: bool = False) -> Figures:
    """Answer figures: over answerable questions and, apart, over those that the notes do not answer."""
    right, facts, lengths, precision, refused, declined = [], [], [], [], [], []
    for case in cases:
        answer = ask(case.question, library, history=case.history)
        where = [sections.at(c.path, c.lines) for c in answer.citations]
        if case.behaviour != "answer":
            good = answer.abstained or (case.behaviour == "correct_premise" and _corrects(answer))
            declined.append(float(good))
            if show and not good:
                _failure(case, answer, where)
            continue
        refused.append(float(answer.abstained))
        right.append(float(cited(frozenset().union(*where), case.groups)))
        facts.append(float(has_key_facts(answer.text, case.key_facts)))
        lengths.append(len(answer.text))
        precision += [float(bool(names & (case.gold | case.related))) for names in where if not answer.abstained]
        if show and not (right[-1] and facts[-1]):
            _failure(case, answer, where)
    figures: Figures = {"answerable": len(right), "unanswerable": len(declined)}
    for name, values in (
        ("right section cited", right),
        ("key facts", facts),
        ("cited sections right or related", precision),
        ("wrongly declined", refused),
        ("declined", declined),
    ):
        if values:
            figures[name] = sum(values) / len(values)
            figures[f"{name}.interval"] = list(bootstrap(values))
    if lengths:
        figures["mean characters"] = sum(lengths) / len(lengths)
    return figures


def cleaning(library: Library, sections: GoldSections) -> Figures:
    """Content lost: gold answers whose excerpt is in no chunk. Boilerplate: indexed lines outside every gold section."""
    chunks = [(library.path(chunk.document_id), chunk) for chunk in library.dump()]
    text = "".join("".join(chunk.text.split()) for _, chunk in chunks)
    excerpts = [record["answer_excerpt"] for record in sections.records if record.get("has_answer")]
    lost = [excerpt for excerpt in excerpts if "".join(excerpt.split()) not in text]
    stray = [(path, chunk) for path, chunk in chunks if Path(path).name in sections.spans and not sections.at(path, chunk.lines)]
    for excerpt in lost:
        print(f"lost: {excerpt}", file=sys.stderr)
    for path, chunk in stray:
        print(f"outside every section: {Path(path).name}:{chunk.lines[0]}-{chunk.lines[1]} {chunk.text[:80]!r}", file=sys.stderr)
    return {"chunks": len(chunks), "gold answers": len(excerpts), "lost": len(lost), "chunks outside gold sections": len(stray)}


def _corrects(answer: Answer) -> bool:
    return bool(answer.sentences) and answer.sentences[0].text.startswith(("问题的前提", "The question's premise"))


def _failure(case: Case, answer: Answer, where: Sequence[frozenset[str]]) -> None:
    print(f"\n{case.id} {case.question} → {answer.question}", file=sys.stderr)
    print(f"  gold {sorted(case.gold)} cited {[sorted(names) for names in where]} facts {case.key_facts}", file=sys.stderr)
    print(f"  confidence {answer.confidence:.2f} {answer.reason or ''} {answer.text[:600]!r}", file=sys.stderr)


def _print(figures: Figures, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        if name.endswith(".interval"):
            continue
        interval = figures.get(f"{name}.interval")
        shown = f"{value:.3f}" if isinstance(value, float) else str(value)
        print(f"{name:36} {shown}" + (f"  [{interval[0]:.3f}, {interval[1]:.3f}]" if isinstance(interval, list) else ""))


if __name__ == "__main__":
    sys.exit(main())
