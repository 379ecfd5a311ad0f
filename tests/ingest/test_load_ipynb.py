from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ingest.errors import UnreadableFile
from ingest.load import load
from ingest.settings import Settings
from ingest.types import Document, Source

if TYPE_CHECKING:
    from pathlib import Path

CELLS = [
    {"cell_type": "markdown", "metadata": {"source": ["not this"]}, "source": ["# 自\u6ce8意力\n", "\n", 'a "quoted" \\(x\\)']},
    {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": [{"output_type": "stream", "text": ["printed\n"], "source": "nor this"}],
        "source": ["import torch\n", "x = {'a': [1, 2]}\n", "print(x)"],
    },
    {"cell_type": "raw", "metadata": {}, "source": ["raw"]},
    {"cell_type": "code", "metadata": {}, "outputs": [], "source": []},
    {"cell_type": "markdown", "metadata": {}, "source": "one\ntwo ```js\n```"},
    {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["s = '''\n", "````\n", "'''"]},
]
NOTEBOOK = {"cells": CELLS, "metadata": {"kernelspec": {"language": "Python"}}, "nbformat": 4, "nbformat_minor": 5}
TEXT = (
    '# 自注意力\n\na "quoted" \\(x\\)\n\n'
    "```python\nimport torch\nx = {'a': [1, 2]}\nprint(x)\n```\n\n"
    "one\ntwo ```js\n```\n\n"
    "`````python\ns = '''\n````\n'''\n`````\n\n"
)


def read(folder: Path, notebook: Any, **options: Any) -> tuple[Source, list[str]]:
    path = folder / "note.ipynb"
    raw = notebook if isinstance(notebook, str) else json.dumps(notebook, **options)
    path.write_text(raw, encoding="utf-8")
    (source,) = load(path, Settings())
    return source, raw.split("\n")


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [1, None])
def test_cells_in_order_with_fences_and_no_outputs(tmp_path: Path, ascii_only: bool, indent: int | None) -> None:
    source, _ = read(tmp_path, NOTEBOOK, ensure_ascii=ascii_only, indent=indent)
    assert source.text == TEXT
    assert source.title == "自注意力"


def test_each_piece_stands_on_its_line_of_the_file(tmp_path: Path) -> None:
    source, lines = read(tmp_path, NOTEBOOK, ensure_ascii=False, indent=1)
    assert len(source.line_starts) == len(lines)
    document = Document(id="", path="", title="", text=source.text, page_starts=(), line_starts=source.line_starts)
    for piece in ("自注意力", "quoted", "import torch", "x = {'a'", "print(x)", "one", "s = '''", "````\n"):
        at = source.text.index(piece)
        (line, same) = document.lines(at, at + 1)
        assert line == same
        assert json.dumps(piece, ensure_ascii=False)[1:-1].split("\\")[0] in lines[line - 1]


def test_format_3(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Title"]},
        {"cell_type": "code", "language": "python", "input": ["x = 1"], "outputs": []},
    ]
    source, _ = read(tmp_path, {"worksheets": [{"cells": cells}], "metadata": {}, "nbformat": 3})
    assert source.text == "# Title\n\n```python\nx = 1\n```\n\n"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("{", "is not JSON (line 1)"),
        ('{\n "cells": [,]\n}', "is not JSON (line 2)"),
        ("[" * 200_000, "is not JSON"),
        ('{"a": 1}', "is JSON, but not a notebook (it has no cells)"),
        ('{"cells": []}', "has no text"),
        ('{"cells": [{"cell_type": "code"}, 3, [], {"source": {"source": "x"}}]}', "has no text"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, raw: str, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, raw)
    assert caught.value.reason.startswith(reason)
