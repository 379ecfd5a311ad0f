"""The READMEs are true: every command and every piece of Python in them is run, in order, on notes like a user's.

Commands that go on until they are stopped, or need a model, a library of forty headings or minutes, are read by the command
line's own parsers instead. Output that is shown is what comes out, and the table of figures is that of the committed baseline
(``footnote eval all --save eval/datasets/baseline.json``): ``FOOTNOTE_REWRITE_GOLDENS=1`` writes both into the READMEs.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from eval.report.record import load
from eval.run import _parser as eval_parser
from ui.cli import build_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eval.report.record import Figure

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
REWRITE = os.environ.get("FOOTNOTE_REWRITE_GOLDENS") == "1"
SET_UP = {"python3 ui": "ui/__main__.py", "python3 tests": "tests/__main__.py"}
ONLY_READ = re.compile(r"footnote (?:serve|watch|mcp|train|eval (?:all|compare|verifier))\b|.* --model ")
TYPED = {"footnote chat": "RoPE 的思路是什么?\n:1\n", "footnote user": "correct horse battery\n"}
"""What a user would type into these."""
NOTE = """# 位置编码

## RoPE 的思路是什么?

RoPE 用旋转矩阵把绝对位置编码进查询和键,两者的内积只依赖相对位置。

## LayerNorm 和 BatchNorm 有什么区别?

