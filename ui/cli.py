"""The command ``footnote``: reads the command line, calls one function, prints.

Decisions:

- What scripts rely on: with ``--json`` (and always with ``--batch``) stdout holds one JSON object a line, in UTF-8,
  keys in the documented order, and nothing else; progress and errors go to stderr. Exit codes: 0 done,
  1 a ``NotesError`` (one line on stderr), 2 wrong usage.
- A batch is read and checked whole before its first line is answered: a malformed line is an error that names it, not
  a hole in the output. The ``question`` of a result is the one that was asked; a person is also shown how a follow-up
  was understood.
- Start-up is part of the product: everything but ``argparse`` is imported inside the command that needs it.
- A closed pipe (``| head``) ends the program quietly; a console that lacks a character prints ``?`` for it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import LibraryMissing, NotesError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.settings import Settings
    from ingest.store import Library

_MODEL = "LLM that writes the answers: ollama:NAME, openai:NAME, anthropic:NAME or hf:NAME (default: the notes' own words)"
_JSON_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a ``NotesError``, 2 wrong usage.

    ``argv`` is the command line without the program's name; by default that of the process.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start a pool of threads, a fifth of a cold answer's CPU
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except NotesError as exc:
        print("footnote:", " ".join(str(exc).split()), file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except SystemExit as exc:  # argparse: 0 after --help, 2 after wrong usage
        return exc.code if isinstance(exc.code, int) else 2


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["eval"]:
        from eval.run import main as evaluate

        _prepare_output(machine="--json" in arguments)
        return evaluate(arguments[1:])
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    machine = any(getattr(options, name, None) for name in ("json", "batch")) or getattr(options, "action", "") == "dump"
    _prepare_output(machine=machine)
    code: int = options.run(options)
    sys.stdout.flush()
    return code


def _prepare_output(*, machine: bool) -> None:
    """Make stdout safe for any text: exact UTF-8 with plain newlines for programs, the console's own encoding for people."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if machine and stream is sys.stdout:
            reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        else:
            reconfigure(errors="replace")


# ---------------------------------------------------------------------------------------------- the command line


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; ``footnote COMMAND --help`` prints what is said here."""
    parser = _Parser(
        prog="footnote",
        description="Ask your notes in your own words; every sentence of the answer carries a footnote.",
        epilog="Run 'footnote COMMAND --help' for the options of a command.",
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    library = _Parser(add_help=False)
    library.add_argument("--library", type=_path, metavar="DIR", help="folder of the library (default: one in your data folder)")
    as_json = _Parser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print one JSON object on one line")
    llm = _Parser(add_help=False)
    llm.add_argument("--model", metavar="SPEC", help=_MODEL)
    llm.add_argument("--model-url", type=_path, metavar="URL", help="base URL of the LLM's server (its key: FOOTNOTE_MODEL_KEY)")
    batch = _Parser(add_help=False)
    batch.add_argument("--batch", metavar="FILE|-", help="read JSON lines from FILE or standard input; print JSON lines")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, *parents: _Parser) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=list(parents))
        added.set_defaults(run=run)
        return added

    one = command("ingest", _ingest, "read notes (files or folders) into the library", library, as_json)
    one.add_argument(
        "paths", nargs="+", type=_path, metavar="PATH", help=".txt .md .html .pdf .docx .ipynb .jsonl, or a folder of them"
    )
    one.add_argument(
        "--embedding-model", type=_path, metavar="MODEL", help="folder or sentence-transformers name (default: the shipped model)"
    )

    one = command("ask", _ask, "answer a question from the notes, with footnotes", library, llm, as_json, batch)
    one.add_argument("question", nargs="?", metavar="QUESTION")
    one.add_argument("--markdown", action="store_true", help="print Markdown with footnotes")

    command("chat", _chat, "ask one question after another in the terminal", library, llm)

    one = command("search", _search, "find passages", library, as_json, batch)
    one.add_argument("query", nargs="?", metavar="QUERY")
    one.add_argument("--k", type=_at_least_one, default=10, metavar="N", help="number of passages (default: 10)")
    one.add_argument("--mode", choices=("hybrid", "dense", "lexical"), default="hybrid", help="default: hybrid")

    command("verify", _verify, "check answers against the passages they rest on (JSON lines)", as_json, batch)

    one = command("notes", _notes, "list, show, remove or dump the notes in the library", library, as_json)
    one.add_argument("action", nargs="?", choices=("list", "show", "remove", "dump"), default="list", help="default: list")
    one.add_argument("names", nargs="*", metavar="NOTE", help="for show and remove: a path, a file name or an id")

    one = command("check", _check, "check that the library is sound", library, as_json)
    one.add_argument("--repair", action="store_true", help="rebuild what can be rebuilt")

    one = command("train", _train, "adapt the embedding model to your notes: headings and what stands below them", library)
    one.add_argument("--pairs", type=_path, metavar="DIR", help="folder of pairs (*.jsonl) instead of the library's headings")
    one.add_argument("--out", type=_path, required=True, metavar="DIR", help="folder for the adapted model")

    listen = _Parser(add_help=False, parents=[llm])
    listen.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    listen.add_argument("--port", type=_port, default=7860, help="0 to 65535 (default: 7860)")
    listen.add_argument(
        "--api-key-file", type=_path, metavar="FILE", help="other programs need the key in FILE (or in FOOTNOTE_API_KEY)"
    )
    listen.add_argument(
        "--allow-origin", action="append", default=[], metavar="ORIGIN", help="let web pages of ORIGIN in (app://obsidian.md)"
    )
    listen.add_argument("--allow-ingest", action="store_true", help="let other programs add notes")

    one = command("serve", _serve, "open the web page, and doors for other programs (OpenAI's protocol, REST)", library, listen)
    one.add_argument("--no-page", action="store_true", help="the doors alone, without the web page")
    one.add_argument(
        "--auth", type=_path, metavar="FILE", help="people log in; users as in FILE or FOOTNOTE_AUTH, each with own notes"
    )

    one = command("user", _user, "say who may log in to a page that is served with --auth")
    one.add_argument("action", choices=("add", "remove", "list"), help="add: also gives another password")
    one.add_argument("name", nargs="?", type=_path, metavar="NAME")
    one.add_argument(
        "--auth", type=_path, metavar="FILE", help="the file of users; without it, add prints the line for FOOTNOTE_AUTH"
    )

    one = command("watch", _watch, "keep the library up to date with files and folders while they change", library, as_json)
    one.add_argument("paths", nargs="+", type=_path, metavar="PATH", help="a folder of notes, or a file")

    one = command("mcp", _mcp, "let an assistant ask your notes, by the Model Context Protocol", library, listen)
    one.add_argument("--http", action="store_true", help="serve it at /mcp of --host and --port instead of stdin and stdout")

    commands.add_parser("eval", help="measure answers and search on question sets", add_help=False)
    return parser


class _Parser(argparse.ArgumentParser):
    """No abbreviated options: a script that works today must not break when an option is added."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allow_abbrev = False


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, **_: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print("footnote", version("footnote-notes"))
        except PackageNotFoundError:
            print("footnote (not installed)")
        parser.exit()


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"must be from 0 to 65535, got {number}")
    return number


