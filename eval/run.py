"""``footnote eval …``: reads the command line, calls one run function, prints its figures and writes its report.

Each command is a module of its own whose ``run`` gives a report; this one only knows about options. Figures go to stdout,
progress to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.cases import library_sections, load_cases, load_sections
from eval.report import record
from eval.report.text import compared_lines, flat, printed
from ingest.errors import NotesError, SettingsError, UnreadableFile
from ingest.progress import Bar
from ingest.settings import Settings
from ingest.store import Library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel

    from eval.cases import Case, GoldSections
    from eval.report.record import Report


ABOUT = """Measure search, answers, answers of other programs, the verifier, everything shipped, or your own notes.
Figures come with 95 % bootstrap intervals. With --out DIR a command also writes report.json (every figure, and the
values of each case) and report.html, a page that shows what failed, and why."""


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns the exit status (0 done, 1 a ``NotesError`` or worse with ``--fail-if-worse``, 2 usage)."""
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
        return status
    except NotesError as exc:
        print(f"footnote: {exc}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="footnote eval", description=ABOUT, allow_abbrev=False)
    kinds = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")

    def command(name: str, run: object, about: str) -> argparse.ArgumentParser:
        added = kinds.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.", allow_abbrev=False)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="one JSON object")
        return added

    def reporting(name: str, run: object, about: str) -> argparse.ArgumentParser:
        added = command(name, run, about)
        added.add_argument("--out", type=Path, metavar="DIR", help="write report.json and report.html there")
        added.add_argument("--lang", choices=("zh", "en"), help="language of the page (default: that of the data)")
        return added

    for name, run, about in (
        ("retrieval", _retrieval, "how well the search ranks: recall@k, MRR@10, nDCG@10"),
        ("answers", _answers, "right section cited, key facts, citations, faithfulness, abstention"),
    ):
        one = reporting(name, run, about)
        one.add_argument("--questions", type=Path, action="append", metavar="FILE", help="JSONL of questions")
        one.add_argument("--sections", type=Path, metavar="FILE", help="JSONL of gold sections (default: those of the library)")
        one.add_argument("--library", metavar="DIR", help="the library to ask")
        if name == "retrieval":
            one.add_argument("--mode", choices=("hybrid", "dense", "lexical"), default="hybrid", help="default: hybrid")
            one.add_argument(
                "--beir", type=Path, metavar="DIR", help="in place of questions: corpus.jsonl, queries.jsonl, qrels/"
            )
            one.add_argument("--split", help="which of the folder's qrels (default: test, or what there is)")
            one.add_argument("--limit", type=_at_least_one, metavar="N", help="the first N queries only")
        else:
            one.add_argument("--model", metavar="MODEL", help="an LLM beside the reader, as 'ask --model' names it")
            one.add_argument("--model-url", metavar="URL", help="base URL of the LLM's server (its key: FOOTNOTE_MODEL_KEY)")
            one.add_argument("--show", action="store_true", help="print the questions that failed, with their answers")

    one = command("ablation", _ablation, "what each stage of the search adds, by kind of question")
    one.add_argument("--questions", type=Path, action="append", required=True, metavar="FILE", help="JSONL of questions")
    one.add_argument("--sections", type=Path, metavar="FILE", help="JSONL of gold sections (default: those of the library)")
    one.add_argument("--library", metavar="DIR", help="the library to ask")

    one = command("cleaning", _cleaning, "boilerplate left and content lost, against gold sections")
    one.add_argument("--sections", type=Path, required=True, metavar="FILE", help="JSONL of gold sections")
    one.add_argument("--library", metavar="DIR", help="the library to look at")

    one = reporting("faithfulness", _faithfulness, "judge answers of any program, in RAGAS's columns (JSONL, JSON or CSV)")
    one.add_argument("file", type=Path, metavar="FILE", help="user_input, retrieved_contexts, response, reference")
    one.add_argument("--judge", metavar="MODEL", help="an LLM judge beside the offline figures, as 'ask --model' names it")

    one = reporting("verifier", _verifier, "how far the verifier can be trusted, over labelled pairs")
    one.add_argument("file", type=Path, metavar="FILE", help="question, contexts, answer, label, fault (JSONL, JSON or CSV)")

    one = reporting("all", _all, "every shipped set over the shipped notes, in a few minutes")
    one.add_argument("--work", type=Path, metavar="DIR", help="keep the libraries there (default: a temporary folder)")
    one.add_argument("--save", type=Path, metavar="FILE", help="write the figures and values without texts, for 'compare'")

    one = reporting("notes", _notes, "the health of your own notes: no labels needed")
    one.add_argument("--library", metavar="DIR", help="the library to look at")

    one = command("compare", _compare, "what got better or worse between two reports, beyond noise")
    one.add_argument("old", type=Path, metavar="OLD", help="a report.json, or its folder")
    one.add_argument("new", type=Path, metavar="NEW")
    one.add_argument("--fail-if-worse", action="store_true", help="exit 1 if a headline figure got worse, or is gone")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def _retrieval(args: argparse.Namespace) -> int:
    from eval import retrieval

    if (args.beir is None) == (args.questions is None):
        return _usage("retrieval", "give either --questions FILE or --beir DIR")
    with Bar() as progress, ExitStack() as stack:
        if args.beir is None:
            library, cases, sections = _asked(args, stack)
            report = retrieval.run(cases, library, sections, mode=args.mode, progress=progress)
        else:
            from eval.beir import load_beir
            from ingest.build import build

            beir = load_beir(args.beir, args.split)
            folder = args.library or stack.enter_context(tempfile.TemporaryDirectory())
            settings = Settings.load(library=folder)
            build([beir.corpus], settings, progress=progress)
            library = stack.enter_context(Library.open(settings.library_folder, settings))
            report = retrieval.run_beir(beir, library, mode=args.mode, limit=args.limit, progress=progress)
    return _told(report, args)


def _answers(args: argparse.Namespace) -> int:
    from eval import answers

    if args.questions is None:
        return _usage("answers", "give --questions FILE")
    with Bar() as progress, ExitStack() as stack:
        library, cases, sections = _asked(args, stack)
        if args.model:
            model = _model(args.model, args.model_url)
            report = answers.beside_model(cases, library, sections, model, progress=progress)
        else:
            report = answers.run(cases, library, sections, progress=progress)
    if args.show:
        print(printed(report, failures=True), file=sys.stderr)
    return _told(report, args)


def _ablation(args: argparse.Namespace) -> int:
    from eval import ablation

    with Bar() as progress, ExitStack() as stack:
        library, cases, sections = _asked(args, stack)
        found = ablation.run(cases, library, sections, progress=progress)
    print(json.dumps(ablation.means(found), ensure_ascii=False) if args.json else ablation.table(found))
    return 0


def _cleaning(args: argparse.Namespace) -> int:
    from eval.cleaning import cleaning

    settings = Settings.load(library=args.library)
    with Library.open(settings.library_folder, settings) as library:
        figures = cleaning(library, load_sections(args.sections))
    print(json.dumps(figures) if args.json else "\n".join(f"{name:36} {value}" for name, value in figures.items()))
    return 0


def _faithfulness(args: argparse.Namespace) -> int:
    from eval import faithfulness
    from eval.samples import load_samples
    from ingest.embed import load_embedder

    samples, embedder = load_samples(args.file), load_embedder()
    with Bar() as progress:
        judged = None
        if args.judge:
            from eval.judge import judge

            judged = judge(samples, _model(args.judge, None), embedder, progress=progress)
        report = faithfulness.run(samples, embedder, judged=judged, progress=progress)
    return _told(report, args)


def _verifier(args: argparse.Namespace) -> int:
    from eval import verifier
    from eval.samples import load_samples

    samples = load_samples(args.file, labelled=True)
    with Bar() as progress:
        report = verifier.run(samples, progress=progress)
    return _told(report, args)


def _all(args: argparse.Namespace) -> int:
    from eval import shipped

    with Bar() as progress, ExitStack() as stack:
        work = args.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        report = shipped.run(work, progress=progress)
    if args.save:
        record.save_figures(report, args.save)
    return _told(report, args)


def _notes(args: argparse.Namespace) -> int:
    from eval import notes

    settings = Settings.load(library=args.library)
    with Library.open(settings.library_folder, settings) as library, Bar() as progress:
        report = notes.run(library, progress=progress)
    if not args.json:
        print(printed(report, failures=True))
    return _told(report, args)


def _compare(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from eval.compare import compare, worse

    compared = compare(record.load(args.old), record.load(args.new))
    if args.json:
        print(json.dumps([asdict(each) for each in compared], ensure_ascii=False))
    else:
        print(compared_lines(compared))
    return int(args.fail_if_worse and bool(worse(compared)))


def _model(spec: str, url: str | None) -> BaseChatModel:
    from rag.generate import load_model

    model = load_model(Settings.load(model=spec, model_url=url))
    if model is None:
        raise SettingsError("model: none is named")
    return model


def _asked(args: argparse.Namespace, stack: ExitStack) -> tuple[Library, list[Case], GoldSections]:
    settings = Settings.load(library=args.library)
    library = stack.enter_context(Library.open(settings.library_folder, settings))
    sections = load_sections(args.sections) if args.sections else library_sections(library)
    known = {each["section_id"] for each in sections.records}
    cases: dict[str, Case] = {}
    for path in args.questions:
        for case in load_cases(path):
            if case.id in cases:
                raise UnreadableFile(str(path), f"the id {case.id!r} occurs twice")
            if missing := sorted(case.gold - known):
                raise UnreadableFile(str(path), f"question {case.id!r}: there is no section {missing[0]!r}")
            cases[case.id] = case
    return library, list(cases.values()), sections


def _told(report: Report, args: argparse.Namespace) -> int:
    """Print the figures; write the report where it was asked for."""
    if args.lang:
        report = replace(report, lang=args.lang)
    print(json.dumps(flat(report), ensure_ascii=False) if args.json else printed(report))
    if args.out:
        data, page = record.save(report, args.out)
        print(f"footnote: wrote {data} and {page}", file=sys.stderr)
    return 0


def _usage(command: str, message: str) -> int:
    print(f"footnote eval {command}: {message} (see 'footnote eval {command} --help')", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
