"""``python -m eval.faults``: faults planted in scripted LLM answers; how many a user sees marked or gone, and at what price.

Each answer of ``datasets/llm_faults.jsonl`` was written for the notes the way an LLM puts it, in other words than theirs: two
true sentences, one true sentence with the mark of another passage, one with a number changed, one invented. The whole ask
line runs over the shipped notes, with a chat model that says the script; its marks are looked up in the prompt that it
gets. Figures: the share of planted faults that are marked or removed, the share of true sentences wrongly marked or removed,
and the CPU time of an answer beyond the model's own.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.settings import Settings
from ingest.store import Library
from rag.answer import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel

    from rag.types import Answer, Sentence

SCRIPTS = Path(__file__).parent / "datasets" / "llm_faults.jsonl"
MARKED = ("partial", "unsupported", "contradicted")
"""Verdicts that a user is shown."""
_PASSAGE = re.compile(r"^==\w+== \[(\d+)\] ", re.MULTILINE)


@dataclass
class Tally:
    """What was planted and what became of it."""

    planted: dict[str, list[bool]] = field(default_factory=lambda: {"mark": [], "number": [], "invented": []})
    """By kind: whether each fault was marked or removed."""
    wronged: list[bool] = field(default_factory=list)
    """Of each true sentence: whether it was marked or removed."""
    cpu: list[float] = field(default_factory=list)
    """CPU seconds of each answer."""
    lines: list[str] = field(default_factory=list)
    """What went wrong, for people."""

    def caught(self) -> float:
        """Share of all planted faults that a user sees marked or gone."""
        every = [yes for kind in self.planted.values() for yes in kind]
        return sum(every) / len(every)

    def wrongly(self) -> float:
        """Share of true sentences that a user sees marked, or does not see."""
        return sum(self.wronged) / len(self.wronged)


def run(scripts: Sequence[dict[str, Any]], library: Library) -> Tally:
    """Ask every question with its script."""
    tally = Tally()
    for script in scripts:
        said: dict[str, str] = {}
        model = scripted(script, said)
        began = time.process_time()
        answer = ask(script["question"], library, model=model)
        tally.cpu.append(time.process_time() - began)
        if not said:
            tally.lines.append(f"declined: {script['question']}")
            continue
        _judge(script, answer, said, tally)
    return tally


def _judge(script: dict[str, Any], answer: Answer, said: dict[str, str], tally: Tally) -> None:
    for kind, true in (("true", script["true"][0]), ("true", script["true"][1]), ("true (with a wrong mark)", script["mark"])):
        became = _became(true["text"], answer)
        tally.wronged.append(_seen(became))
        if tally.wronged[-1]:
            tally.lines.append(_line(kind, true["text"], became, answer))
    moved = _became(script["mark"]["text"], answer)
    tally.planted["mark"].append(_seen(moved) or not any(_cites(part, answer, said["wrong"]) for part in moved))
    for kind, text in (("number", script["number"]["text"]), ("invented", script["invented"])):
        became = _became(text, answer)
        tally.planted[kind].append(_seen(became))
        if not tally.planted[kind][-1]:
            tally.lines.append(_line(kind, text, became, answer))


def _became(text: str, answer: Answer) -> list[Sentence]:
    """What the model's sentence is shown as, cut at its semicolons maybe; empty where a part of it is not shown."""
    wanted = _bare(text)
    parts = [sentence for sentence in answer.sentences if _bare(sentence.text) in wanted] if answer.model else []
    return parts if "".join(_bare(part.text) for part in parts) == wanted else []


def _bare(text: str) -> str:
    return "".join(text.replace("`", "").split())


def _seen(parts: Sequence[Sentence]) -> bool:
    """Whether a user sees a mark on the sentence, or does not see it."""
    return not parts or any(part.verdict in MARKED for part in parts)


def _cites(sentence: Sentence, answer: Answer, passage: str) -> bool:
    return any(citation.quote in passage for citation in answer.citations if citation.n in sentence.citations)


def _line(kind: str, text: str, parts: Sequence[Sentence], answer: Answer) -> str:
    became = "; ".join(f"{part.verdict} {part.support:.2f} {part.reason}" for part in parts) or f"not shown ({answer.notice})"
    return f"{kind}: {text} → {became}"


def scripted(script: dict[str, Any], said: dict[str, str]) -> BaseChatModel:
    """A chat model that says the script: the faults among the true sentences, each with the mark of the passage that holds
    its anchor; the wrong mark is that of the next passage, whose text is put into ``said["wrong"]``.
    """
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGeneration, ChatResult

    class Scripted(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "scripted"

        def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
            passages = _passages(str(messages[-1].content))
            said["wrong"], text = "", []
            for kind, sentence in (
                ("true", script["true"][0]),
                ("number", script["number"]),
                ("mark", script["mark"]),
                ("invented", {"text": script["invented"], "anchor": script["true"][0]["anchor"]}),
                ("true", script["true"][1]),
            ):
                right = next((n for n, passage in passages.items() if sentence["anchor"] in passage), 1)
                if kind == "mark":
                    right = right % len(passages) + 1
                    said["wrong"] = passages[right] if len(passages) > 1 else ""
                text.append(f"{sentence['text']}[{right}]")
            between = " " if script["lang"] == "en" else ""
            return ChatResult(generations=[ChatGeneration(message=AIMessage(content=between.join(text)))])

    return Scripted()


def _passages(prompt: str) -> dict[int, str]:
    parts = _PASSAGE.split(prompt)
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m eval.faults", description=__doc__)
    parser.add_argument("--library", metavar="DIR", help="a library of the shipped notes (default: the user's)")
    parser.add_argument("--scripts", type=Path, default=SCRIPTS, metavar="FILE", help="other scripts than the shipped ones")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    options = parser.parse_args(argv)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does: waiting threads would count as work
    scripts = [json.loads(line) for line in options.scripts.read_text(encoding="utf-8").splitlines()]
    settings = Settings.load(library=options.library)
    with Library.open(settings.library_folder, settings) as library:
        run(scripts[:1], library)  # what is loaded once is no part of an answer
        gc.collect()
        gc.freeze()  # as a server does
        for language in sorted({script["lang"] for script in scripts}, reverse=True):
            _print(language, run([script for script in scripts if script["lang"] == language], library), show=options.show)
    return 0


def _print(language: str, tally: Tally, *, show: bool) -> None:
    kinds = ", ".join(f"{kind} {sum(found)}/{len(found)}" for kind, found in tally.planted.items())
    print(f"{language}: planted faults marked or removed {tally.caught():.3f} ({kinds})")
    print(f"{language}: true sentences wrongly marked {tally.wrongly():.3f} ({sum(tally.wronged)}/{len(tally.wronged)})")
    cpu = sorted(tally.cpu)
    print(f"{language}: CPU of an answer, median {1000 * cpu[len(cpu) // 2]:.0f} ms, longest {1000 * cpu[-1]:.0f} ms")
    for line in tally.lines if show else ():
        print(" ", line)


if __name__ == "__main__":
    sys.exit(main())
