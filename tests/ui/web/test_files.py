"""The file behind a note: sent so that nothing in it runs, and only to whom it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui.web.files import note_response, note_route

if TYPE_CHECKING:
    from pathlib import Path

    from ui.web.desk import Desks


@pytest.mark.parametrize(
    ("name", "data", "kind", "disposition", "text"),
    [
        ("a.html", b"<script>alert(1)</script>", "text/plain; charset=utf-8", "", "<script>alert(1)</script>"),
        ("a.md", "笔记".encode("gb18030"), "text/plain; charset=utf-8", "", "笔记"),
        ("a.ipynb", b"{}", "text/plain; charset=utf-8", "", "{}"),
        ("笔记.pdf", b"%PDF-1.7", "application/pdf", "inline; filename*=UTF-8''%E7%AC%94%E8%AE%B0.pdf", "%PDF-1.7"),
        ("a.docx", b"PK", "application/octet-stream", "attachment; filename*=UTF-8''a.docx", "PK"),
    ],
)
def test_nothing_that_is_sent_runs(tmp_path: Path, name: str, data: bytes, kind: str, disposition: str, text: str) -> None:
    (tmp_path / name).write_bytes(data)

    async def app(scope: object, receive: object, send: object) -> None:
        await note_response(str(tmp_path / name))(scope, receive, send)  # type: ignore[arg-type]

    answer = TestClient(app).get("/")
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, kind, text)
    assert answer.headers.get("content-disposition", "") == disposition


def test_only_what_the_library_names_is_sent(desks: Desks) -> None:
    note = desks.of(None).shelf.notes()[0]
    client = TestClient(Starlette(routes=[note_route(desks)]))
    assert client.get(f"/note/{note.id}").text.startswith("# ")
    for other in ("none", "..%2F..%2Fetc%2Fpasswd", note.paths[0].replace("/", "%2F"), "%00"):
        assert client.get(f"/note/{other}").status_code == 404
    assert client.post(f"/note/{note.id}").status_code == 405


def test_a_file_that_has_gone_is_not_found(tmp_path: Path) -> None:
    assert note_response("").status_code == 404
    assert note_response(str(tmp_path / "none.md")).status_code == 404
    assert note_response(str(tmp_path)).status_code == 404
