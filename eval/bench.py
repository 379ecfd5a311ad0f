"""Speed, size and memory, each figure beside its peer in one run. Figures are ratios and CPU seconds; nothing is asserted.

    python -m eval.bench cold NOTES        cold ``footnote ask`` against the LangChain tutorial over its saved index
    python -m eval.bench ingest NOTES      ingestion against the tutorial's, in chunks a CPU second; then unchanged again
    python -m eval.bench scale             hybrid search over 100,000 chunks made of the shipped notes' sentences, one core
    python -m eval.bench download          what a fresh default install downloads
    python -m eval.bench page NOTES        the page: 16 users asking at once, time until it can be used, memory of the server
    python -m eval.bench verifier          sentences a second on one core, against a cross-encoder of MiniLM's size

``NOTES`` is a folder of notes. The first two need the peer's packages (see ``eval/tutorial.py``), the last
the extra ``models``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS = 5
QUESTIONS = (
    "RoPE 的思路是什么?",
    "为什么注意力要除以根号 d_k?",
    "LN 和 BN 有什么区别?",
    "BERT 的预训练任务有哪些?",
    "如何缓解过拟合?",
    "LoRA 是怎么做的?",
    "GeLU 的计算公式是什么?",
    "数据并行和模型并行的优缺点",
    "LSTM 的三个门",
    "dropout 在训练和推理时有什么不同?",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one benchmark and print its figures as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("cold", "ingest", "scale", "download", "page", "verifier"))
    parser.add_argument("notes", nargs="?", type=Path)
    parser.add_argument("--chunks", type=int, default=100_000, help="size of the library for 'scale'")
    args = parser.parse_args(argv)
    if args.what in ("cold", "ingest", "page") and args.notes is None:
        parser.error(f"{args.what} needs the folder of notes")
    with tempfile.TemporaryDirectory() as folder:
        if args.what == "cold":
            figures = cold(args.notes, Path(folder))
        elif args.what == "ingest":
            figures = ingest(args.notes, Path(folder))
        elif args.what == "page":
            from eval.bench_page import page

            figures = page(args.notes, Path(folder), QUESTIONS)
        elif args.what == "scale":
            figures = scale(args.chunks, Path(folder))
        elif args.what == "verifier":
            figures = verifier(Path(folder))
        else:
            figures = download()
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=1))
    return 0


def cold(notes: Path, folder: Path) -> dict[str, float]:
    """Medians over ``ROUNDS`` cold processes each, taking turns; CPU is user + system of the process and its children."""
    _run(*_footnote("ingest", str(notes), "--library", str(folder / "library")))
    _run(*_tutorial("build", str(notes), str(folder / "index")))
    ours, theirs = [], []
    for number in range(ROUNDS):
        question = QUESTIONS[number % len(QUESTIONS)]
        ours.append(_run(*_footnote("ask", question, "--library", str(folder / "library"))))
        theirs.append(_run(*_tutorial("ask", str(folder / "index"), question)))
    return {
        "footnote cpu s": _median([cpu for cpu, _, _ in ours]),
        "footnote wall s": _median([wall for _, wall, _ in ours]),
        "footnote peak MB": max(memory for _, _, memory in ours),
        "tutorial cpu s": _median([cpu for cpu, _, _ in theirs]),
        "tutorial wall s": _median([wall for _, wall, _ in theirs]),
        "cpu ratio": _median([cpu for cpu, _, _ in theirs]) / _median([cpu for cpu, _, _ in ours]),
    }


def ingest(notes: Path, folder: Path) -> dict[str, float]:
    """Both measured inside their processes, after imports and model loading, as the tutorial cannot do without torch's."""
    inner = (
        "import json, sys, time; from pathlib import Path; from ingest.build import build; from ingest.settings import Settings; "
        "from ingest.embed import load_embedder; import faiss, tantivy, opencc; load_embedder().encode(['x']); "
        "started = time.process_time(); "
        "done = build([Path(sys.argv[1])], Settings(library=sys.argv[2])); "
        "print(json.dumps({'chunks': done.chunks, 'documents': done.documents, 'cpu': time.process_time() - started}))"
    )
    command = (sys.executable, "-c", inner, str(notes), str(folder / "library"))
    first, again = (json.loads(_output(command)) for _ in range(2))
    theirs = json.loads(_output(_tutorial("build", str(notes), str(folder / "index"))).splitlines()[-1])
    ours_speed, their_speed = first["chunks"] / first["cpu"], theirs["chunks"] / theirs["cpu"]
    return {
        "footnote chunks": first["chunks"],
        "footnote chunks a cpu s": ours_speed,
        "tutorial chunks": theirs["chunks"],
        "tutorial chunks a cpu s": their_speed,
        "speed ratio": ours_speed / their_speed,
        "again / first (cpu)": again["cpu"] / first["cpu"],
        "documents doubled": float(again["documents"] - first["documents"]),
    }


