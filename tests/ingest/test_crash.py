"""Ingest is killed (SIGKILL) at 25 points of its course, into no library and into one that is there.

A process of its own loads the program once and forks a child for each point. The child counts its calls that change
something (every SQL statement, every file made, written, synced or removed, every call of tantivy's writer) with a
profile hook and kills itself right before or after the n-th; nothing in the program knows of it. What is left is then opened here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.build import build
from ingest.errors import LibraryMissing
from ingest.settings import Settings
from ingest.store import SNAPSHOTS, Library

ROOT = Path(__file__).resolve().parents[2]
POINTS = 25
KILLER = """
import os, shutil, signal, sys
from pathlib import Path
base, notes, out, count = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
import faiss, numpy, opencc, tantivy, tokenizers
import ingest.chunk, ingest.clean, ingest.section, ingest.load.text
from ingest.build import build
from ingest.settings import Settings

CHANGES = {"execute", "executemany", "close", "mkdir", "tofile", "fsync", "unlink", "rmdir", "open",
           "add_document", "commit", "writer", "wait_merging_threads"}

def ingest(library, kill_at, after):
    seen = 0
    def watch(frame, event, argument):
        nonlocal seen
        if event in ("c_call", "c_return") and getattr(argument, "__name__", "") in CHANGES:
            seen += event == "c_call"
            if seen == kill_at and event == ("c_return" if after else "c_call"):
                os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(watch)
    build([notes], Settings(library=str(library)))
    sys.setprofile(None)
    return seen

def child(library, kill_at, after=False, report=None):
    if base.exists():
        shutil.copytree(base, library)
    pid = os.fork()
    if pid == 0:
        try:
            seen = ingest(library, kill_at, after)
            if report:
                report.write_text(str(seen))
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1]

child(out / "whole", -1, report=out / "calls")
calls = int((out / "calls").read_text())
ends = {1, 2, 3, 4, 5, *range(calls - 6, calls + 1)}
spread = count - len(ends)
points = sorted(ends | {5 + (calls - 12) * i // (spread + 1) for i in range(1, spread + 1)})
for number, point in enumerate(points):
    print(point, child(out / str(number), point, after=number % 2 == 1), flush=True)
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked child; this system cannot fork")


def write(folder: Path, **notes: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in notes.items():
        (folder / f"{name}.md").write_text(f"# {name}\n\n## {name} 是什么?\n\n{text}\n", encoding="utf-8")


def texts(folder: Path) -> frozenset[str] | None:
    """What the library says, found by both legs; it must be sound. ``None`` where there is none."""
    try:
        library = Library.open(folder, Settings())
    except LibraryMissing:
        return None
    with library:
        assert library.check() == []
        chunks = {chunk.id: chunk for chunk in library.dump()}
        vector = library.embedder.encode(["神经网络"])[0]
        for legs in (library.dense(vector, 99), library.lexical("是什么", 99)):
            assert {chunk.id for chunk in library.chunks([row for row, _ in legs])} == set(chunks)
        assert len({info.id for info in library.documents()}) == len(library.documents()) == len(chunks)
        return frozenset(chunk.text for chunk in chunks.values())


def kill_everywhere(base: Path, notes: Path, out: Path) -> list[Path]:
    out.mkdir()
    command = [sys.executable, "-c", KILLER, str(base), str(notes), str(out), str(POINTS)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    ended = [line.split() for line in done.stdout.splitlines()]
    assert len(ended) == POINTS == len({point for point, _ in ended})
    assert [status for _, status in ended if status != "9"] == []  # each was killed, none came to its end
    return [out / str(number) for number in range(POINTS)]


@pytest.mark.parametrize("first", [True, False], ids=["into nothing", "into a library"])
def test_killed_anywhere_the_library_is_as_before_or_as_after(tmp_path: Path, first: bool) -> None:
    base, notes = tmp_path / "base", tmp_path / "notes"
    before = None
    if not first:
        write(notes, 甲="旧的甲讲卷积网络。", 乙="乙讲循环网络。", 丙="丙讲注意力机制。")
        build([notes], Settings(library=str(base)))
        before = texts(base)
        (notes / "乙.md").unlink()
    write(notes, 甲="新的甲讲卷积网络。", 丙="丙讲注意力机制。", 丁="丁讲归一化。")
    folders = kill_everywhere(base, notes, tmp_path / "killed")
    after = texts(tmp_path / "killed" / "whole")
    assert after == {"新的甲讲卷积网络。", "丙讲注意力机制。", "丁讲归一化。"}

    found = [texts(folder) for folder in folders]
    assert set(found) == {before, after}
    assert found == sorted(found, key=lambda state: state == after)  # once it is committed it stays
    for folder in folders:
        summary = build([notes], Settings(library=str(folder)))
        assert (summary.documents, summary.skipped) == (3, ())
        assert texts(folder) == after
        assert len(list((folder / SNAPSHOTS).iterdir())) <= 2  # what the killed one left is gone
    shutil.rmtree(tmp_path / "killed")
