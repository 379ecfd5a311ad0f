"""``.pdf``: the text layer, page by page, by pypdf in a child process.

A PDF of 8 KB can hold a parser for 14 seconds, and others make it fail in ways that no library promises. So the parser
runs in a child with limits on CPU time and memory (where the system has them; everywhere a limit on wall-clock time,
three times as long), in a session of its own, and hands each page over as soon as it is read. What was read within the
limits is kept; the pages that were not are named in a warning. Only if nothing was read is the file refused.

Within the child a timer ends single pages that take too long, so that one of them does not cost the others.

What becomes of the lines is told in :mod:`ingest.load.layout`. Line numbers are those of the text that is returned: a
PDF has no lines that a person could look up, but it has pages, and these are kept.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import islice
from math import hypot
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import normalize

from ingest.errors import UnreadableFile
from ingest.load.decode import plain
from ingest.load.layout import Bookmark, PageLine, flow
from ingest.load.lines import line_starts
from ingest.types import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from pypdf import PageObject, PdfReader

    from ingest.settings import Settings

T = TypeVar("T")

_PAGES = 5_000
_CHARACTERS = 5_000_000
_BOOKMARKS = 10_000
_PAGE_SHARE = 4
"""A single page may take this part of the whole time."""
_CHILD = "import sys; sys.path[:] = {path!r}; from ingest.load.pdf import main; main()"
_FIXED_WIDTH = ("courier", "mono", "consol", "menlo", "typewriter", "cmtt", "sfrm-tt", "inconsolata", "sourcecode", "firacode")

_RADICALS = "⺠民⻄西⻅见⻆角⻉贝⻋车⻑長⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻨麦⻩黄⻬齐⻮齿⻰龙⻁虎"
_GLYPHS = {
    **{code: normalize("NFKC", chr(code)) for code in (*range(0x2F00, 0x2FD6), 0x2E9F, 0x2EF3, *range(0xFB00, 0xFB07))},
    0xAD: "-",  # a soft hyphen that shows
    **{ord(radical): character for radical, character in zip(_RADICALS[::2], _RADICALS[1::2], strict=True)},
}
"""Radicals and ligatures that stand for whole characters. Where several characters share a glyph, programs that write PDFs
often name the wrong one ("⼒" for "力"): no writer typed it, and no search would find it."""

_NO_TITLES = frozenset({"about:blank", "untitled", "untitled document", "untitled.pdf", "无标题", "无标题文档", "未命名"})
"""What programs write as the title of a document that has none."""

_log = logging.getLogger(__name__)


def read(path: str, data: bytes, name: str, settings: Settings) -> list[Source]:
    """A PDF. Its title is its metadata's, if that says anything, else the file's name.

    Raises ``UnreadableFile``: "needs a password", "has no text layer (a scan?)", damaged, too slow, too large to parse.
    """
    found = _Result(path)
    ended = found.take(_run(path, settings))
    if not found.pages:
        raise UnreadableFile(path, found.error or ended)
    text, starts = flow(found.pages, found.outline)
    shown = "".join(text.split())
    if not shown.strip("`#"):
        failed = found.failed[min(found.failed)] if found.failed else ""
        raise UnreadableFile(path, f"none of its pages could be read: {failed}" if failed else "has no text layer (a scan?)")
    unknown = sum(character in "\ufffd\ufffe\uffff" or "\ue000" <= character <= "\uf8ff" for character in shown)
    if unknown > len(shown) / 2:
        raise UnreadableFile(path, "its fonts do not say which characters they show")
    found.warn(ended)
    return [
        Source(path=path, record=None, title=found.title or name, text=text, line_starts=line_starts(text), page_starts=starts)
    ]


class _Result:
    """What the child handed over."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._count = 0
        self.title = ""
        self.error = ""
        self.pages: list[list[PageLine]] = []
        self.outline: list[Bookmark] = []
        self.failed: dict[int, str] = {}
        self._done = False

    def take(self, output: tuple[bytes, str]) -> str:
        """Read the child's lines; returns why it ended early, if it did."""
        for line in output[0].split(b"\n"):
            try:
                message: dict[str, Any] = json.loads(line) if line else {}
            except ValueError:  # cut off when the child was ended
                break
            self._handle(message)
        return "" if self._done or self.error else output[1]

    def _handle(self, message: dict[str, Any]) -> None:
        if "count" in message:
            self._count = message["count"]
            title = " ".join(plain(message["title"]).split())[:300]
            self.title = "" if title.casefold() in _NO_TITLES else title
            self.outline = [Bookmark(level, plain(title), page) for level, title, page in message["outline"]]
        elif "lines" in message:
            lines = (PageLine(_characters(text), size, x, y, fixed) for text, size, x, y, fixed in message["lines"])
            self.pages.append([line for line in lines if line.text.strip()])
            if message["failed"]:
                self.failed[len(self.pages)] = message["failed"]
        elif "error" in message:
            self.error = message["error"]
        elif "done" in message:
            self._done = True

    def warn(self, ended: str) -> None:
        """Say which pages are missing."""
        for page, why in islice(self.failed.items(), 1):
            others = f" and {len(self.failed) - 1} others" if len(self.failed) > 1 else ""
            _log.warning("%s: page %d%s could not be read: %s", self._path, page, others, why)
        reason = ended or self.error
        if reason and len(self.pages) < self._count:
            _log.warning("%s: only the first %d of %d pages were read: %s", self._path, len(self.pages), self._count, reason)


