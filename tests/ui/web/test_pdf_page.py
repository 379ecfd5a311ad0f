"""A page of a PDF as its picture, with the quote marked where it stands."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.web import pdf_page
from ui.web.strings import STRINGS

if TYPE_CHECKING:
    from pathlib import Path

EN = STRINGS["en"]
LINES = [f"Line {number} tells that gear {number * 7} turns left." for number in range(1, 21)]


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from fpdf import FPDF

    made = FPDF(format="A4")
    for page in range(2):
        made.add_page()
        made.set_font("helvetica", size=12)
        for line in LINES[10 * page : 10 * page + 10]:
            made.text(20, 30 + 20 * (LINES.index(line) % 10), line)
    path = tmp_path_factory.mktemp("pdf") / "gears.pdf"
    made.output(str(path))
    return path


def places(html: str) -> list[tuple[float, ...]]:
    found = re.findall(r"left:([\d.]+)%;top:([\d.]+)%;width:([\d.]+)%;height:([\d.]+)%", html)
    return [tuple(map(float, box)) for box in found]


def test_the_place_of_the_quote_is_marked(pdf: Path) -> None:
    from PIL import Image

    html = pdf_page.page_html(str(pdf), 2, "Line 13 tells\nthat  gear 91 turns left.", EN)
    ((left, top, width, height),) = places(html)
    assert abs(left - 100 * 20 / 210) < 1
    assert abs(top + height / 2 - 100 * (30 + 20 * 2 - 1.5) / 297) < 1
    assert 20 < width < 60
    picture = re.search(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert picture is not None
    image = Image.open(BytesIO(base64.b64decode(picture[1]))).convert("L")
    assert image.width == pytest.approx(pdf_page.WIDTH, abs=1)
    box = [round(share * size / 100) for share, size in zip((left, top, left + width, top + height), image.size * 2, strict=True)]
    assert image.crop(tuple(box)).getextrema()[0] < 90, "there is ink in the marked place"
    assert "Page 2 as it looks" in html


def test_a_quote_of_several_lines_has_a_box_a_line(pdf: Path) -> None:
    html = pdf_page.page_html(str(pdf), 1, f"{LINES[2]} {LINES[3]}", EN)
    boxes = places(html)
    assert len(boxes) == 2
    assert boxes[0][1] < boxes[1][1]


def test_pieces_of_a_line_are_one_box() -> None:
    pieces = [(10.0, 5.0, 20.0, 2.0), (31.0, 5.2, 9.0, 1.5), (10.0, 8.0, 30.0, 2.0), (60.0, 8.0, 10.0, 2.0)]
    assert pdf_page.lines(pieces) == [(10.0, 5.0, 30.0, 2.0), (10.0, 8.0, 30.0, 2.0), (60.0, 8.0, 10.0, 2.0)]
    assert pdf_page.lines([]) == []


def test_what_is_not_on_the_page_is_not_marked(pdf: Path) -> None:
    html = pdf_page.page_html(str(pdf), 1, LINES[15], EN)
    assert "<img" in html
    assert places(html) == []


def test_what_cannot_be_drawn_is_no_picture(pdf: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    assert pdf_page.page_html(str(tmp_path / "none.pdf"), 1, "x", EN) == ""
    assert pdf_page.page_html(str(tmp_path / "broken.pdf"), 1, "x", EN) == ""
    assert pdf_page.page_html(str(pdf), 99, "x", EN) == ""


@given(st.text(alphabet="abc １ﬁ\n.", max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_slice_of_the_page_is_found(text: str, start: int, end: int) -> None:
    quote = text[start:end]
    found = pdf_page.span(list(text), quote)
    letters = pdf_page._folded(quote)
    if not letters:
        assert found is None
    else:
        assert found is not None
        assert pdf_page._folded(text[found[0] : found[1]]) == letters


def test_the_beginning_of_a_quote_is_found_where_the_page_ends() -> None:
    page = list("Some text and then the sentence beg")
    assert pdf_page.span(page, "then the sentence begins here and ends on the next page") == (14, 35)
    assert pdf_page.span(page, "the begotten") is None