LayerNorm 在一个样本的特征维上做归一化,不依赖批大小。BatchNorm 在一个批次的样本之间做归一化,推理时使用滑动平均。
"""
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
FOOTNOTE = [sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main())"]


def text_of(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def blocks(readme: str, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text_of(readme), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def commands(readme: str) -> list[str]:
    return "".join(blocks(readme, "sh")).splitlines()


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the READMEs speak of, and a library of its own."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "my-notes").mkdir()
    (folder / "my-notes" / "rope.md").write_text(NOTE, encoding="utf-8")
    for name, key in (("questions.jsonl", "question"), ("answers.jsonl", "answer")):
        found = [line for line in re.findall(r"`(\{.*?\})`", text_of("README.md")) if key in json.loads(line)]
        assert len(found) == 1
        (folder / name).write_text(found[0] + "\n", encoding="utf-8")
    return folder


def run(words: list[str], user: Path, typed: str = "") -> str:
    environment = {**ENV, "FOOTNOTE_LIBRARY": str(user / "library")}
    done = subprocess.run(
        words, cwd=user, env=environment, input=typed, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_shown(command: str, user: Path) -> str:
    """A command as it is written in a README, with ``< FILE``."""
    command, _, file = command.partition(" < ")
    words = shlex.split(command)
    words = words[2:] if words[:2] == ["python3", "ui"] else words[1:]
    typed = next((text for start, text in TYPED.items() if command.startswith(start)), "")
    return run([*FOOTNOTE, *words], user, (user / file).read_text(encoding="utf-8") if file else typed)


def rewritten(readme: str, old: str, new: str) -> None:
    if REWRITE and old != new:
        assert text_of(readme).count(old) == 1
        (ROOT / readme).write_text(text_of(readme).replace(old, new), encoding="utf-8", newline="\n")


# ---------------------------------------------------------------------------------------------- commands


def test_two_commands_set_everything_up() -> None:
    found = [line for line in commands("README.md") if not line.startswith(("footnote ", "curl "))]
    assert [" ".join(line.split()[:2]) for line in found] == list(SET_UP)
    assert all((ROOT / script).is_file() for script in SET_UP.values())


@pytest.mark.parametrize("language", ["sh", "python", "text", "json"])
def test_both_languages_show_the_same(language: str) -> None:
    english, chinese = (blocks(readme, language) for readme in READMES)
    assert english == chinese
    assert english


def test_commands_run_in_the_order_shown(user: Path) -> None:
    shown: dict[str, str] = {}
    for command in ["footnote ingest my-notes", *commands("README.md")]:
        if command.startswith(("python3 tests", "curl ")) or ONLY_READ.match(command):
            continue
        shown[command] = run_shown(command, user)
        assert shown[command].strip(), command
    assert "旋转矩阵" in shown['python3 ui ask "RoPE 的思路是什么?"']
    assert shown["footnote chat"].count("旋转矩阵") >= 2  # the answer, and the note at the footnote
    answer = json.loads(shown['footnote ask "RoPE 的思路是什么?" --json'])
    assert {Path(citation["path"]).name for citation in answer["citations"]} == {"rope.md"}
    assert [json.loads(line)["id"] for line in shown["footnote ask --batch questions.jsonl"].splitlines()] == [1]
    assert (user / "users").read_text(encoding="utf-8").startswith("anna:scrypt$")


def test_commands_that_are_only_read_have_these_options() -> None:
    found = [shlex.split(command)[1:] for command in commands("README.md") if ONLY_READ.match(command)]
    found += [shlex.split(command)[1:] for command in re.findall(r"`(footnote [a-z][^`]*)`", text_of("README.md"))]
    assert ["serve", "--allow-origin", "app://obsidian.md"] in found
    for command, *words in found:
        if command == "eval":
            eval_parser().parse_args(words)
        elif words:  # a bare name may stand for a command that needs more
            assert build_parser().parse_args([command, *words]).command == command


def test_every_command_of_the_program_is_in_its_help(user: Path) -> None:
    shown = run([*FOOTNOTE, "--help"], user)
    named = {command.split()[1] for command in commands("README.md") if command.startswith("footnote ")}
    assert {name for name in named if not re.search(rf"^ +{name} ", shown, re.MULTILINE)} == set()


# ---------------------------------------------------------------------------------------------- other programs


@contextlib.contextmanager
def doors(user: Path) -> Iterator[str]:
    """``footnote serve`` without the page, on a free port; its address."""
    run([*FOOTNOTE, "ingest", "my-notes"], user)
    environment = {**ENV, "FOOTNOTE_LIBRARY": str(user / "library")}
    words = [*FOOTNOTE, "serve", "--no-page", "--port", "0"]
    with subprocess.Popen(words, cwd=user, env=environment, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stderr is not None
            found = re.search(r"http://\S+", process.stderr.readline())
            assert found is not None
            yield found.group()
        finally:
            process.terminate()


def test_what_curl_is_given_is_answered(user: Path) -> None:
    asked = [shlex.split(command) for command in commands("README.md") if command.startswith("curl ")]
    assert len(asked) == 2
    with doors(user) as address:
        for _, url, _, header, _, body in asked:
            url = url.replace("http://127.0.0.1:7860", address)
            request = urllib.request.Request(url, body.encode(), dict([header.split(": ")]))
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert "旋转矩阵" in answer.read().decode()


def test_the_configuration_for_mcp_names_a_command() -> None:
    (block,) = blocks("README.md", "json")
    for server in json.loads(block)["mcpServers"].values():
        assert Path(server["command"]).name == "footnote"
        assert build_parser().parse_args(server["args"]).command == "mcp"


@pytest.mark.parametrize("snippet", blocks("README.md", "python"), ids=lambda snippet: snippet.splitlines()[0])
def test_python_runs(snippet: str, user: Path) -> None:
    run([*FOOTNOTE, "ingest", "my-notes"], user)
    assert "旋转矩阵" in run([sys.executable, "-W", "error", "-c", snippet], user)


# ---------------------------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize("readme", READMES)
def test_links_lead_somewhere(readme: str) -> None:
    files = [target for target in re.findall(r"\]\(([^)#]+)\)", text_of(readme)) if "://" not in target]
    assert files
    assert [target for target in files if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("readme", READMES)
def test_the_answer_shown_is_the_answer_given(readme: str, user: Path) -> None:
    question = shlex.split(commands(readme)[0])[-1]
    library = ["--library", str(user / "shipped")]
    run([*FOOTNOTE, "ingest", str(ROOT / "corpus"), *library], user)
    given = run([*FOOTNOTE, "ask", question, *library], user).strip() + "\n"
    rewritten(readme, f"```text\n{blocks(readme, 'text')[0]}```", f"```text\n{given}```")
    assert blocks(readme, "text")[0] == given


@pytest.mark.parametrize("readme", READMES)
def test_the_check_shown_is_the_check_made(readme: str, user: Path) -> None:
    (command,) = [command for command in commands(readme) if command.startswith("footnote verify")]
    given = run_shown(command, user).strip() + "\n"
    shown = f"```sh\n{command}\n```\n\n```text\n"
    rewritten(readme, f"{shown}{blocks(readme, 'text')[2]}```", f"{shown}{given}```")
    assert blocks(readme, "text")[2] == given
    assert given.startswith("1: unfaithful")


@pytest.mark.parametrize("readme", READMES)
def test_the_line_shown_when_no_model_answers_is_the_one_given(readme: str, user: Path) -> None:
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    run([*FOOTNOTE, "ingest", "my-notes"], user)
    model = ["--model", "openai:qwen3", "--model-url", "http://127.0.0.1:9/v1"]
    given = run([*FOOTNOTE, "ask", *model, "RoPE 的思路是什么?"], user)
    assert given.startswith(blocks(readme, "text")[1].replace(":8000", ":9"))
    assert "旋转矩阵" in given


# ---------------------------------------------------------------------------------------------- figures


class Row(NamedTuple):
    """A row of the table: what it says in each language, and the figures of a part of the baseline."""

    english: str
    chinese: str
    part: str
    figures: tuple[str, ...]
    outside: bool = True


ROWS = (
    Row(
        "search, Chinese questions: recall@5 / MRR@10",
        "检索，中文问题：recall@5 / MRR@10",
        "retrieval",
        ("zh.recall@5", "zh.mrr@10"),
    ),
    Row(
        "search, English questions over Chinese notes: recall@5 / MRR@10",
        "检索，英文问中文笔记：recall@5 / MRR@10",
        "retrieval",
        ("en.recall@5", "en.mrr@10"),
    ),
    Row("a right section is cited", "引到了正确的一节", "answers", ("right section cited",)),
    Row("all key facts are in the answer", "关键事实都在回答里", "answers", ("key facts",)),
    Row("wrongly declined", "不该拒答而拒答", "answers", ("wrongly declined",)),
    Row("declined, of what has no answer", "没有答案的问题中拒答的比例", "answers", ("declined",), outside=False),
    Row("a wrong footnote is taken away", "错误的脚注被去掉", "footnotes", ("wrong marks removed",)),
    Row("a right footnote stays", "正确的脚注被保留", "footnotes", ("right marks kept",)),
)
HEADS = (
    "| | shipped notes ({0} questions, {1} without an answer) | notes outside the field ({2}) |",
    "| | 自带笔记（{0} 问，另有 {1} 问无答案） | 领域外笔记（{2} 问） |",
)
VERIFIER = (
    "| verifier, {} labelled answers in Chinese / English: balanced accuracy | {} | |",
    "| 核对器，{} 条中文 / 英文标注回答：平衡准确率 | {} | |",
)


def _number(value: float | None) -> str:
    assert value is not None
    return f"{value:.2f}".removeprefix("0")


def _cell(figures: list[Figure]) -> str:
    last = figures[-1]
    return f"{' / '.join(_number(figure.value) for figure in figures)} [{_number(last.low)}, {_number(last.high)}]"


def table(language: int) -> str:
    """The table of figures of the committed baseline; 0 in English, 1 in Chinese."""
    baseline = load(ROOT / "eval" / "datasets" / "baseline.json")
    parts = {part.name: {figure.name: figure for figure in part.figures} for part in baseline.parts}
    answers = parts["answers: corpus"]
    counts = [answers["key facts"].count, answers["declined"].count, parts["answers: outside"]["key facts"].count]
    lines = [HEADS[language].format(*counts), "|---|---|---|"]
    for row in ROWS:
        sets = ("corpus", "outside") if row.outside else ("corpus",)
        cells = [_cell([parts[f"{row.part}: {name}"][figure] for figure in row.figures]) for name in sets]
        lines.append(f"| {row[language]} | {cells[0]} | {cells[1] if row.outside else ''} |".replace("|  |", "| |"))
    both = [parts["verifier"][f"{name}.balanced accuracy"] for name in ("zh", "en")]
    lines.append(VERIFIER[language].format(sum(figure.count for figure in both), _cell(both)))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("language", "readme"), list(enumerate(READMES)))
def test_the_figures_are_those_of_the_committed_baseline(language: int, readme: str) -> None:
    mark = "<!-- figures -->\n"
    before, shown, after = text_of(readme).split(mark)
    rewritten(readme, mark.join((before, shown, after)), mark.join((before, table(language), after)))
    assert text_of(readme).split(mark)[1] == table(language)