def _characters(text: str) -> str:
    """A line's text, with the characters that its glyphs were taken from."""
    return plain(text).replace("\n", " ").translate(_GLYPHS)


def _run(path: str, settings: Settings) -> tuple[bytes, str]:
    """Run the child on ``path``: its output, and why it would have ended early."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    program = _CHILD.format(path=[root, *(entry for entry in sys.path if entry)])
    limits = str(settings.pdf_seconds), str(settings.pdf_megabytes)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", program, path, *limits],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    slow = f"took more than {settings.pdf_seconds} s (the setting pdf_seconds)"
    with process:
        try:
            output, _ = process.communicate(timeout=3 * settings.pdf_seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return process.communicate()[0], slow
        except BaseException:
            _end(process)
            raise
    if process.returncode == -getattr(signal, "SIGXCPU", 0) or process.returncode == -getattr(signal, "SIGKILL", 0):
        return output, slow
    return output, f"ended the PDF parser (exit status {process.returncode})"


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


# the child


class _Slow(BaseException):
    """Time is up. Not an ``Exception``: pypdf passes over those in places."""


def main() -> None:
    """The child: ``path``, seconds and megabytes from the arguments, one JSON object a line to standard output."""
    path, seconds, megabytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    _limit(seconds, megabytes)
    try:
        for message in _messages(path, seconds):
            _say(message)
    except _Slow:
        _say({"error": f"took more than {seconds} s (the setting pdf_seconds)"})
    except MemoryError:
        _say({"error": f"needed more than {megabytes} MB (the setting pdf_megabytes)"})
    except Exception as exc:
        _say({"error": _reason(exc)})
    sys.stdout.flush()
    os._exit(0)  # the parser's objects need not be taken down one by one


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _limit(seconds: int, megabytes: int) -> None:
    logging.disable(logging.CRITICAL)
    try:
        import resource
    except ImportError:  # Windows: the parent's clock alone
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _timer(seconds: float) -> None:
    """Raise ``_Slow`` in this thread after that much CPU time, and again each second if something holds it back; 0 ends it."""
    if hasattr(signal, "setitimer"):

        def ring(number: int, frame: FrameType | None) -> None:
            raise _Slow

        signal.signal(signal.SIGPROF, ring)
        signal.setitimer(signal.ITIMER_PROF, seconds, 1.0 if seconds else 0.0)


def _messages(path: str, seconds: int) -> Iterator[dict[str, Any]]:
    from time import process_time

    from pypdf import PdfReader

    _timer(seconds)
    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        yield {"error": "is encrypted: needs a password"}
        return
    count = len(reader.pages)
    yield {"count": count, "title": _title(reader), "outline": _outline(reader)}
    characters = 0
    for number in range(count):
        left = seconds - process_time()
        if number == _PAGES or characters > _CHARACTERS or left < 0.1:
            most = f"{_PAGES:,} pages" if number == _PAGES else f"{_CHARACTERS:,} characters"
            yield {"error": f"took more than {seconds} s (the setting pdf_seconds)" if left < 0.1 else f"has more than {most}"}
            return
        lines, failed = _page(reader, number, min(left, max(1.0, seconds / _PAGE_SHARE)))
        characters += sum(len(line[0]) for line in lines)
        yield {"lines": lines, "failed": failed}
    yield {"done": True}


def _page(reader: PdfReader, number: int, seconds: float) -> tuple[list[list[Any]], str]:
    """The lines of a page; none, and why, if it cannot be read."""
    try:
        _timer(seconds)
        return _lines(reader.pages[number]), ""
    except _Slow:
        return [], f"took more than {seconds:.0f} s"
    except MemoryError:
        return [], "needed too much memory"
    except Exception as exc:
        return [], _reason(exc)
    finally:
        _timer(0)


def _lines(page: PageObject) -> list[list[Any]]:
    """Text, size, x, y and whether the font is of fixed width, of each line of a page."""
    lines: list[list[Any]] = []
    pieces: list[tuple[str, float, float, float, bool]] = []

    def end() -> None:
        weights: dict[float, int] = {}
        for text, size, _, _, _ in pieces:
            weights[size] = weights.get(size, 0) + len(text)
        first = pieces[0]
        size = max(weights, key=lambda size: weights[size])
        fixed = all(piece[4] for piece in pieces if piece[0].strip())
        lines.append(["".join(piece[0] for piece in pieces), size, first[2], first[3], fixed])
        pieces.clear()

    def visit(text: str, cm: list[float], tm: list[float], font: dict[str, Any] | None, size: float) -> None:
        height = hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3]) * abs(size)
        x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        fixed = _is_fixed(str((font or {}).get("/BaseFont", "")))
        for number, part in enumerate(text.split("\n")):
            if number and pieces:
                end()
            if part and (part.strip() or pieces):
                pieces.append((part, _points(height), _points(x), _points(y), fixed))

    page.extract_text(visitor_text=visit)
    if pieces:
        end()
    return lines


def _points(value: float) -> float:
    """A length to a tenth of a point, bounded, whatever the file says."""
    return round(min(max(value, -1e5), 1e5), 1) if value == value else 0.0


def _is_fixed(font: str) -> bool:
    name = font.lower().replace(" ", "").replace("-", "")
    return any(part in name for part in _FIXED_WIDTH)


def _title(reader: PdfReader) -> str:
    return _guarded(lambda: str((reader.metadata.title if reader.metadata else "") or ""), "")


def _outline(reader: PdfReader) -> list[tuple[int, str, int]]:
    found: list[tuple[int, str, int]] = []

    def walk(entries: list[Any], level: int) -> None:
        for entry in entries:
            if len(found) >= _BOOKMARKS or level > 6:
                return
            if isinstance(entry, list):
                walk(entry, level + 1)
            else:
                page = reader.get_destination_page_number(entry)
                if page is not None and page >= 0:
                    found.append((level, str(entry.title or ""), page))

    _guarded(lambda: walk(reader.outline, 1), None)
    return found


def _guarded(get: Callable[[], T], default: T) -> T:
    """What is good to have but not worth losing the text for."""
    try:
        _timer(2)
        return get()
    except (Exception, _Slow):
        return default
    finally:
        _timer(0)


def _reason(exc: Exception) -> str:
    from pypdf import errors

    if isinstance(exc, errors.DependencyError):
        return "is encrypted with AES: needs the package cryptography (pip install cryptography)"
    if isinstance(exc, errors.FileNotDecryptedError):
        return "is encrypted: needs a password"
    if isinstance(exc, RecursionError):
        return "is damaged: nested too deeply"
    text = " ".join(str(exc).split())[:100]
    return f"is damaged: {text}" if isinstance(exc, errors.PyPdfError) and text else f"is damaged ({type(exc).__name__})"
