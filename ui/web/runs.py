"""The evaluations that were run from the page, kept in the library's folder.

Each run is a folder with the ``report.json`` and ``report.html`` that ``footnote eval --out`` writes, so that ``footnote eval
compare`` takes two of them as they are, and one can be sent to somebody; a database could do neither. ``summary.json`` beside
them holds what the list shows: a report may be megabytes. Beyond ``MOST`` the oldest goes.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ui.web.measuring import Headline, headlines, load, page, save

if TYPE_CHECKING:
    from pathlib import Path

    from ui.web.measuring import Report

FOLDER = "runs"
MOST = 50
_ID = re.compile(r"\d{8}-\d{6}-\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One evaluation in the list."""

    id: str
    kind: str
    name: str
    """The file of questions; empty for one's own notes."""
    when: float
    """Seconds since 1970."""
    seconds: float
    figures: tuple[Headline, ...]


class Runs:
    """The runs over one library. Every method may be called from any thread."""

    def __init__(self, library: Path) -> None:
        self._folder = library / FOLDER

    def all(self) -> list[Run]:
        """The runs, newest first."""
        found = []
        with suppress(OSError):
            for folder in self._folder.iterdir():
                with suppress(OSError, ValueError, TypeError, KeyError):
                    if _ID.fullmatch(folder.name):
                        record = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
                        figures = tuple(Headline(**figure) for figure in record.pop("figures"))
                        found.append(Run(**{**record, "id": folder.name, "figures": figures}))
        return sorted(found, key=lambda run: run.id, reverse=True)

    def save(self, report: Report, name: str, seconds: float) -> Run:
        """Keep a report. Raises ``NotesError`` where the folder cannot be written."""
        when = time.time()
        id_ = time.strftime("%Y%m%d-%H%M%S", time.localtime(when)) + f"-{int(when * 1000) % 1000:03}"
        run = Run(id=id_, kind=report.kind, name=name, when=when, seconds=seconds, figures=tuple(headlines(report)))
        save(report, self._folder / id_)
        try:
            (self._folder / id_ / "summary.json").write_text(json.dumps(asdict(run), ensure_ascii=False), encoding="utf-8")
        except OSError as exc:
            raise StoreError(f"{self._folder / id_}: cannot be written ({exc.strerror or exc})") from exc
        for old in self.all()[MOST:]:
            self.delete(old.id)
        return run

    def html(self, id_: str, language: str) -> str:
        """The report's page in ``language``; empty where there is none."""
        report = load(self._folder / id_, language) if _ID.fullmatch(id_) else None
        return page(report) if report is not None else ""

    def delete(self, id_: str) -> None:
        """Delete a run."""
        if _ID.fullmatch(id_):
            shutil.rmtree(self._folder / id_, ignore_errors=True)
