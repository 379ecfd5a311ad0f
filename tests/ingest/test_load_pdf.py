from __future__ import annotations

import logging
import re
import sys
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from fpdf import FPDF

from ingest.errors import UnreadableFile
from ingest.load import load, pdf
from ingest.load.layout import Bookmark, PageLine, flow
from ingest.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.types import Source

SETTINGS = Settings()
Shown = tuple[float, float, float, str]
"""x, y, size, text."""


def raw_pdf(contents: Sequence[bytes], *, count: int | None = None, extra: str = "") -> bytes:
    """A PDF of one page for each content stream. F1 shows UTF-16 as Chinese text (no font is needed to read it), F2 is Courier."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(contents)))
    objects: dict[int, bytes] = {
        1: f"<< /Type /Catalog /Pages 2 0 R {extra} >>".encode(),
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(contents) if count is None else count} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>",
        4: b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) "
        b"/Supplement 4 >> /DW 1000 >>",
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    }
    for n, content in enumerate(contents):
        packed = zlib.compress(content)
        objects[10 + 2 * n] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {11 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 5 0 R >> >> >>"
        ).encode()
        stream = f"<< /Length {len(packed)} /Filter /FlateDecode >>".encode()
        objects[11 + 2 * n] = stream + b"\nstream\n" + packed + b"\nendstream"
    out = b"%PDF-1.7\n"
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{number} 1\n{place:010d} 00000 n \n" for number, place in places.items())
    return (
        out
        + f"xref\n0 1\n0000000000 65535 f \n{table}trailer << /Root 1 0 R /Size 9999 >>\nstartxref\n{len(out)}\n%%EOF".encode()
    )


def shown(lines: Sequence[Shown], font: str = "F1") -> bytes:
    pieces = []
    for x, y, size, text in lines:
        string = f"<{text.encode('utf-16-be').hex()}>" if font == "F1" else f"({text})"
        pieces.append(f"BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm {string} Tj ET")
    return "\n".join(pieces).encode()


def column(text: str, *, top: float = 700, width: int = 20) -> list[Shown]:
    """Chinese text set in lines of ``width`` characters."""
    return [(72, top - 20 * n, 12, text[at : at + width]) for n, at in enumerate(range(0, len(text), width))]


def read(folder: Path, data: bytes, settings: Settings = SETTINGS, name: str = "note.pdf") -> Source:
    (folder / name).write_bytes(data)
    (source,) = load(folder / name, settings)
    return source


FIRST = "注意力机制让模型在处理每个位置时按照相关程度对其他位置的信息加权求和，它先算查询与键的点积，再除以维度的平方根，得到权重"
SECOND = "多头注意力把查询键和值投影到多个子空间，在每个子空间内分别计算，再把结果拼接起来做一次线性变换。"


def test_chinese_lines_are_joined_without_spaces_over_pages_too(tmp_path: Path) -> None:
    whole = FIRST + "并对值求和。" + SECOND
    pages = [
        [(250, 780, 9, "第三章 注意力"), *column(whole[:60]), (290, 40, 9, "7")],
        [(250, 780, 9, "第三章 注意力"), *column(whole[60:]), (290, 40, 9, "8")],
        [(250, 780, 9, "第三章 注意力"), *column("短的一段。"), (290, 40, 9, "9")],
    ]
    source = read(tmp_path, raw_pdf([shown(page) for page in pages]))
    assert source.text == f"{whole}\n短的一段。\n"
    assert source.page_starts == (0, 60, len(whole) + 1)
    assert source.line_starts == (0, len(whole) + 1, len(source.text))
    assert (source.title, source.record) == ("note", None)


def test_headings_items_and_paragraphs_stay_on_lines_of_their_own(tmp_path: Path) -> None:
    lines = [
        (72, 760, 24, "笔记"),
        (72, 720, 16, "为什么要除以根号？"),
        *column(FIRST, top=690),
        (72, 630, 12, "1. 第一点是并行计算的效率更高因而更快一些呀"),
        (72, 610, 12, "2. 第二点"),
        (72, 590, 12, "• 第三点"),
        (72, 500, 12, "隔开的一段"),
    ]
    text = read(tmp_path, raw_pdf([shown(lines)])).text
    head = f"# 笔记\n\n## 为什么要除以根号？\n\n{FIRST}\n"
    assert text == head + "1. 第一点是并行计算的效率更高因而更快一些呀\n2. 第二点\n• 第三点\n\n隔开的一段\n"


def test_code_in_a_fixed_width_font_keeps_its_indent(tmp_path: Path) -> None:
    code = shown([(72, 600, 10, "def f\\(x\\):"), (96, 588, 10, "return x"), (72, 576, 10, "y = f\\(1\\)")], "F2")
    text = read(tmp_path, raw_pdf([shown(column(FIRST)) + b"\n" + code])).text
    assert text == f"{FIRST}\n\n```\ndef f(x):\n    return x\ny = f(1)\n```\n"


def test_english_lines_are_joined_with_a_space_and_hyphens_undone(tmp_path: Path) -> None:
    document = FPDF(format="A4")
    document.set_title("The scaled dot product")
    document.add_page()
    document.set_font("Times", size=12)
    prose = (
        "Attention lets a model weigh every position of the input by how much it matters to the one at hand, and the scaled dot "
        "product is the usual way to do so because it is cheap and because it runs in parallel on common hardware."
    )
    document.multi_cell(120, text=prose, align="L")
    document.set_y(120)
    for line in (
        "This paragraph was broken by a type-",
        "setter in the middle of a word, a well-known habit of state-of-the-",
        "art programs.",
    ):
        document.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    source = read(tmp_path, bytes(document.output()))
    assert source.text.startswith(prose + "\n")
    assert "by a typesetter in the middle" in source.text
    assert "state-of-the-art programs." in source.text
    assert source.title == "The scaled dot product"


@pytest.mark.parametrize(
    ("title", "expected"),
    [("about:blank", "note"), ("Untitled", "note"), (" ", "note"), ("Untitled thoughts", "Untitled thoughts")],
)
def test_a_title_that_says_nothing_gives_way_to_the_name_of_the_file(tmp_path: Path, title: str, expected: str) -> None:
    document = FPDF()
    document.set_title(title)
    document.add_page()
    document.set_font("Times", size=12)
    document.cell(text="Attention lets a model weigh every position of the input.")
    assert read(tmp_path, bytes(document.output())).title == expected


def test_headings_of_the_outline_have_its_levels(tmp_path: Path) -> None:
    document = FPDF()
    document.set_font("Times", size=12)
    for page in range(2):
        document.add_page()
        for level, name in ((0, f"Part {'AB'[page]}"), (1, f"Topic {'AB'[page]}")):
            document.start_section(name, level=level)
            document.cell(text=name, new_x="LMARGIN", new_y="NEXT")
            document.cell(text=f"Some words below {name}.", new_x="LMARGIN", new_y="NEXT")
    text = read(tmp_path, bytes(document.output())).text
    assert text.startswith("# Part A\n\nSome words below Part A.\n\n## Topic A\n\nSome words")
    assert "\n# Part B\n" in text
    assert "\n## Topic B\n" in text


def test_the_characters_that_a_radical_or_ligature_stands_for(tmp_path: Path) -> None:
    assert read(tmp_path, raw_pdf([shown([(72, 700, 12, "注意⼒与⻓度的difﬁcult")])])).text == "注意力与长度的difficult\n"


def test_a_pdf_is_read_under_any_name(tmp_path: Path) -> None:
    data = raw_pdf([shown([(72, 700, 12, "名字不重要")])])
    for name in ("a.txt", "b.docx", "名 字'\".html"):
        assert read(tmp_path, data, name=name).text == "名字不重要\n"
    assert read(tmp_path, b"junk\n" + data).text == "名字不重要\n"


def test_what_cannot_be_read_is_refused_with_its_reason(tmp_path: Path) -> None:
    def reason(data: bytes, settings: Settings = SETTINGS) -> str:
        with pytest.raises(UnreadableFile) as caught:
            read(tmp_path, data, settings)
        return caught.value.reason

    assert reason(raw_pdf([b"0 0 m 100 100 l S"])) == "has no text layer (a scan?)"
    assert reason(raw_pdf([shown([(72, 700, 12, "\ue000\ue001\ue002")])])) == "its fonts do not say which characters they show"
    locked = FPDF()
    locked.add_page()
    locked.set_font("Times")
    locked.cell(text="secret")
    locked.set_encryption(owner_password="owner", user_password="user")
    assert reason(bytes(locked.output())) == "is encrypted: needs a password"
    assert reason(b"%PDF-1.7\n") == "is damaged: Stream has ended unexpectedly"
    assert reason(raw_pdf([b"x"]).replace(b"/Type /Catalog", b"/Type /Katalog").replace(b"/Root", b"/Wood")).startswith(
        "is damaged"
    )
    assert reason(raw_pdf([b"x"], count=1).replace(b"/Kids [10 0 R]", b"/Kids [2 0 R] ")).startswith("is damaged")


def test_a_pdf_without_a_user_password_opens(tmp_path: Path) -> None:
    document = FPDF()
    document.add_page()
    document.set_font("Times", size=12)
    document.cell(text="open to all")
    document.set_encryption(owner_password="owner")
    assert read(tmp_path, bytes(document.output())).text == "open to all\n"


def test_a_page_that_cannot_be_read_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good = shown([(72, 700, 12, "好的一页")])
    data = raw_pdf([good, good, good])
    second = data.index(b"/FlateDecode", data.index(b"\n13 0 obj"))
    data = data[:second] + b"/NoSuchThing" + data[second + 12 :]
    with caplog.at_level(logging.WARNING):
        source = read(tmp_path, data)
    assert source.text.count("好的一页") == 2
    assert len(source.page_starts) == 3
    assert re.search(r"note\.pdf: page 2 could not be read: is damaged", caplog.text)


slow = pytest.mark.skipif(sys.platform == "win32", reason="needs limits on CPU time")


@slow
def test_a_parser_that_hangs_is_ended_in_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    hang = b"BT /F2 9 Tf " + b"(x) Tj " * 400_000 + b"ET"
    start = time.monotonic()
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(UnreadableFile, match=r"none of its pages could be read: took more than \d s"),
    ):
        read(tmp_path, raw_pdf([hang]), Settings(pdf_seconds=1))
    assert time.monotonic() - start < 7
    good = shown([(72, 700, 12, "好的一页")])
    source = read(tmp_path, raw_pdf([good, hang, good]), Settings(pdf_seconds=4))
    assert source.text.count("好的一页") == 2
    assert "page 2 could not be read: took more than 1 s" in caplog.text


@slow
def test_a_parser_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    bomb = b"BT /F2 9 Tf (" + b"x" * 70_000_000 + b") Tj ET"
    with pytest.raises(UnreadableFile, match=r"needed too much memory|needed more than 150 MB|is damaged"):
        read(tmp_path, raw_pdf([bomb]), Settings(pdf_megabytes=150))


def test_a_child_that_only_the_clock_can_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_CHILD", "import time; print('{{}}', {path!r} and '', flush=True); time.sleep(60)")
    start = time.monotonic()
    with pytest.raises(UnreadableFile, match=r"took more than 1 s \(the setting pdf_seconds\)"):
        read(tmp_path, raw_pdf([b"x"]), Settings(pdf_seconds=1))
    assert time.monotonic() - start < 10


def test_a_child_that_dies_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_CHILD", "import os; os._exit(5 if {path!r} else 0)")
    with pytest.raises(UnreadableFile, match=r"ended the PDF parser \(exit status 5\)"):
        read(tmp_path, raw_pdf([b"x"]))


def test_pages_beyond_the_limit_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = pdf._CHILD.replace("main()", "").replace(
        "import main;", "import main; import ingest.load.pdf as p; p._PAGES = 2; main()"
    )
    monkeypatch.setattr(pdf, "_CHILD", program)
    with caplog.at_level(logging.WARNING):
        source = read(tmp_path, raw_pdf([shown([(72, 700, 12, f"第{n}回")]) for n in "一二三四"]))
    assert source.text == "第一回\n第二回\n"
    assert "only the first 2 of 4 pages were read: has more than 2 pages" in caplog.text


# the layout alone


def line(text: str, y: float = 0, *, size: float = 10, x: float = 72, fixed: bool = False) -> PageLine:
    return PageLine(text, size, x, y, fixed)


def text_of(pages: Sequence[Sequence[PageLine]], outline: Sequence[Bookmark] = ()) -> str:
    text, starts = flow(pages, outline)
    assert len(starts) == len(pages)
    assert list(starts) == sorted(starts)
    return text


@pytest.mark.parametrize(
    ("edges", "kept"),
    [
        ([f"- {n} -" for n in range(3, 8)], False),
        ([f"{n}" for n in range(11, 16)], False),
        ([f"第 {n} 页 共 5 页" for n in range(1, 6)], False),
        ([f"Page {n} of 5" for n in range(1, 6)], False),
        ([f"{n} / 5" for n in range(1, 6)], False),
        ([f"2026/11/22 file:///a.html {n}/5" for n in range(1, 6)], False),
        (["深度学习笔记"] * 5, False),
        (["12", "7", "99", "3", "40"], True),
        (["}"] * 5, True),
        ([f"共有{n}个参数可调" for n in (9, 4, 77, 12, 30)], True),
        (["这一页讲卷积", "这一页讲池化", "这一页讲循环", "这一页讲注意力", "这一页讲编码"], True),
    ],
)
def test_running_heads_and_page_numbers(edges: list[str], kept: bool) -> None:
    bodies = ["甲乙丙", "丁戊己", "庚辛壬", "癸子丑", "寅卯辰"]
    for top in (True, False):
        pages = [
            [line(edge, 800), line(body, 400), line("中", 300)] if top else [line("中", 500), line(body, 400), line(edge, 20)]
            for edge, body in zip(edges, bodies, strict=True)
        ]
        text = text_of(pages)
        assert all((edge in text) == kept for edge in edges)
        assert all(body in text for body in bodies)


def test_a_large_title_that_pages_share_is_no_running_head() -> None:
    pages = [[line("注意力机制", 800, size=20), line(f"内容{n}" * 9, 400)] for n in "一二三四"]
    assert text_of(pages).count("# 注意力机制") == 4


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["甲" * 20, "乙" * 20, "丙" * 5], "甲" * 20 + "乙" * 20 + "丙" * 5 + "\n"),
        (["甲" * 20, "乙" * 8, "丙" * 20], "甲" * 20 + "乙" * 8 + "\n" + "丙" * 20 + "\n"),
        (["甲" * 19 + "。", "乙" * 20, "丙" * 5], "甲" * 19 + "。" + "乙" * 20 + "丙" * 5 + "\n"),
        (["甲" * 20, "1. 乙", "（2）丙", "第3章 丁"], "甲" * 20 + "\n1. 乙\n（2）丙\n第3章 丁\n"),
        (["甲" * 20, "乙" * 20, "丙" * 6 + "，", "丁"], "甲" * 20 + "乙" * 20 + "丙" * 6 + "，丁\n"),
        (["甲" * 17 + " GPU", "model乙"], "甲" * 17 + " GPU model乙\n"),
        (["第一回", "第二回", "第三回"], "第一回\n第二回\n第三回\n"),
        (["甲" * 20, "x = f(a)"], "甲" * 20 + "x = f(a)\n"),
    ],
)
def test_wrapped_lines(lines: list[str], text: str) -> None:
    assert text_of([[line(content, 700 - 15 * n) for n, content in enumerate(lines)]]) == text


def test_an_indent_or_a_gap_begins_a_paragraph() -> None:
    lines = [line("甲" * 20, 700), line("乙" * 20, 685), line("丙" * 18, 670, x=92), line("丁" * 20, 655), line("戊" * 20, 620)]
    assert text_of([lines]) == "甲" * 20 + "乙" * 20 + "\n" + "丙" * 18 + "丁" * 20 + "\n\n" + "戊" * 20 + "\n"


def test_pieces_on_one_baseline_are_one_line() -> None:
    assert text_of([[line("Radio", 700), line("Button", 700, x=300), line("below", 680)]]) == "Radio Button\nbelow\n"


def test_a_heading_of_two_lines_is_one() -> None:
    lines = [line("很长的标题前半", 700, size=20), line("后半", 676, size=20), *(line("甲" * 20, 600 - 15 * n) for n in range(4))]
    assert text_of([lines]).startswith("# 很长的标题前半后半\n\n甲")


def test_no_pages_and_empty_pages() -> None:
    assert flow([], []) == ("", ())
    assert flow([[], [line("x")], []], []) == ("x\n", (0, 0, 2))
