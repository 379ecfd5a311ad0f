"""``.docx``: a Word document to Markdown.

Read with the standard library alone, part by part. python-docx would unpack every part into memory before anything can
be checked (a bomb of 290 KB took 600 MB), needs 18 s for 200,000 paragraphs, and knows neither formulas nor footnotes.
Here the sizes are checked before and while unpacking, the document is never held as a whole tree, and a document type
declaration, which no Word file has, is refused, so that no entity is ever expanded or fetched.

Kept: headings (by outline level, whatever the style's language), lists and numbered headings with the numbers that Word
would show, tables, code (by style or by a fixed-width font) as fences, formulas as LaTeX, footnotes as ``[^n]``, text
boxes. Left out: deleted and hidden text, field codes, comments, headers and footers, tables of contents, pictures.

Lines are those of the text that is returned; a Word file has none that a person could look up.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element
from xml.parsers import expat

from ingest.errors import UnreadableFile, UnsupportedFormat
from ingest.load.decode import plain
from ingest.load.formula import omml
from ingest.load.lines import line_starts
from ingest.types import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.settings import Settings

_TOTAL = 200_000_000
"""Bytes to which a file may unpack; also the limit of each part."""
_RATIO, _RATIO_FROM = 100, 10_000_000
"""How far a file that unpacks to more than the second may be packed."""
_MEMBERS = 10_000
_DEPTH = 200
"""Nesting of elements."""
_ELEMENTS = 2_000_000
"""About 10 seconds of work."""
_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w.",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w.",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m.",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m.",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc.",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r.",
    "http://purl.org/dc/elements/1.1/": "dc.",
}
_FIXED_WIDTH = re.compile(
    r"courier|consolas|menlo|monaco|mono(?!type)|lucida console|source code|fira code|typewriter|等宽", re.IGNORECASE
)
_CODE_STYLE = re.compile(r"\bcode\b|source\s*code|代码|程式碼|preformatted|verbatim|listing|预设格式", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"(toc|目录|目錄) ?\d|(table of figures)", re.IGNORECASE)
_TITLE_STYLE = re.compile(r"title|标题|標題", re.IGNORECASE)
_OFF = ("0", "false", "off", "none")


def read(path: str, data: bytes, name: str, settings: Settings) -> list[Source]:
    """A Word document. Its title is its first paragraph in the style "Title", else its property, else the file's name.

    Raises ``UnreadableFile`` where it is damaged, encrypted or unpacks to too much, ``UnsupportedFormat`` where it is
    another kind of archive.
    """
    package = _Package(path, data)
    writer = _Writer(package.styles(), package.numbering())
    package.each("document", "w.body", writer.block)
    writer.end_code()
    for kind in ("footnotes", "endnotes"):
        package.each(kind, f"w.{kind}", writer.note)
    text = plain(writer.text())
    title = plain(writer.title or package.title()) or name
    return [Source(path=path, record=None, title=title, text=text, line_starts=line_starts(text), page_starts=())]


class _Package:
    """The archive: which part is which, and each part's elements, with sizes checked."""

    def __init__(self, path: str, data: bytes) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, struct.error) as exc:
            raise UnreadableFile(path, "is damaged: no valid zip archive") from exc
        members = self._zip.infolist()
        total = sum(member.file_size for member in members)
        if len(members) > _MEMBERS:
            raise UnreadableFile(path, f"has {len(members)} parts, more than {_MEMBERS}")
        if total > _TOTAL or total > max(_RATIO * len(data), _RATIO_FROM):
            raise UnreadableFile(path, f"would unpack to {total / 1e6:.0f} MB")
        self._main = self._target("", "officeDocument") or "word/document.xml"
        if self._main not in self._zip.NameToInfo:
            raise UnsupportedFormat(path, "is a zip archive, but no Word document")

    def styles(self) -> dict[str, _Style]:
        found: dict[str, _Style] = {}
        self.each("styles", "w.styles", lambda node: _add_style(found, node))
        return found

    def numbering(self) -> _Numbering:
        numbering = _Numbering()
        self.each("numbering", "w.numbering", numbering.add)
        return numbering

    def title(self) -> str:
        found: list[str] = []
        self._parse(
            "docProps/core.xml", "coreProperties", lambda node: found.append(node.text or "") if node.tag == "dc.title" else None
        )
        return " ".join("".join(found).split())

    def each(self, kind: str, root: str, handle: Callable[[Element], None]) -> None:
        """Call ``handle`` with each child of the element ``root`` of a part, in order; a part that is not there has none."""
        name = self._main if kind == "document" else self._target(self._main, kind)
        if name:
            self._parse(name, root, handle)

    def _target(self, source: str, kind: str) -> str:
        """The part that ``source`` names as its ``kind`` in its relationships."""
        folder, file = posixpath.split(source)
        found: list[str] = []

        def handle(node: Element) -> None:
            if node.get("Type", "").endswith("/" + kind) and node.get("TargetMode") != "External":
                found.append(posixpath.normpath(posixpath.join("/", folder, node.get("Target", ""))).lstrip("/"))

        self._parse(posixpath.join(folder, "_rels", f"{file}.rels"), "Relationships", handle)
        return found[0] if found else ""

    def _parse(self, name: str, root: str, handle: Callable[[Element], None]) -> None:
        if name not in self._zip.NameToInfo:
            return
        try:
            with self._zip.open(name) as file:
                data = file.read(_TOTAL + 1)
            if len(data) > _TOTAL:
                raise UnreadableFile(self._path, f"its part {name} unpacks to more than {_TOTAL / 1e6:.0f} MB")
            _parse(data, root, handle)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, LookupError) as exc:
            raise UnreadableFile(self._path, f"is damaged: {_line(name)} cannot be unpacked") from exc
        except RuntimeError as exc:  # what zipfile raises for an encrypted member
            raise UnreadableFile(self._path, "is encrypted: needs a password") from exc
        except expat.ExpatError as exc:
            raise UnreadableFile(self._path, f"is damaged: {_line(name)} is not well-formed XML") from exc
        except _Refused as exc:
            raise UnreadableFile(self._path, f"{_line(name)} {exc}") from exc


