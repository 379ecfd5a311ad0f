"""The READMEs are true: every command and every piece of Python in them is run, in order, on notes like a user's."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
SET_UP = {"python3 ui": "ui/__main__.py", "python3 tests": "tests/__main__.py"}
WAITS = "footnote serve"  # runs until it is stopped; tests/ui drives the page
NOTE = """# 位置编码

## RoPE 的思路是什么?

RoPE 用旋转矩阵把绝对位置编码进查询和键,两者的内积只依赖相对位置。

## LayerNorm 和 BatchNorm 有什么区别?

LayerNorm 在一个样本的特征维上做归一化,不依赖批大小。BatchNorm 在一个批次的样本之间做归一化,推理时使用滑动平均。
"""
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def blocks(readme: str, language: str) -> list[str]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(readme: str) -> list[str]:
    return "".join(blocks(readme, "sh")).splitlines()


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the READMEs speak of, and a library of its own."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "my-notes").mkdir()
    (folder / "my-notes" / "rope.md").write_text(NOTE, encoding="utf-8")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, key in (("questions.jsonl", "question"), ("answers.jsonl", "answer")):
        found = [line for line in re.findall(r"`(\{.*?\})`", text) if key in json.loads(line)]
        assert len(found) == 1
        (folder / name).write_text(found[0] + "\n", encoding="utf-8")
    return folder


def run(words: list[str], user: Path) -> str:
    environment = {**ENV, "FOOTNOTE_LIBRARY": str(user / "library")}
    done = subprocess.run(words, cwd=user, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_commands_set_everything_up() -> None:
    found = [line for line in commands("README.md") if not line.startswith("footnote ")]
    assert [" ".join(line.split()[:2]) for line in found] == list(SET_UP)
    assert all((ROOT / script).is_file() for script in SET_UP.values())


@pytest.mark.parametrize("language", ["sh", "python"])
def test_both_languages_show_the_same(language: str) -> None:
    english, chinese = (blocks(readme, language) for readme in READMES)
    assert english == chinese
    assert english


def test_commands_run_in_the_order_shown(user: Path) -> None:
    shown: dict[str, str] = {}
    for command in ["footnote ingest my-notes", *commands("README.md")]:
        if command.startswith("python3 tests") or command == WAITS:
            continue
        words = shlex.split(command)
        words = words[2:] if words[:2] == ["python3", "ui"] else words[1:]
        shown[command] = run([sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main())", *words], user)
        assert shown[command].strip(), command
    assert "旋转矩阵" in shown['python3 ui ask "RoPE 的思路是什么?"']
    answer = json.loads(shown['footnote ask "RoPE 的思路是什么?" --json'])
    assert {Path(citation["path"]).name for citation in answer["citations"]} == {"rope.md"}
    assert [json.loads(line)["id"] for line in shown["footnote ask --batch questions.jsonl"].splitlines()] == [1]
    assert json.loads(shown["footnote verify --batch answers.jsonl"])["verdict"] == "unfaithful"


@pytest.mark.parametrize("snippet", blocks("README.md", "python"), ids=lambda snippet: snippet.splitlines()[0])
def test_python_runs(snippet: str, user: Path) -> None:
    run([sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main())", "ingest", "my-notes"], user)
    assert "旋转矩阵" in run([sys.executable, "-W", "error", "-c", snippet], user)


@pytest.mark.parametrize("readme", READMES)
def test_links_lead_somewhere(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    files = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert files
    assert [target for target in files if not (ROOT / target).exists()] == []


def test_every_command_of_the_program_is_in_its_help(user: Path) -> None:
    shown = run([sys.executable, "-c", "import sys; from ui.cli import main; sys.exit(main())", "--help"], user)
    named = {command.split()[1] for command in commands("README.md") if command.startswith("footnote ")} - {"--help"}
    assert {name for name in named if not re.search(rf"^ +{name} ", shown, re.MULTILINE)} == set()


@pytest.mark.parametrize("readme", READMES)
def test_the_answer_shown_is_the_answer_given(readme: str, user: Path) -> None:
    question = shlex.split(commands(readme)[0])[-1]
    library = ["--library", str(user / "shipped")]
    run([sys.executable, "-m", "ui", "ingest", str(ROOT / "corpus"), *library], user)
    assert run([sys.executable, "-m", "ui", "ask", question, *library], user).strip() == blocks(readme, "text")[0].strip()
