"""``.html``: a saved web page to Markdown, with the line of the file that each piece came from.

No tree is built: one pass over the tokens writes blocks, so that time and memory stay linear and 200,000 unclosed tags
are nothing special. What a page's own tags say is kept (headings, lists, tables, code, formulas, ``x^2`` for a
superscript) and what they say is no content is left out: scripts, styles, ``nav``, ``footer``, hidden elements, buttons,
line numbers of code blocks, tables of contents (lists of links into the page itself), link lists inside ``aside``.
Everything that needs judgement is left to :mod:`ingest.clean`. Pictures are left out, but for those of formulas.

``visibility: hidden`` is no reason to leave something out: WeChat articles are saved with it on their body. Content is
hidden by ``hidden``, ``aria-hidden`` (formulas excepted) and ``display: none``.

Formulas: the LaTeX that KaTeX, MathJax, Zhihu and Wikipedia carry along, else MathML's structure, else the picture's
``alt``. A table is written as one if it has two rows and columns and no blocks in it; else it was layout, and flows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from ingest.errors import UnreadableFile
from ingest.load.decode import decode
from ingest.load.formula import mathml, tex
from ingest.load.lines import Lines, line_starts
from ingest.load.markup import Token, tokens, unescape
from ingest.types import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.settings import Settings

_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,30})|^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.-]{2,30})""", re.I
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID = _names("area base br col embed hr img input link meta param source track wbr basefont bgsound frame keygen")
_SKIPPED = _names(
    "script style template noscript nav footer button select textarea dialog svg canvas audio video object map iframe "
    "noembed noframes rp rt xmp datalist"
)
_SKIPPED_ROLES = _names("navigation contentinfo search menu menubar toolbar dialog alertdialog")
_SKIPPED_CLASSES = _names(
    "pre-numbering linenos lineno linenumber line-numbers-rows gutter hljs-ln-numbers code-snippet__line-index headerlink "
    "header-anchor anchor-link MathJax_Preview"
)
_BLOCKS = _names(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form header hgroup hr "
    "html legend li main nav ol p pre search section summary table tbody td tfoot th thead tr ul caption h1 h2 h3 h4 h5 h6"
)
_CLOSES_P = _BLOCKS - {"body", "html", "td", "th", "tr", "tbody", "thead", "tfoot", "caption"}
_FLOW_IN_TABLE = _names("h1 h2 h3 h4 h5 h6 pre table")
_ENDS_HEADING = _FLOW_IN_TABLE | _names("p ul ol dl blockquote")
_IMPLIED = {
    "li": (("li", ("ul", "ol")),),
    "dt": (("dt", ("dl",)), ("dd", ("dl",))),
    "dd": (("dt", ("dl",)), ("dd", ("dl",))),
    "td": (("td", ("table", "tr")), ("th", ("table", "tr"))),
    "th": (("td", ("table", "tr")), ("th", ("table", "tr"))),
    "tr": (("tr", ("table",)),),
    "tbody": (("tr", ("table",)), ("tbody", ("table",)), ("thead", ("table",))),
    "tfoot": (("tr", ("table",)), ("tbody", ("table",)), ("thead", ("table",))),
}
"""What a start tag closes, if it is open within the innermost of its scopes."""
_SPACE = re.compile(r"[ \t\f\xa0]+")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight(?:-source)?|brush:)[-\s]?([a-zA-Z][\w+#]{0,19})(?=\s|;|$)")
_MATH_PICTURE = re.compile(r"equation\?tex=|latex|codecogs|\btex\b|mathtex|\bmath", re.IGNORECASE)
_SCRIPT = re.compile(r"(?!(?:st|nd|rd|th)$)[^\[\]\s].{0,11}")
_LIST_DEPTH = 8
"""List levels that are indented; deeper ones stay at that depth."""
_COLUMNS = 100
"""A wider table is none, and flows."""
_TOKENS = 2_000_000
"""About 10 seconds of work."""
_MATH_DEPTH, _MATH_TEXT = 100, 5000
"""Nesting of a formula, and characters of one of its symbols, that are kept."""


def read(path: str, data: bytes, name: str, settings: Settings) -> list[Source]:
    """A web page. Its title is ``<h1>`` where ``<title>`` only adds the site's name to it, else ``<title>``, else ``<h1>``.

    Raises ``UnreadableFile`` where the text cannot be decoded or has more tags than any page of notes.
    """
    match = _CHARSET.search(data[:4096])
    declared = (match[1] or match[2]).decode("ascii") if match else None
    text = decode(data, path, declared=declared)
    page = _Page(text)
    for number, token in enumerate(tokens(text)):
        if number == _TOKENS:
            raise UnreadableFile(path, f"has more than {_TOKENS:,} tags and texts, which no page of notes has")
        page.take(token)
    body, starts = page.finish()
    bare = page.heading and re.match(rf"{re.escape(page.heading)}\s*[-–—_|·•:：(（【]", page.title)
    title = page.heading if bare else page.title or page.heading
    return [Source(path=path, record=None, title=title or name, text=body, line_starts=starts, page_starts=())]


class _Table:
    """A table whose cells are gathered until it is known to be one."""

    def __init__(self) -> None:
        self.gathering = True
        self.before: list[tuple[int, str]] = []  # the caption, and what stands between cells
        self.rows: list[tuple[int, list[str]]] = []
        self._hanging: dict[int, int] = {}  # rows for which a cell from above still fills a column
        self._columns, self._down = 1, 1  # of the open cell

    def row(self, line: int) -> None:
        self.rows.append((line, []))

    def span(self, columns: str, rows: str) -> None:
        self._columns = int(columns) if re.fullmatch(r"[1-9][0-9]?", columns) else 1
        self._down = int(rows) if re.fullmatch(r"[1-9][0-9]{0,2}", rows) else 1

    def cell(self, line: int, text: str) -> None:
        """Add the open cell; what it spans, and what hangs down from cells above, is blank."""
        if not self.rows:
            self.row(line)
        cells = self.rows[-1][1]
        while self._hanging.get(len(cells), 0) > 0 and len(cells) < _COLUMNS:
            self._hanging[len(cells)] -= 1
            cells.append("")
        for number in range(min(self._columns, max(1, _COLUMNS - len(cells)))):
            self._hanging[len(cells)] = self._down - 1
            cells.append("" if number else text)

    def is_data(self) -> bool:
        filled = [cells for _, cells in self.rows if any(cells)]
        return len(filled) >= 2 and 2 <= max(sum(map(bool, cells)) for cells in filled) <= max(map(len, filled)) <= _COLUMNS

    def markdown(self) -> list[tuple[int, str]]:
        """Its lines, the first row as the head."""
        rows = [(line, cells) for line, cells in self.rows if any(cells)]
        width = max(len(cells) for _, cells in rows)
        lines = [
            (line, "| " + " | ".join(cell.replace("|", "\\|") for cell in cells + [""] * (width - len(cells))) + " |")
            for line, cells in rows
        ]
        return [lines[0], (lines[0][0], "|" + " --- |" * width), *lines[1:]]


class _List:
    """An open list: its indent, and the number of its next item if it has numbers."""

    def __init__(self, number: int | None, indent: str) -> None:
        self.number = number
        self.indent = indent
        self.inner = indent + ("  " if number is None else "   ")

    def marker(self) -> str:
        if self.number is None:
            return self.indent + "- "
        self.number += 1
        return f"{self.indent}{self.number - 1}. "


class _Page:
    """The state of one pass over a page. Text goes into a block, and a finished block into ``lines``."""

    def __init__(self, text: str) -> None:
        self.starts = line_starts(text)
        self.lines = Lines()
        self.line = 1
        self.title = ""
        self.heading = ""
        self._site_title = ""
        self._stack: list[str] = []
        self._open: dict[str, list[int]] = {}  # of each name, where it stands in the stack
        self._skip = -1  # length of the stack in the outermost element that is left out
        self._raw = ""  # what the raw text that follows is
        self._has_math_scripts = "math/tex" in text
        self._block: list[tuple[int, str]] = []
        self._prefix = ""  # marker of the next block
        self._gap = ""  # white space before the next word
        self._script = ""  # "^" or "_" before the next word
        self._last = ""  # kind of the last block
        self._tight = False  # the next block goes on after a line break
        self._code = -1  # where inline code began in the block
        self._pre: list[tuple[int, str]] | None = None
        self._language = ""
        self._lists: list[_List] = []
        self._list_mark = (0, "")  # where the outermost list began
        self._counts = [0, 0, 0]  # its characters, those in links, those in links to a place in a page
        self._items = 0
        self._link = 0
        self._tables: list[_Table] = []
        self._math: list[Element] = []
        self._katex = False  # the formula of this KaTeX element has been written

    def take(self, token: Token) -> None:
        """Go on with the next token."""
        while self.line < len(self.starts) and self.starts[self.line] <= token.at:
            self.line += 1
        if token.kind == "start":
            self._on_start(token)
        elif token.kind == "end":
            self._on_end(token.value)
        elif token.kind == "raw":
            self._on_raw(token.value)
        elif self._skip >= 0:
            return
        elif self._math:
            _append(self._math[-1], unescape(token.value))
        elif self._pre is not None:
            for number, part in enumerate(token.value.split("\n")):
                self._pre.append((self.line + number, ("\n" if number else "") + unescape(part).replace("\xa0", " ")))
        else:
            self._text(token.value)

    def finish(self) -> tuple[str, tuple[int, ...]]:
        """The page as Markdown and its line table."""
        if self._math:
            self._end_math()
        self._pop_to(0)
        self._flush()
        self.title = " ".join((self.title.strip() or self._site_title).split())
        return self.lines.finish(len(self.starts))

    # elements

    def _on_start(self, token: Token) -> None:
        name = token.value
        if self._math:
            if name not in _BLOCKS:
                self._inside_math(token)
                return
            self._end_math()  # it was never closed
        if name == "meta" and token.attributes.get("property", token.attributes.get("name")) == "og:title":
            self._site_title = self._site_title or token.attributes.get("content", "")
        if name in ("script", "title"):
            kind = token.attributes.get("type", "").lower()
            self._raw = name if name == "title" else kind if kind.startswith("math/tex") else ""
        self._imply_ends(name)
        if name in _VOID:
            if self._skip < 0:
                self._on_void(token)
            return
        self._open.setdefault(name, []).append(len(self._stack))
        self._stack.append(name)
        if self._skip < 0:
            self._enter(token)

    def _enter(self, token: Token) -> None:
        name, attributes = token.value, token.attributes
        if self._is_left_out(token):
            if name in _BLOCKS:
                self._at_block(name)
            self._skip = len(self._stack)
            return
        if formula := attributes.get("data-tex") or attributes.get("data-latex") or _carried(attributes.get("data-mathml", "")):
            self._formula(formula, display=False)
            self._skip = len(self._stack)
            return
        classes = attributes.get("class", "")
        if classes == "katex":
            self._katex = False
        if name in ("pre", "code", "div", "figure") and (language := _LANGUAGE.search(classes)):
            self._language = language[1].lower()
        if self._pre is not None:
            self._inside_pre(name)
            return
        if name in _BLOCKS:
            self._at_block(name)
        if enter := _ENTER.get(name):
            enter(self, token)

    def _on_end(self, name: str) -> None:
        if self._math:
            if name == "math":
                self._end_math()
            elif len(self._math) > 1 and self._math[-1].tag == name:
                self._math.pop()
                return
            else:
                return
        if self._open.get(name):
            self._pop_to(self._open[name][-1])
        elif name == "p" and self._skip < 0:
            self._at_block(name)

    def _pop_to(self, depth: int) -> None:
        while len(self._stack) > depth:
            name = self._stack.pop()
            self._open[name].pop()
            if self._skip >= 0:
                self._skip = -1 if len(self._stack) < self._skip else self._skip
            elif self._pre is None or name == "pre":
                if leave := _LEAVE.get(name):
                    leave(self)
                if name in _BLOCKS:
                    self._at_block(name)

    def _imply_ends(self, name: str) -> None:
        """Close what HTML lets a writer leave open before ``name``; of what is left out only its inside and itself."""
        if name in _CLOSES_P and self._pre is None:
            self._close("p", ())
        for closed, scopes in _IMPLIED.get(name, ()):
            self._close(closed, scopes)

    def _close(self, name: str, scopes: tuple[str, ...]) -> None:
        at = self._open.get(name)
        if at and at[-1] >= self._skip - 1 and all(at[-1] > self._open[scope][-1] for scope in scopes if self._open.get(scope)):
            self._pop_to(at[-1])

    def _is_left_out(self, token: Token) -> bool:
        name, attributes = token.value, token.attributes
        if name in _SKIPPED:
            return not (name == "footer" and self._open.get("blockquote"))
        if name in ("math", "html", "body"):
            return False
        classes = attributes.get("class", "").split()
        if "katex-html" in classes:
            return self._katex
        return (
            not _SKIPPED_CLASSES.isdisjoint(classes)
            or (self._has_math_scripts and any(word.startswith("MathJax") for word in classes))
            or attributes.get("hidden", "until-found").lower() != "until-found"
            or attributes.get("role", "").lower() in _SKIPPED_ROLES
            or attributes.get("aria-hidden", "").lower() == "true"
            or _HIDDEN.search(attributes.get("style", "")) is not None
        )

    def _on_void(self, token: Token) -> None:
        if token.value == "br":
            if self._pre is not None:
                self._pre.append((self.line, "\n"))
            elif self._prefix.startswith("#") or self._gathering():
                self._gap = " "
            else:
                self._flush(tight=True)
        elif token.value == "hr":
            self._at_block("hr")
        elif token.value == "img":
            self._picture(token.attributes)

    def _on_raw(self, text: str) -> None:
        kind, self._raw = self._raw, ""
        if kind == "title":
            self.title = self.title or unescape(text)
        elif kind and self._skip == len(self._stack):  # only the script itself is left out, nothing around it
            self._formula(text, display="display" in kind)

    # blocks

    def _gathering(self) -> bool:
        return bool(self._tables) and self._tables[-1].gathering

    def _at_block(self, name: str) -> None:
        """The start or end of a block-level element ends the block before it; in headings and cells not every one does."""
        if self._pre is not None:
            return
        if self._gathering() and name in _FLOW_IN_TABLE:
            self._flow()
        if self._gathering() or (self._prefix.startswith("#") and name not in _ENDS_HEADING):
            self._gap = " "
        else:
            self._flush()

    def _flush(self, *, tight: bool = False) -> None:
        """Write the block that was gathered. ``tight``: it ends with a line break; a second one makes a paragraph."""
        self._end_code()
        block, self._block, self._gap = self._block, [], ""
        text = "".join(part for _, part in block).strip()
        if not text:
            self._tight = False
            return
        heading, prefix = self._prefix.startswith("#"), self._prefix
        if prefix == "# ":
            self.heading = self.heading or text
        kind = "heading" if heading else "item" if self._lists else "paragraph"
        if not prefix and self._lists:
            prefix = self._lists[-1].inner
        self._separate(block[0][0], kind, tight=self._tight)
        self.lines.add(block[0][0], prefix)
        for line, part in block:
            self.lines.add(line, part)
        self.lines.add(block[-1][0], "\n")
        self._prefix, self._last, self._tight = "", kind, tight

    def _separate(self, line: int, kind: str, *, tight: bool = False) -> None:
        if self._last and not tight and not (kind == self._last == "item"):
            self.lines.add(line, "\n")

    def _whole(self, kind: str, rows: list[tuple[int, str]]) -> None:
        """Write a block of ready lines."""
        self._separate(rows[0][0], kind)
        for line, text in rows:
            self.lines.add(line, text + "\n")
        self._prefix, self._last, self._tight = "", kind, False

    def _begin_heading(self, token: Token) -> None:
        self._prefix = "#" * int(token.value[1]) + " "

    def _end_heading(self) -> None:
        while self._block and self._block[-1][1].strip() in ("¶", "#", "§", "🔗", ""):
            self._block.pop()
        self._flush()
        self._prefix = ""

    # text

    def _text(self, value: str) -> None:
        for number, part in enumerate(value.split("\n")):
            if number:
                self._gap = "\n"
            words = _SPACE.sub(" ", unescape(part).replace("\n", " "))
            if words.startswith(" ") and not self._gap:
                self._gap = " "
            if inner := words.strip(" "):
                self._put(self.line + number, inner)
                self._gap = " " if words.endswith(" ") else ""

    def _put(self, line: int, text: str) -> None:
        """Add words to the block, after the white space that stood before them, if it matters."""
        last = self._block[-1][1][-1] if self._block else ""
        script, self._script = self._script, ""
        if not last:
            text = text.lstrip("\u3000")
        elif self._code == len(self._block):
            pass
        elif self._gap == " " or (self._gap == "\n" and not (_is_wide(last) and _is_wide(text[0]))):
            self._block.append((line, " "))
        elif script and (last.isalnum() or last in ")]}") and _SCRIPT.fullmatch(text):
            text = script + (text if re.fullmatch(r"[-−+]?\w+|\W", text) else f"({text})")
        self._gap = ""
        if text:
            self._block.append((line, text))
        if self._lists and not self._tables:
            for kind in range(self._link + 1):
                self._counts[kind] += len(text)

    def _begin_code(self, token: Token) -> None:
        if self._gap and self._block:
            self._block.append((self.line, " "))
        self._gap = ""
        self._block.append((self.line, "`"))
        self._code = len(self._block)

    def _end_code(self) -> None:
        at, self._code = self._code, -1
        if at < 0:
            return
        content = "".join(part for _, part in self._block[at:])
        line = self._block[at - 1][0]
        if not content:
            del self._block[at - 1 :]
            return
        mark = "``" if "`" in content else "`"
        self._block[at - 1] = (line, mark)
        self._block.append((self._block[-1][0], mark))

    def _begin_script(self, token: Token) -> None:
        self._script = "^" if token.value == "sup" else "_"

    def _end_script(self) -> None:
        self._script = ""

    def _begin_link(self, token: Token) -> None:
        target = token.attributes.get("href", "")
        self._link = 0 if not target else 2 if "#" in target[:-1] else 1

    def _end_link(self) -> None:
        self._link = 0

    # formulas

    def _picture(self, attributes: dict[str, str]) -> None:
        source = attributes.get("src") or attributes.get("data-src") or ""
        given = attributes.get("data-formula") or attributes.get("data-tex") or ""
        if given or "eeimg" in attributes or _MATH_PICTURE.search(f"{attributes.get('class', '')[:300]} {source[:300]}"):
            link = re.search(r"(?:equation\?tex=|latex\?|mathtex\.cgi\?)(.{1,4000})", source)
            self._formula(given or attributes.get("alt") or (unquote(link[1]) if link else ""), display=False)

    def _formula(self, source: str, *, display: bool) -> None:
        source = tex(source)
        if not source:
            return
        if display and not self._prefix.startswith("#") and not self._gathering():
            self._flush()
            self._whole("formula", [(self.line, f"$$\n{source}\n$$")])
        else:
            self._put(self.line, f"${source}$")

    def _begin_math(self, token: Token) -> None:
        self._math = [Element("math", token.attributes)]

    def _inside_math(self, token: Token) -> None:
        if len(self._math) < _MATH_DEPTH:
            element = Element(token.value, token.attributes)
            self._math[-1].append(element)
            if not token.closed:
                self._math.append(element)

    def _end_math(self) -> None:
        math, self._math = self._math[0], []
        self._formula(mathml(math), display=math.get("display") == "block")
        self._katex = True

    # code

    def _begin_pre(self, token: Token) -> None:
        self._pre = []

    def _inside_pre(self, name: str) -> None:
        """Inside code, an element of its own for each line (WeChat, highlighters) is a line."""
        if self._pre and (name in _BLOCKS or name == "code") and not self._pre[-1][1].endswith("\n"):
            self._pre.append((self.line, "\n"))

    def _end_pre(self) -> None:
        pieces, self._pre = self._pre or [], None
        language, self._language = self._language, ""
        rows: list[tuple[int, list[str]]] = []
        for line, part in pieces:
            for number, row in enumerate(part.split("\n")):
                if number or not rows:
                    rows.append((line, [row]))
                else:
                    rows[-1][1].append(row)
        lines = [(line, "".join(parts).rstrip()) for line, parts in rows]
        filled = [number for number, (_, text) in enumerate(lines) if text]
        if not filled:
            return
        lines = lines[filled[0] : filled[-1] + 1]
        longest = max((len(run) for _, text in lines for run in re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        self._whole("code", [(lines[0][0], fence + language), *lines, (lines[-1][0], fence)])

    # lists

    def _begin_list(self, token: Token) -> None:
        if not self._lists:
            self._list_mark, self._counts, self._items = (self.lines.mark(), self._last), [0, 0, 0], 0
        indent = self._lists[-1].inner if self._lists else ""
        start = token.attributes.get("start", "")
        number = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
        self._lists.append(_List(number if token.value == "ol" else None, indent[: 2 * _LIST_DEPTH]))

    def _end_list(self) -> None:
        self._at_block("ul")
        if self._lists:
            self._lists.pop()
        characters, linked, inward = self._counts
        contents = inward >= 0.9 * characters or (linked >= 0.9 * characters and bool(self._open.get("aside")))
        if not self._lists and not self._tables and contents and self._items >= 3:
            mark, self._last = self._list_mark
            self.lines.back_to(mark)

    def _begin_item(self, token: Token) -> None:
        if self._gathering():
            return
        self._items += 1
        if self._lists and self._lists[-1].number is not None and re.fullmatch(r"[0-9]{1,6}", token.attributes.get("value", "")):
            self._lists[-1].number = int(token.attributes["value"])
        self._prefix = self._lists[-1].marker() if self._lists else "- "

    def _end_item(self) -> None:
        self._at_block("li")
        if not self._gathering():
            self._prefix = ""

    # tables

    def _begin_table(self, token: Token) -> None:
        self._tables.append(_Table())

    def _begin_row(self, token: Token) -> None:
        if self._gathering():
            self._between_cells()
            self._tables[-1].row(self.line)

    def _between_cells(self) -> None:
        self._end_code()
        if text := "".join(part for _, part in self._block).strip():
            self._tables[-1].before.append((self._block[0][0], text))
        self._block, self._gap = [], ""

    def _begin_cell(self, token: Token) -> None:
        if self._gathering():
            self._between_cells()
            self._tables[-1].span(token.attributes.get("colspan", ""), token.attributes.get("rowspan", ""))

    def _end_cell(self) -> None:
        if self._gathering():
            self._end_code()
            line = self._block[0][0] if self._block else self.line
            self._tables[-1].cell(line, "".join(part for _, part in self._block).strip())
            self._block, self._gap = [], ""

    def _end_table(self) -> None:
        if self._gathering():
            self._between_cells()
            table = self._tables[-1]
            rows = table.markdown() if table.is_data() else []
            table.rows = [] if rows else table.rows
            self._flow()
            if rows:
                self._whole("table", rows)
        if self._tables:
            self._tables.pop()

    def _flow(self) -> None:
        """The innermost table is no table: write its cells so far, one below the other, and go on as if it were none."""
        table, block, gap = self._tables[-1], self._block, self._gap
        table.gathering = False
        texts = [*table.before, *((line, text) for line, cells in table.rows for text in cells if text)]
        for line, text in texts:
            self._block = [(line, text)]
            self._flush()
        self._block, self._gap = block, gap


_ENTER: dict[str, Callable[[_Page, Token], None]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Page._begin_heading),
    **dict.fromkeys(("ul", "ol"), _Page._begin_list),
    **dict.fromkeys(("td", "th"), _Page._begin_cell),
    **dict.fromkeys(("sub", "sup"), _Page._begin_script),
    "a": _Page._begin_link,
    "code": _Page._begin_code,
    "li": _Page._begin_item,
    "math": _Page._begin_math,
    "pre": _Page._begin_pre,
    "table": _Page._begin_table,
    "tr": _Page._begin_row,
}
_LEAVE: dict[str, Callable[[_Page], None]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Page._end_heading),
    **dict.fromkeys(("ul", "ol"), _Page._end_list),
    **dict.fromkeys(("td", "th"), _Page._end_cell),
    **dict.fromkeys(("sub", "sup"), _Page._end_script),
    "a": _Page._end_link,
    "code": _Page._end_code,
    "li": _Page._end_item,
    "pre": _Page._end_pre,
    "table": _Page._end_table,
}


def _is_wide(character: str) -> bool:
    """Characters between which a line break in the source is no space: Chinese and Japanese, and their punctuation."""
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or "\uff00" <= character <= "\uffef"


def _append(element: Element, text: str) -> None:
    """Text at the end of what an element holds so far."""
    if len(element):
        tail = element[-1].tail or ""
        element[-1].tail = tail + text if len(tail) < _MATH_TEXT else tail
    else:
        own = element.text or ""
        element.text = own + text if len(own) < _MATH_TEXT else own


def _carried(source: str) -> str:
    """The formula in an attribute ``data-mathml``."""
    if not source.lstrip().startswith("<math"):
        return ""
    page = _Page("")
    for token in tokens(source):
        page.take(token)
    return page.finish()[0].strip().strip("$").strip()