def scale(chunks: int, folder: Path) -> dict[str, float]:
    """Build a library of ``chunks`` passages, then search it in a fresh process pinned to one core."""
    _sentences_to_notes(chunks, folder / "notes.jsonl")
    cpu, wall, memory = _run(*_footnote("ingest", str(folder / "notes.jsonl"), "--library", str(folder / "library")))
    inner = (
        "import json, os, sys, time, resource\n"
        "if hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from pathlib import Path\nfrom ingest.settings import Settings\nfrom ingest.store import Library\n"
        "from rag.answer import search\n"
        "library = Library.open(Path(sys.argv[1]), Settings())\nquestions = json.loads(sys.argv[2])\n"
        "[search(q, library) for q in questions]\ntimes = []\n"
        "for _ in range(20):\n"
        "    for q in questions:\n"
        "        started = time.perf_counter(); search(q, library); times.append(time.perf_counter() - started)\n"
        "times.sort()\n"
        "print(json.dumps({'n': library.chunk_count(), 'p50': times[len(times) // 2], 'p95': times[int(len(times) * .95)], "
        "'mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))"
    )
    found = json.loads(_output((sys.executable, "-c", inner, str(folder / "library"), json.dumps(QUESTIONS))))
    size = sum(path.stat().st_size for path in (folder / "library").rglob("*") if path.is_file())
    return {
        "chunks": found["n"],
        "p50 ms": found["p50"] * 1000,
        "p95 ms": found["p95"] * 1000,
        "search peak MB": found["mb"],
        "ingest cpu s": cpu,
        "ingest wall s": wall,
        "ingest peak MB": memory,
        "library MB": size / 2**20,
    }


def download() -> dict[str, float]:
    """Megabytes of the wheels that pip would fetch for the default install, by ``pip install --dry-run --report``."""
    root = Path(__file__).parent.parent
    command = (sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", str(root))
    report = json.loads(_output(command))
    sizes = {}
    for item in report["install"]:
        url = item["download_info"]["url"]
        if url.startswith("file:") and Path(url[7:]).is_dir():
            continue
        sizes[item["metadata"]["name"]] = _size(url)
    return {"packages": float(len(sizes)), "MB": sum(sizes.values()) / 1e6}


def verifier(folder: Path) -> dict[str, float]:
    """The shipped labelled pairs, sentence by sentence, one thread each: ``rag.verify`` and a cross-encoder of the size of
    MiniLM-L6 (6 layers, 384 wide, 12 heads; random weights, which cost the same) over the same sentences and contexts.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    from eval.samples import load_samples
    from rag.verify import check, sentences

    samples = load_samples(Path(__file__).parent / "datasets" / "verifier.jsonl", labelled=True)
    claims = [(sentence, sample.contexts) for sample in samples for sentence in sentences(sample.answer)]
    model = _cross_encoder(folder)
    check(*claims[0])
    model.predict([(claims[0][0], "\n".join(claims[0][1]))])
    started = time.process_time()
    for claim, contexts in claims:  # once: what was looked at before is remembered
        check(claim, contexts)
    ours = time.process_time() - started
    theirs = []
    for _ in range(ROUNDS):
        started = time.process_time()
        model.predict([(claim, "\n".join(contexts)) for claim, contexts in claims], batch_size=32, show_progress_bar=False)
        theirs.append(time.process_time() - started)
    speeds = len(claims) / ours, len(claims) / _median(theirs)
    return {
        "sentences": float(len(claims)),
        "footnote sentences a cpu s": speeds[0],
        "cross-encoder sentences a cpu s": speeds[1],
        "speed ratio": speeds[0] / speeds[1],
    }


def _cross_encoder(folder: Path) -> Any:
    """A cross-encoder with random weights over the shipped model's own tokens."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    from ingest.embed import SHIPPED

    torch.set_num_threads(1)
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(SHIPPED / "tokenizer.json"), **special)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return CrossEncoder(str(folder), device="cpu", max_length=512)


def _size(url: str) -> int:
    if url.startswith("file://"):
        return Path(url[7:]).stat().st_size
    import urllib.request

    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as response:
        return int(response.headers["Content-Length"])


def _sentences_to_notes(chunks: int, path: Path) -> None:
    """Records of about 160 characters, made by shuffling the sentences of the shipped notes; the same for every run."""
    corpus = Path(__file__).parent.parent / "corpus"
    sentences = [
        line.strip()
        for file in sorted(corpus.glob("*.md"))
        for line in file.read_text(encoding="utf-8").split("。")
        if 15 < len(line) < 120
    ]
    sentences = [" ".join(line.split()).lstrip("#- ") for line in sentences]
    generator = random.Random(0)
    with path.open("w", encoding="utf-8") as out:
        for number in range(chunks):
            text = ""
            while len(text) < 160:
                text += generator.choice(sentences) + "。"
            out.write(json.dumps({"_id": f"d{number}", "title": f"笔记{number}", "text": text}, ensure_ascii=False) + "\n")


def _footnote(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main())", *arguments)


def _tutorial(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "eval.tutorial", *arguments)


def _run(*command: str) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak megabytes of a finished process; raises when it failed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[-3:]}: {errors.decode()[-500:]}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss / 1024


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[:3]}: {done.stderr[-500:]}")
    return done.stdout


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    sys.exit(main())
