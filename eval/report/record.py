"""The types of a report, what makes one out of measured cases, and its JSON form (``schema`` 1).

    Report
    └── Part ("answers: corpus")
        ├── Figure   a statistic of named values of some cases, with its interval
        ├── Outcome  one case: its values, and what a person needs to see where it failed
        └── Plot     which values to draw, and how

A figure says which values of which cases it is made of, so whoever has the JSON can compute it again. The JSON is the same for
the same input, byte for byte, but for ``timing`` (seconds and speeds), which ``texts=False`` leaves out with all texts.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from eval.metrics.statistics import STATISTICS, interval
from ingest.errors import UnreadableFile
from ingest.lexical import has_chinese

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from eval.metrics.statistics import Row

    Progress = Callable[[int, int, str], None]
    """Called with (done, total, what)."""

SCHEMA = 1
DIGITS = 6
Language = Literal["zh", "en"]
Better = Literal["higher", "lower", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence of an answer, or a passage: its text and what is to be said about it."""

    text: str
    note: str = ""
    """Why it fails; for a passage, where it stands."""
    verdict: str = ""
    support: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One case as it was measured."""

    id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    """What to group by: ``lang``, ``kind``, ``fault``."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    """``None``: there is no such value for this case."""
    failures: tuple[tuple[str, str], ...] = ()
    """(what failed, a key of ``strings``; details); empty where all is well."""
    question: str = ""
    answer: tuple[Line, ...] = ()
    evidence: tuple[Line, ...] = ()
    expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with its 95 % interval."""

    name: str
    of: str = "mean"
    """A key of ``eval.metrics.statistics.STATISTICS``."""
    values: tuple[str, ...] = ()
    """Values of the cases that the statistic takes; empty: the one of the figure's name."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Only cases with these tags."""
    better: Better = "higher"
    headline: bool = False
    """Shown first, and what ``eval compare --fail-if-worse`` looks at."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    count: int = 0

    def rows(self, outcomes: Sequence[Outcome]) -> dict[str, Row]:
        """The values of each case that counts, by its id."""
        names = self.values or (self.name,)
        out: dict[str, Row] = {}
        for outcome in outcomes:
            if all(outcome.tags.get(tag) == wanted for tag, wanted in self.where.items()):
                row = tuple(value for name in names if (value := outcome.values.get(name)) is not None)
                if len(row) == len(names):
                    out[outcome.id] = row
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """``risk-coverage`` and ``reliability`` draw two values (confidence and error; score and right), ``distribution`` the first,
    apart for each value of the tag ``by``.
    """

    kind: Literal["risk-coverage", "reliability", "distribution"]
    name: str
    values: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was measured over one set of cases."""

    name: str
    figures: tuple[Figure, ...]
    outcomes: tuple[Outcome, ...]
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run of an evaluation."""

    kind: str
    """The command: ``retrieval``, ``answers``, ``faithfulness``, ``verifier``, ``notes``, ``all``."""
    parts: tuple[Part, ...]
    lang: Language
    timing: Mapping[str, float] = field(default_factory=dict)

    def figure(self, name: str, part: str = "") -> Figure:
        """The figure of that name (in the part of that name, or the first that has it); ``KeyError``."""
        for each in self.parts:
            for figure in each.figures if part in ("", each.name) else ():
                if figure.name == name:
                    return figure
        raise KeyError(f"{part}: {name}" if part else name)


def part(name: str, outcomes: Sequence[Outcome], figures: Sequence[Figure], plots: Sequence[Plot] = ()) -> Part:
    """A part with its figures computed; figures that no case has values for are left out. Values are kept to 6 digits."""
    kept = tuple(replace(outcome, values={key: _rounded(value) for key, value in outcome.values.items()}) for outcome in outcomes)
    computed = []
    for figure in figures:
        rows = list(figure.rows(kept).values())
        value = STATISTICS[figure.of](rows)
        if value is not None:
            low, high = interval(figure.of, rows) or (None, None)
            computed.append(replace(figure, value=_rounded(value), low=_rounded(low), high=_rounded(high), count=len(rows)))
    return Part(name=name, figures=tuple(computed), outcomes=kept, plots=tuple(plots))


def language(texts: Sequence[str]) -> Language:
    """The language of most of the texts."""
    return "zh" if 2 * sum(map(has_chinese, texts)) >= len(texts) else "en"


def joined(kind: str, reports: Sequence[Report]) -> Report:
    """Several reports as one, in order; the language is that of most of them."""
    chinese = sum(report.lang == "zh" for report in reports)
    return Report(
        kind=kind,
        parts=tuple(each for report in reports for each in report.parts),
        lang="zh" if 2 * chinese >= len(reports) else "en",
        timing={name: value for report in reports for name, value in report.timing.items()},
    )


def to_json(report: Report, *, texts: bool = True) -> str:
    """The report as JSON; ``texts=False`` keeps the figures and the values of each case alone."""
    record = {"schema": SCHEMA, **asdict(report)}
    if texts:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    del record["timing"]
    for each in record["parts"]:
        each["table"] = _table(each.pop("outcomes"))
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace('],["', '],\n["') + "\n"  # a case a line; within a string the quotation mark would be escaped


def save(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write ``report.json`` and ``report.html`` into the folder (made where it is missing); raises ``UnreadableFile``."""
    from eval.report.page import html

    written = folder / "report.json", folder / "report.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(written, (to_json(report), html(report)), strict=True):
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as exc:
        raise UnreadableFile(str(folder), f"cannot be written ({exc.strerror or exc})") from exc
    return written


