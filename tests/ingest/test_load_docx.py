from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import LoadError, UnreadableFile, UnsupportedFormat
from ingest.load import docx
from ingest.load.docx import read
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.types import Source

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = """
<w:style w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:styleId="H2"><w:name w:val="标题 2"/></w:style>
<w:style w:styleId="Own"><w:name w:val="My own"/><w:basedOn w:val="H2"/></w:style>
<w:style w:styleId="Src"><w:name w:val="Source Code"/></w:style>
<w:style w:styleId="Mono"><w:name w:val="Block"/><w:rPr><w:rFonts w:ascii="Consolas"/></w:rPr></w:style>
<w:style w:styleId="Toc"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="Loop"><w:name w:val="loop"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:styleId="Bul"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
"""
NUMBERING = """
<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="x"/></w:lvl>
  <w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1">
  <w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1章"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
"""


def package(body: str, *, parts: dict[str, bytes | str] | None = None, raw: str = "", level: int = zipfile.ZIP_DEFLATED) -> bytes:
    document = raw or f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
    relations = "".join(
        f'<Relationship Id="r{kind}" Type="{OFFICE}/{kind}" Target="{kind}.xml"/>'
        for kind in ("styles", "numbering", "footnotes")
    )
    files: dict[str, bytes | str] = {
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": document,
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>',
        "word/styles.xml": f"<w:styles {NAMESPACES}>{STYLES}</w:styles>",
        "word/numbering.xml": f"<w:numbering {NAMESPACES}>{NUMBERING}</w:numbering>",
        **(parts or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", level) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def load(data: bytes) -> Source:
    (source,) = read("/note.docx", data, "note", Settings())
    return source


def markdown(body: str, **options: dict[str, bytes | str]) -> str:
    return load(package(body, **options)).text.rstrip("\n")


def p(text: str, style: str = "", properties: str = "", font: str = "") -> str:
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    font = f'<w:rPr><w:rFonts w:ascii="{font}"/></w:rPr>' if font else ""
    run = text if text.startswith("<") else f"<w:r>{font}<w:t>{text}</w:t></w:r>"
    return f"<w:p><w:pPr>{style}{properties}</w:pPr>{run}</w:p>"


def item(text: str, number: int, level: int = 0, style: str = "") -> str:
    return p(text, style, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_headings_by_level_whatever_the_style() -> None:
    outline = '<w:outlineLvl w:val="2"/>'
    body = p("一", "H1") + p("正文") + p("二", "H2") + p("own", "Own") + p("direct", properties=outline) + p("plain", "Loop")
    assert markdown(body) == "# 一\n\n正文\n\n## 二\n\n## own\n\n### direct\n\nplain"


def test_headings_stand_below_a_title_and_the_title_is_the_source_s() -> None:
    source = load(package(p("笔记", "T") + p("一", "H1") + p("x")))
    assert source.text == "# 笔记\n\n## 一\n\nx\n"
    assert source.title == "笔记"


def test_title_from_the_properties_or_the_name() -> None:
    core = '<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>属性 </dc:title></cp:coreProperties>'
    assert load(package(p("x"), parts={"docProps/core.xml": core})).title == "属性"
    assert load(package(p("x"))).title == "note"


def test_lists_with_the_numbers_that_word_shows() -> None:
    body = item("a", 1) + item("b", 1, 1) + p("style", "Bul") + p("text")
    body += item("c", 2) + item("d", 2) + item("e", 2, 1) + item("f", 2, 1) + item("g", 2) + item("h", 2, 1) + item("none", 9)
    assert markdown(body) == "- a\n  - b\n- style\n\ntext\n\n3. c\n4. d\n  - 4.a) e\n  - 4.b) f\n5. g\n  - 5.a) h\n\nnone"


def test_numbered_headings_carry_their_number() -> None:
    body = item("绪论", 3, style="H1") + item("方法", 3, style="H1")
    assert markdown(body) == "# 第一章 绪论\n\n# 第二章 方法"


def test_code_by_style_and_by_font() -> None:
    body = (
        p("def f(x):", font="Consolas")
        + p("    return x", font="Courier New")
        + p("")
        + p("y = 1", "Mono")
        + p("text")
        + p("``` x", "Src")
    )
    assert markdown(body) == "```\ndef f(x):\n    return x\n\ny = 1\n```\n\ntext\n\n````\n``` x\n````"


def test_tables() -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"

    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(cells) + "</w:tr>"

    merged = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    body = (
        "<w:tbl>" + row(cell("a"), cell("b|c")) + row(cell("1", merged[0]), cell("2")) + row(cell("gone", merged[1]), cell("3"))
    )
    body += row(cell("wide", '<w:gridSpan w:val="2"/>')) + "</w:tbl>"
    assert markdown(body) == "| a | b\\|c |\n| --- | --- |\n| 1 | 2 |\n|  | 3 |\n| wide |  |"
    frame = f"<w:tbl><w:tr><w:tc>{p('x = 1', font='Menlo')}<w:tbl>{row(cell('in'))}</w:tbl>{p('after')}</w:tc></w:tr></w:tbl>"
    assert markdown(frame) == "```\nx = 1\n```\n\nin\n\nafter"


def test_formulas() -> None:
    def r(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    root = f'<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/><m:e><m:sSub><m:e>{r("d")}</m:e><m:sub>{r("k")}</m:sub></m:sSub></m:e></m:rad>'
    fraction = (
        f"<m:f><m:num>{r('Q')}<m:sSup><m:e>{r('K')}</m:e><m:sup>{r('T')}</m:sup></m:sSup></m:num><m:den>{root}</m:den></m:f>"
    )
    total = f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{r("i=1")}</m:sub><m:sup>{r("n")}</m:sup><m:e>{r("x")}</m:e></m:nary>'
    log = f"<m:func><m:fName>{r('log')}</m:fName><m:e><m:d><m:e>{r('p')}</m:e></m:d></m:e></m:func>"
    matrix = f"<m:m><m:mr><m:e>{r('1')}</m:e><m:e>{r('0')}</m:e></m:mr></m:m>"
    inline = p(f"<w:r><w:t>so </w:t></w:r><m:oMath>{fraction}</m:oMath><w:r><w:t>!</w:t></w:r>")
    assert markdown(inline) == "so $\\frac{QK^T}{\\sqrt{d_k}}$!"
    shown = p(f"<m:oMathPara><m:oMath>{total}</m:oMath></m:oMathPara>")
    assert markdown(shown) == "$$\n∑_{i=1}^n x\n$$"
    assert markdown(p(f"<m:oMath>{log}</m:oMath>")) == "$\\log (p)$"
    assert markdown(p(f"<m:oMath>{matrix}</m:oMath>")) == "$\\begin{matrix} 1 & 0 \\end{matrix}$"
    deep = "<m:e>" * 150 + r("z") + "</m:e>" * 150
    assert markdown(p(f"<m:oMath>{deep}</m:oMath>")) == "$z$"


def test_what_is_deleted_hidden_or_repeated_is_left_out() -> None:
    runs = (
        "<w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t> inserted</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        '<w:r><w:instrText>HYPERLINK "x"</w:instrText></w:r><w:hyperlink><w:r><w:t> link</w:t></w:r></w:hyperlink>'
        '<w:r><w:tab/><w:noBreakHyphen/><w:br/><w:sym w:char="00B1"/><w:sym w:char="F0B7"/></w:r>'
    )
    assert markdown(p(runs) + p("contents .... 3", "Toc")) == "kept inserted link\t-\n±"
    contents = '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    contents += f"<w:sdtContent>{p('toc')}</w:sdtContent></w:sdt><w:sdt><w:sdtContent>{p('field')}</w:sdtContent></w:sdt>"
    assert markdown(contents) == "field"
    box = f"<w:txbxContent>{p('in the box')}</w:txbxContent>"
    both = f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    assert markdown(p(f"<w:r><w:t>around</w:t></w:r>{both}")) == "around\n\nin the box"


def test_footnotes_stand_at_the_end() -> None:
    notes = f'<w:footnotes {NAMESPACES}><w:footnote w:id="-1" w:type="separator">{p("no")}</w:footnote>'
    notes += f'<w:footnote w:id="2">{p("see there")}</w:footnote></w:footnotes>'
    body = p('<w:r><w:t>claim</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>')
    assert markdown(body, parts={"word/footnotes.xml": notes}) == "claim[^2]\n\n[^2]: see there"


def test_lines_are_those_of_the_text() -> None:
    source = load(package(p("一", "H1") + p("x")))
    assert source.line_starts == (0, 4, 5, 7)
    assert source.page_starts == ()


ENTITY = (
    f'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document {NAMESPACES}><w:body>{p("&e;")}</w:body></w:document>'
)
DEEP = (
    f"<w:document {NAMESPACES}><w:body>"
    + "<w:sdt><w:sdtContent>" * 150
    + p("x")
    + "</w:sdtContent></w:sdt>" * 150
    + "</w:body></w:document>"
)
WRONG_CODEC = f'<?xml version="1.0" encoding="no-such"?><w:document {NAMESPACES}/>'


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        (package("", raw=ENTITY), UnreadableFile, "word/document.xml declares a document type, which Word never does"),
        (package("", raw=DEEP), UnreadableFile, "word/document.xml is nested more than 200 deep"),
        (package("", raw="<a><b></a>"), UnreadableFile, "is damaged: word/document.xml is not well-formed XML"),
        (package("", raw=WRONG_CODEC), UnreadableFile, "is damaged: word/document.xml cannot be unpacked"),
        (package(p("x"))[:-30], UnreadableFile, "is damaged: no valid zip archive"),
        (package(p("x"), parts={"word/media/a.bin": bytes(30_000_000)}), UnreadableFile, "would unpack to 30 MB"),
        (package(p("x"), parts={f"x/{n}": "" for n in range(10_001)}), UnreadableFile, "has 10006 parts, more than 10000"),
        (package(p("x")).replace(b"word/document.xml", b"word/d0cument.xml"), UnsupportedFormat, "is a zip archive, but no Word document"),
    ],
    ids=["entity", "deep", "malformed", "codec", "cut", "bomb", "members", "other"],
)  # fmt: skip
def test_hostile_and_damaged_files_are_refused(data: bytes, error: type[LoadError], reason: str) -> None:
    with pytest.raises(LoadError) as caught:
        load(data)
    assert (type(caught.value), caught.value.reason) == (error, reason)


def test_a_part_that_is_larger_than_it_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "_ELEMENTS", 1000)
    with pytest.raises(UnreadableFile, match="has more than 1,000 elements"):
        load(package(p("x") * 500))


def test_an_encrypted_member_needs_a_password() -> None:
    data = bytearray(package(p("x"), level=zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 1)
    with pytest.raises(UnreadableFile, match="is encrypted: needs a password"):
        load(bytes(data))


WHOLE = package(p("一", "H1") + p("正文") + item("a", 2) + p("x = 1", "Mono"))


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(WHOLE)))
@settings(max_examples=200)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    for damaged in (bytes(data), bytes(data[:end])):
        try:
            source = load(damaged)
        except LoadError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert len(source.line_starts) == source.text.count("\n") + 1
