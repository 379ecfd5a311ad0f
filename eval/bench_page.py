"""The page under load: ``footnote serve`` in a process of its own, asked by many users at once over its own protocol.

    first_token_p50 / p95    seconds from a user's Enter to the first sentence of the answer, while ``USERS`` use the page:
                             each asks, reads for ``READS`` seconds on average, asks again
    whole_p95                seconds until the whole answer is there
    burst_p50 / p95          to the first sentence, when all of them press Enter in the same moment
    ready                    seconds from the line that tells the address until a browser can type a question (0: no Chromium)
    cpu_per_answer           CPU seconds of the server for one answer, everything included (Linux only)
    memory_mb                memory of the server after all of it (resident set, Linux only)

A user is a session that speaks Gradio's queue protocol: what a browser would send, without the browser, whose own work would
take the cores from the server.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

USERS = 16
ROUNDS = 5
READS = 5.0
_SUFFIX = ("process_generating", "process_completed")


def page(notes: Path, folder: Path, questions: Sequence[str]) -> dict[str, float]:
    """Build a library of ``notes`` in ``folder``, serve it, and measure."""
    library = str(folder / "library")
    command = [sys.executable, "-m", "ui"]
    subprocess.run([*command, "ingest", str(notes), "--library", library], check=True, stdout=subprocess.DEVNULL)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [*command, "serve", "--library", library, "--port", str(port)]
    with subprocess.Popen(serve, stderr=subprocess.PIPE, encoding="utf-8", cwd=Path(__file__).resolve().parents[1]) as server:
        assert server.stderr is not None
        try:
            for line in server.stderr:
                if "listening on" in line:
                    break
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return _measured(f"http://127.0.0.1:{port}", server.pid, questions)
        finally:
            server.terminate()
            server.wait(20)


def _measured(url: str, pid: int, questions: Sequence[str]) -> dict[str, float]:
    ready = _ready(url)
    users = [_User(url, number, questions) for number in range(USERS)]
    _all(users, 0.0, 1)  # warms up
    cpu = _cpu(pid)
    reading = _all(users, READS, ROUNDS)
    cpu = (_cpu(pid) - cpu) / len(reading)
    burst = [first for _ in range(ROUNDS) for first, _ in _all(users, 0.0, 1)]
    first, whole = [first for first, _ in reading], [whole for _, whole in reading]
    return {
        "users": USERS,
        "asked": len(first),
        "first_token_p50": statistics.median(first),
        "first_token_p95": statistics.quantiles(first, n=20)[-1],
        "whole_p95": statistics.quantiles(whole, n=20)[-1],
        "burst_p50": statistics.median(burst),
        "burst_p95": statistics.quantiles(burst, n=20)[-1],
        "cpu_per_answer": cpu,
        "ready": ready,
        "memory_mb": _memory(pid),
    }


def _all(users: Sequence[_User], reads: float, rounds: int) -> list[tuple[float, float]]:
    """Every user asks ``rounds`` times; seconds to the first sentence and to the whole answer, of each question."""
    gate = threading.Barrier(len(users))
    threads = [threading.Thread(target=user.use, args=(gate, reads, rounds)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [times for user in users for times in user.times]


class _User:
    """One session of the page."""

    def __init__(self, url: str, number: int, questions: Sequence[str]) -> None:
        self.times: list[tuple[float, float]] = []
        self._questions = questions
        self._random = random.Random(number)
        self._host = urlsplit(url).netloc
        self._session = f"bench{number:04d}"
        config = json.loads(self._get("/config").read())
        self._box = next(each["id"] for each in config["components"] if each["props"].get("elem_id") == "fn-question")
        self._event = next(each for each in config["dependencies"] if [self._box, "submit"] in each["targets"])

    def use(self, gate: threading.Barrier, reads: float, rounds: int) -> None:
        """Ask ``rounds`` times, each time after reading for a while; without reading, begin with all others."""
        self.times = []
        gate.wait()
        for _ in range(rounds):
            time.sleep(self._random.uniform(0, 2 * reads))
            self.times.append(self._ask(self._random.choice(self._questions)))

    def _ask(self, question: str) -> tuple[float, float]:
        values: list[Any] = [question, None, None, None, "zh"][: len(self._event["inputs"])]
        body = {
            "data": values + [None] * (len(self._event["inputs"]) - len(values)),
            "event_data": None,
            "fn_index": self._event["id"],
            "session_hash": self._session,
            "trigger_id": self._box,
        }
        start = time.perf_counter()
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("POST", "/gradio_api/queue/join", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"the page refused the question: {answer.status} {answer.read()[:200]!r}")
        answer.read()
        grown, first = 0, 0.0
        events = self._get(f"/gradio_api/queue/data?session_hash={self._session}")
        for line in events:
            if not line.startswith(b"data:"):
                continue
            message = json.loads(line[5:])
            grown += message["msg"] in _SUFFIX
            if grown == 2 and not first:  # the first says that it is being looked up
                first = time.perf_counter() - start
            if message["msg"] == "process_completed":
                if not message["success"] or b"fn-below" not in line:
                    raise RuntimeError(f"the page failed: {message}")
                return first, time.perf_counter() - start
        raise RuntimeError("the page ended the connection")

    def _get(self, path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("GET", path)
        return connection.getresponse()


def _ready(url: str) -> float:
    """Seconds until a browser that opens the page now can type; the browser itself is already running."""
    chromium = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return 0.0
    if chromium is None:
        return 0.0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium)
        tab = browser.new_page()
        start = time.perf_counter()
        tab.goto(url, wait_until="commit")
        tab.wait_for_selector(".fn-suggestion")
        tab.fill("#fn-question textarea", "RoPE")
        ready = time.perf_counter() - start
        browser.close()
    return ready


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return kilobytes / 1024