def save_figures(report: Report, file: Path) -> None:
    """Write the JSON without texts and timing: small, and the same for the same input. Raises ``UnreadableFile``."""
    try:
        file.write_text(to_json(report, texts=False), encoding="utf-8", newline="\n")
    except OSError as exc:
        raise UnreadableFile(str(file), f"cannot be written ({exc.strerror or exc})") from exc


def load(path: Path) -> Report:
    """Read a report's JSON (a folder stands for its ``report.json``); raises ``UnreadableFile``."""
    path = path / "report.json" if path.is_dir() else path
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise UnreadableFile(str(path), f"is a report of schema {record['schema']}, this program knows {SCHEMA}")
        return _report(record)
    except (OSError, ValueError) as exc:
        raise UnreadableFile(str(path), str(exc)) from exc
    except (AttributeError, KeyError, TypeError) as exc:
        raise UnreadableFile(str(path), f"is no report of 'footnote eval' ({exc!r})") from exc


def _report(record: dict[str, Any]) -> Report:
    parts = [
        Part(
            name=each["name"],
            figures=tuple(Figure(**{**figure, "values": tuple(figure["values"])}) for figure in each["figures"]),
            outcomes=tuple(_outcomes(each)),
            plots=tuple(Plot(**{**plot, "values": tuple(plot["values"])}) for plot in each["plots"]),
        )
        for each in record["parts"]
    ]
    return Report(kind=record["kind"], parts=tuple(parts), lang=record["lang"], timing=record.get("timing", {}))


def _table(outcomes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Ids, tags and values alone: a third of the size, which a file that is kept under version control is glad of."""
    tags = sorted({tag for outcome in outcomes for tag in outcome["tags"]})
    values = sorted({value for outcome in outcomes for value in outcome["values"]})
    rows = [
        [each["id"], *(each["tags"].get(tag, "") for tag in tags), *(_short(each["values"].get(name)) for name in values)]
        for each in outcomes
    ]
    return {"tags": tags, "values": values, "rows": rows}


def _outcomes(record: dict[str, Any]) -> Iterable[Outcome]:
    if "table" not in record:
        return [_outcome(outcome) for outcome in record["outcomes"]]
    tags, values = record["table"]["tags"], record["table"]["values"]
    return [
        Outcome(
            id=row[0],
            tags=dict(zip(tags, row[1 : len(tags) + 1], strict=True)),
            values=dict(zip(values, row[len(tags) + 1 :], strict=True)),
        )
        for row in record["table"]["rows"]
    ]


def _short(value: float | None) -> float | int | None:
    return value if value is None or value % 1 else int(value)


def _outcome(record: dict[str, Any]) -> Outcome:
    lines = {key: tuple(Line(**line) for line in record.get(key, ())) for key in ("answer", "evidence")}
    failures = tuple((what, detail) for what, detail in record.get("failures", ()))
    return Outcome(**{**record, **lines, "failures": failures})


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS) + 0.0