def _path(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty")
    return text


def _usage(command: str, message: str) -> int:
    print(f"footnote {command}: {message} (see 'footnote {command} --help')", file=sys.stderr)
    return 2


# ---------------------------------------------------------------------------------------------- ask, search, verify


def _ask(options: argparse.Namespace) -> int:
    if bool((options.question or "").strip()) == (options.batch is not None):
        return _usage("ask", "give either a QUESTION or --batch FILE")
    from time import perf_counter

    from rag.answer import ask
    from rag.generate import load_model
    from ui import render
    from ui.batch import Question, clean, read_questions

    settings = _settings(options)
    model = load_model(settings)
    jobs = [Question(None, clean(options.question))] if options.batch is None else read_questions(options.batch)
    with open_library(settings) as library:
        for job in jobs:
            began = perf_counter()
            answer = ask(job.question, library, history=job.history, model=model)
            if options.json or options.batch is not None:
                emit(render.answer_record(answer, id=job.id, question=job.question, seconds=perf_counter() - began))
            elif options.markdown:
                print(render.markdown(answer))
            else:
                print(render.terminal(answer, asked=job.question, color=_color()))
    return 0


def _chat(options: argparse.Namespace) -> int:
    from ui.chat import chat

    settings = _settings(options)
    with open_library(settings) as library:
        return chat(library, settings, color=_color())


def _search(options: argparse.Namespace) -> int:
    if bool((options.query or "").strip()) == (options.batch is not None):
        return _usage("search", "give either a QUERY or --batch FILE")
    from rag.answer import search
    from ui import render
    from ui.batch import Question, clean, read_queries

    settings = _settings(options)
    jobs = [Question(None, clean(options.query))] if options.batch is None else read_queries(options.batch)
    with open_library(settings) as library:
        for job in jobs:
            found = search(job.question, library, k=options.k, mode=options.mode)
            if options.json or options.batch is not None:
                emit({"id": job.id, "query": job.question, "passages": [render.passage_record(passage) for passage in found]})
            else:
                print(render.passages(found, query=job.question, color=_color()))
    return 0


def _verify(options: argparse.Namespace) -> int:
    if options.batch is None and sys.stdin.isatty():
        return _usage("verify", "give --batch FILE, or JSON lines on standard input")
    from ingest.settings import Settings
    from rag.judge import load_judge
    from rag.verify import verify
    from ui import render
    from ui.batch import read_claims

    judge = load_judge(Settings.load().verifier_model)
    for claim in read_claims("-" if options.batch is None else options.batch):
        result = verify(claim.answer, claim.contexts, claim.question, judge=judge)
        if options.json or options.batch is not None:
            emit(render.verification_record(result, id=claim.id))
        else:
            print(render.verification(result, id=claim.id, color=_color()))
    return 0


# ---------------------------------------------------------------------------------------------- the library


def _ingest(options: argparse.Namespace) -> int:
    from ingest.build import build
    from ingest.progress import Bar
    from ui import render

    with Bar() as progress:
        summary = build([Path(path) for path in options.paths], _settings(options), progress=progress)
    if options.json:
        emit(render.summary_record(summary))
    else:
        print(render.summary(summary, color=_color()))
    sys.stdout.flush()
    for line in render.left_out(summary):
        print("footnote:", line, file=sys.stderr)
    return 0


def _notes(options: argparse.Namespace) -> int:
    from ui import commands_notes

    if options.action in ("show", "remove") and not options.names:
        return _usage("notes", f"{options.action} needs a NOTE")
    if options.action in ("list", "dump") and options.names:
        return _usage("notes", f"{options.action} takes no NOTE")
    return commands_notes.run(options.action, options.names, _settings(options), emit=emit, machine=options.json, color=_color())


def _check(options: argparse.Namespace) -> int:
    from ui import commands_notes

    return commands_notes.check(_settings(options), repair=options.repair, emit=emit if options.json else None)


def _train(options: argparse.Namespace) -> int:
    from ingest.train.adapt import adapt_library

    pairs = Path(options.pairs) if options.pairs else None
    adapted = adapt_library(_settings(options), Path(options.out).expanduser().absolute(), pairs=pairs)
    print(adapted, file=sys.stdout if adapted.helped else sys.stderr)
    return 0


def _serve(options: argparse.Namespace) -> int:
    from ui.api.gate import read_key
    from ui.serve import serve
    from ui.users import Users

    if options.auth and options.no_page:
        return _usage("serve", "--auth is for the page; other programs show a key (--api-key-file)")
    settings = _settings(options)
    key = read_key(options.api_key_file)
    users = Users.load(options.auth)
    open_library(settings).close()
    serve(
        settings,
        host=options.host,
        port=options.port,
        page=not options.no_page,
        key=key,
        origins=options.allow_origin,
        allow_ingest=options.allow_ingest,
        users=users,
    )
    return 0


def _user(options: argparse.Namespace) -> int:
    from ui import commands_user

    if (options.name is None) != (options.action == "list"):
        return _usage("user", "list takes no NAME" if options.action == "list" else f"{options.action} needs a NAME")
    if options.auth is None and options.action != "add":
        return _usage("user", f"{options.action} needs --auth FILE")
    return commands_user.run(options.action, options.name or "", options.auth)


def _watch(options: argparse.Namespace) -> int:
    from ingest.progress import Bar
    from ui import commands_watch

    with Bar() as progress:
        emitted = emit if options.json else None
        return commands_watch.run(options.paths, _settings(options), emit=emitted, progress=progress)


def _mcp(options: argparse.Namespace) -> int:
    from ui.api import mcp
    from ui.api.gate import read_key

    settings = _settings(options)
    if not options.http:
        open_library(settings).close()
        mcp.serve_stdio(settings, allow_ingest=options.allow_ingest)
        return 0
    key = read_key(options.api_key_file)
    open_library(settings).close()
    mcp.serve_http(
        settings,
        host=options.host,
        port=options.port,
        key=key,
        origins=options.allow_origin,
        allow_ingest=options.allow_ingest,
    )
    return 0


def open_library(settings: Settings) -> Library:
    """The library of ``settings``; where there is none yet, one is first built from the notes that ship."""
    from ingest.store import Library

    try:
        return Library.open(settings.library_folder, settings)
    except LibraryMissing:
        pass
    from ingest.build import build, corpus_folder
    from ingest.progress import Bar

    print(f"footnote: no library yet; building one from the notes that ship, in {settings.library_folder}", file=sys.stderr)
    with Bar() as progress:
        build([corpus_folder()], settings, progress=progress)
    return Library.open(settings.library_folder, settings)


def _settings(options: argparse.Namespace) -> Settings:
    from ingest.settings import Settings

    embedding_model = getattr(options, "embedding_model", None)
    if embedding_model and Path(embedding_model).expanduser().is_dir():
        embedding_model = str(Path(embedding_model).expanduser().absolute())  # the library remembers it
    model, url = getattr(options, "model", None), getattr(options, "model_url", None)
    return Settings.load(library=options.library, model=model, model_url=url, embedding_model=embedding_model)


# ---------------------------------------------------------------------------------------------- output


def emit(record: object) -> None:
    """One JSON object on one line, at once; no character in it that some program takes for a line's end."""
    import json

    print(json.dumps(record, ensure_ascii=False, allow_nan=False).translate(_JSON_BREAKS), flush=True)


def _color() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        return False
    return os.name != "nt" or any(name in os.environ for name in ("WT_SESSION", "TERM", "ANSICON", "ConEmuANSI"))


if __name__ == "__main__":
    sys.exit(main())