class _Refused(Exception):
    """The XML holds something that no Word document has."""


def _line(name: str) -> str:
    return " ".join(plain(name).split())[:80]


def _parse(data: bytes, root: str, handle: Callable[[Element], None]) -> None:
    """Call ``handle`` with each child of the first element ``root``, whole, and forget it."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    stack: list[Element] = []
    wanted: list[int] = []
    parts: list[str] = []  # text of the innermost element
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _ELEMENTS:
            raise _Refused(f"has more than {_ELEMENTS:,} elements")
        if len(stack) >= _DEPTH:
            raise _Refused(f"is nested more than {_DEPTH} deep")
        parts.clear()
        element = Element(_short(name), {_short(key): value for key, value in attributes.items()})
        if wanted:
            stack[-1].append(element)
        stack.append(element)
        if element.tag == root and not wanted:
            wanted.append(len(stack))

    def end(name: str) -> None:
        element = stack.pop()
        if parts and not len(element):
            element.text = "".join(parts)
        parts.clear()
        if wanted and len(stack) == wanted[0]:
            stack[-1].clear()
            handle(element)
        elif wanted and len(stack) < wanted[0]:
            wanted[0] = _DEPTH + 1  # the root ends: nothing more

    def doctype(*declaration: object) -> None:
        raise _Refused("declares a document type, which Word never does")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = parts.append
    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(data, True)


def _short(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return _PREFIXES.get(space, "") + local


def _val(node: Element | None, path: str, default: str = "") -> str:
    found = None if node is None else node.find(path)
    return default if found is None else found.get("w.val", default)


def _is_on(node: Element | None, path: str) -> bool:
    found = None if node is None else node.find(path)
    return found is not None and found.get("w.val", "true").lower() not in _OFF


# styles and numbers


class _Style:
    """What a paragraph style says: outline level (0-based, -1 for body text), numbering, font, name, and its parent."""

    def __init__(self, node: Element) -> None:
        properties = node.find("w.pPr")
        self.parent = _val(node, "w.basedOn")
        self.name = _val(node, "w.name")
        self.level = _number(_val(properties, "w.outlineLvl"))
        if self.level is None and (match := re.fullmatch(r"(?:heading|标题|標題) ?([1-9])", self.name, re.IGNORECASE)):
            self.level = int(match[1]) - 1
        self.list = _val(properties, "w.numPr/w.numId")
        self.list_level = _number(_val(properties, "w.numPr/w.ilvl"))
        self.font = _font(node.find("w.rPr"))
        self.hidden = _is_on(node, "w.rPr/w.vanish")


def _add_style(found: dict[str, _Style], node: Element) -> None:
    if node.tag == "w.style":
        found.setdefault(node.get("w.styleId", ""), _Style(node))


def _number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[0-9]{1,6}", value) else None


def _font(properties: Element | None) -> str:
    fonts = None if properties is None else properties.find("w.rFonts")
    return "" if fonts is None else fonts.get("w.ascii", "") or fonts.get("w.hAnsi", "")


class _Level:
    """One level of a numbering: its format, the text around its number, and where it starts."""

    def __init__(self, node: Element) -> None:
        self.format = _val(node, "w.numFmt", "decimal")
        self.text = _val(node, "w.lvlText")[:40]
        start = _number(_val(node, "w.start"))
        self.start = 1 if start is None else start


class _Numbering:
    """The numberings of a document, and how far each has counted."""

    def __init__(self) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}

    def add(self, node: Element) -> None:
        if node.tag == "w.abstractNum":
            levels = {_number(level.get("w.ilvl", "")) or 0: _Level(level) for level in node.findall("w.lvl")}
            self._levels[node.get("w.abstractNumId", "")] = levels
        elif node.tag == "w.num":
            self._abstract[node.get("w.numId", "")] = _val(node, "w.abstractNumId")

    def label(self, number: str, level: int) -> str | None:
        """The next label of a list, ``"-"`` for a bullet; ``None`` where there is no such list."""
        abstract = self._abstract.get(number)
        levels = self._levels.get(abstract) if abstract is not None else None
        own = levels.get(level) if levels and level < 9 else None
        if abstract is None or levels is None or own is None:
            return None
        counts = self._counts.setdefault(abstract, {})
        counts[level] = counts.get(level, own.start - 1) + 1
        for deeper in [key for key in counts if key > level]:
            del counts[deeper]
        if own.format in ("bullet", "none"):
            return "-" if own.format == "bullet" else ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            other = levels.get(at)
            return _numeral(counts.get(at, other.start), other.format) if other else ""

        return re.sub(r"%([1-9])", shown, own.text)


def _numeral(number: int, style: str) -> str:
    if style in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 10)
        return letter if style == "lowerLetter" else letter.upper()
    if style in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        return _roman(number) if style == "lowerRoman" else _roman(number).upper()
    if style.startswith(("chinese", "taiwanese", "ideograph", "japanese")) and 0 < number < 100:
        tens, ones = divmod(number, 10)
        digits = " 一二三四五六七八九"
        return (((digits[tens] if tens > 1 else "") + "十") if tens else "") + digits[ones].strip()
    if style in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 0 < number <= 20:
        return chr(0x2460 + number - 1)
    return str(number)


def _roman(number: int) -> str:
    out = ""
    for value, letters in ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):  # fmt: skip  # noqa: E501
        out += letters * (number // value)
        number %= value
    return out


# text


class _Writer:
    """Paragraphs and tables to Markdown blocks."""

    def __init__(self, styles: dict[str, _Style], numbering: _Numbering) -> None:
        self._styles = styles
        self._numbering = numbering
        self._blocks: list[tuple[str, str]] = []  # kind and text
        self._code: list[str] = []
        self._shift = 0  # headings stand one level lower below a title
        self.title = ""

    def text(self) -> str:
        """All blocks, items of a list close together."""
        out: list[str] = []
        last = ""
        for kind, text in self._blocks:
            if out:
                out.append("\n" if kind == last == "item" else "\n\n")
            out.append(text)
            last = kind
        return "".join(out) + "\n" if out else ""

    def block(self, node: Element) -> None:
        """Write a block-level element: paragraph, table, or what holds them."""
        if node.tag == "w.p":
            self._paragraph(node)
        elif node.tag == "w.tbl":
            self.end_code()
            self._table(node)
        elif node.tag == "w.sdt":
            gallery = _val(node, "w.sdtPr/w.docPartObj/w.docPartGallery")
            if gallery.lower() != "table of contents":
                self._inside(node.find("w.sdtContent"))
        elif node.tag in ("w.customXml", "w.ins", "w.moveTo", "w.smartTag"):
            self._inside(node)
        elif node.tag in ("m.oMathPara", "m.oMath"):
            self._put("formula", _display(node))
        elif node.tag == "mc.AlternateContent":
            self._inside(_alternative(node))

    def note(self, node: Element) -> None:
        """Write a footnote or endnote, as the target of its mark."""
        if node.get("w.type", "normal") != "normal":
            return
        text = " ".join(" ".join(self._runs(paragraph) for paragraph in node.iter("w.p")).split())
        if text:
            mark = "" if node.tag == "w.footnote" else "e"
            self._put("item", f"[^{mark}{node.get('w.id', '')}]: {text}")

    def end_code(self) -> None:
        """Write the code that was gathered, if any."""
        code, self._code = "\n".join(self._code).strip("\n"), []
        if code.strip():
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`{3,}", code)), default=2))
            self._put("code", f"{fence}\n{code}\n{fence}")

    def _inside(self, node: Element | None) -> None:
        for child in node if node is not None else ():
            self.block(child)

    def _put(self, kind: str, text: str) -> None:
        if text.strip():
            self._blocks.append((kind, text))

    def _paragraph(self, node: Element) -> None:
        properties = node.find("w.pPr")
        chain = list(self._chain(_val(properties, "w.pStyle")))
        names = " ".join(style.name for style in chain[:2])
        text = self._runs(node, hidden=any(style.hidden for style in chain[:1]))
        if _CONTENTS_STYLE.fullmatch(chain[0].name) if chain else False:
            return
        if self._is_code(node, chain, names):
            self._code.append(text.rstrip())
        elif self._code and not text.strip():
            self._code.append("")
        else:
            self.end_code()
            self._prose(text.strip(), properties, chain)
        for box in _boxes(node):
            self._inside(box)

    def _prose(self, text: str, properties: Element | None, chain: list[_Style]) -> None:
        level = _number(_val(properties, "w.outlineLvl"))
        if level is None:
            level = next((style.level for style in chain if style.level is not None), None)
        number = _val(properties, "w.numPr/w.numId") or next((style.list for style in chain if style.list), "")
        depth = _number(_val(properties, "w.numPr/w.ilvl"))
        if depth is None:
            depth = next((style.list_level for style in chain if style.list_level is not None), 0)
        label = self._numbering.label(number, depth) if text and number not in ("", "0") else None
        if not text:
            return
        if chain and _TITLE_STYLE.fullmatch(chain[0].name):
            self._shift = 1 if not self._blocks else self._shift
            self.title = self.title or " ".join(text.split())
            self._heading(1, text)
        elif level is not None and level < 9:
            self._heading(min(level + 1 + self._shift, 6), f"{label} {text}" if label and label != "-" else text)
        elif label:
            plain_number = re.fullmatch(r"([0-9]+)[.、)）]?", label)
            marker = "-" if label == "-" else f"{plain_number[1]}." if plain_number else f"- {label}"
            indent = "  " * min(depth, 8)
            self._put("item", f"{indent}{marker} " + text.replace("\n", f"\n{indent}  "))
        else:
            self._put("paragraph", text)

    def _heading(self, level: int, text: str) -> None:
        self._put("heading", "#" * level + " " + " ".join(text.split()))

    def _chain(self, identifier: str) -> Iterator[_Style]:
        """A style and those that it is based on."""
        for _ in range(20):
            style = self._styles.get(identifier)
            if style is None:
                return
            yield style
            identifier = style.parent

    def _is_code(self, node: Element, chain: list[_Style], names: str) -> bool:
        if _CODE_STYLE.search(names):
            return True
        usual = next((style.font for style in chain if style.font), "")
        fonts = [
            _font(run.find("w.rPr")) or usual for run in node.iter("w.r") if any((t.text or "").strip() for t in run.iter("w.t"))
        ]
        return bool(fonts) and all(_FIXED_WIDTH.search(font) for font in fonts)

    def _table(self, node: Element) -> None:
        rows = [cells for row in _rows(node) if any(cells := self._cells(row))]
        width = max(map(len, rows), default=0)
        if len(rows) < 2 or not 2 <= width <= 100:  # a frame around text, mostly code
            for row in _rows(node):
                for cell in row.findall("w.tc"):
                    self._inside(cell)
            self.end_code()
            return
        lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row + [""] * (width - len(row))) + " |" for row in rows]
        self._put("table", "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]))

    def _cells(self, row: Element) -> list[str]:
        cells: list[str] = []
        for cell in row.findall("w.tc"):
            hangs = cell.find("w.tcPr/w.vMerge")
            blank = hangs is not None and hangs.get("w.val", "continue") == "continue"
            text = "" if blank else " ".join(" ".join(self._runs(paragraph) for paragraph in cell.iter("w.p")).split())
            span = _number(_val(cell, "w.tcPr/w.gridSpan")) or 1
            cells += [text, *[""] * (min(span, 50) - 1)]
        return cells

    def _runs(self, node: Element, *, hidden: bool = False) -> str:
        return "" if hidden else "".join(_inline(node))


def _rows(table: Element) -> Iterator[Element]:
    for child in table:
        if child.tag == "w.tr":
            yield child
        elif child.tag in ("w.sdt", "w.ins", "w.customXml", "w.sdtContent"):
            yield from _rows(child)


def _display(node: Element) -> str:
    found = [omml(formula) for formula in ([node] if node.tag == "m.oMath" else node.iter("m.oMath"))]
    return "\n".join(f"$$\n{formula}\n$$" for formula in found if formula)


def _alternative(node: Element) -> Element | None:
    """Of two forms of the same content, the one for newer programs, unless it is empty."""
    choice, fallback = node.find("mc.Choice"), node.find("mc.Fallback")
    return choice if choice is not None and (len(choice) or fallback is None) else fallback


def _boxes(node: Element) -> Iterator[Element]:
    """The outermost text boxes in a paragraph, each once."""
    for child in node:
        if child.tag == "w.txbxContent":
            yield child
        else:
            chosen = _alternative(child) if child.tag == "mc.AlternateContent" else child
            if chosen is not None:
                yield from _boxes(chosen)


_SKIPPED = frozenset(
    ("w.del", "w.moveFrom", "w.instrText", "w.delText", "w.rPr", "w.pPr", "w.rt", "w.sdtPr", "w.txbxContent", "w.softHyphen",
     "w.footnoteRef", "w.endnoteRef", "w.annotationRef", "w.commentReference", "w.fldData")
)  # fmt: skip
_FIXED = {"w.tab": "\t", "w.br": "\n", "w.cr": "\n", "w.noBreakHyphen": "-"}


def _inline(node: Element) -> Iterator[str]:
    """The text of a paragraph's runs, formulas and notes' marks."""
    for child in node:
        tag = str(child.tag)
        if tag == "w.t":
            yield child.text or ""
        elif tag in _FIXED:
            yield _FIXED[tag]
        elif tag in _SKIPPED or (tag == "w.r" and _is_on(child, "w.rPr/w.vanish")):
            continue
        elif tag == "m.oMathPara":
            yield f"\n{_display(child)}\n"
        elif tag == "m.oMath":
            yield f"${formula}$" if (formula := omml(child)) else ""
        elif tag in ("w.footnoteReference", "w.endnoteReference"):
            yield f"[^{'e' if tag == 'w.endnoteReference' else ''}{child.get('w.id', '')}]"
        elif tag == "w.sym":
            yield _symbol(child)
        elif tag == "mc.AlternateContent":
            chosen = _alternative(child)
            yield from _inline(chosen) if chosen is not None else ()
        else:
            yield from _inline(child)


def _symbol(node: Element) -> str:
    """A character given by its code; those of symbol fonts (private use) mean nothing without the font."""
    code = node.get("w.char", "")
    value = int(code, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,5}", code) else 0
    return chr(value) if 0x20 <= value < 0xD800 else ""
