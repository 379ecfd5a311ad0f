"""The rules of the code that hold for every module, read from its syntax tree, and what a start-up may load."""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "ingest": {"ingest"},
    "rag": {"rag", "ingest"},
    "ui": {"ui", "rag", "ingest"},
    "eval": {"eval", "rag", "ingest"},
}
# `footnote eval` is a command, so the command line may hand over to it; and the one module of the page that measures.
HANDED_OVER = {("ui/cli.py", "eval"), ("ui/web/measuring.py", "eval")}
MODULES = sorted(file for package in MAY_IMPORT for file in (ROOT / package).rglob("*.py"))
HEAVY = {
    "bs4", "charset_normalizer", "docx", "faiss", "fastapi", "gradio", "langchain", "langchain_core", "lxml", "opencc", "pandas",
    "pypdf", "sentence_transformers", "tantivy", "tokenizers", "torch", "transformers", "uvicorn",
}  # fmt: skip
# Classes that others plug into their LangChain programs must derive from LangChain's.
BUILT_ON = {("rag/chain.py", "langchain_core"), ("rag/local.py", "langchain_core")}
RUNS_WHAT_IT_READS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle"}
UNSAFE_SWITCHES = {
    ("trust_remote_code", True), ("allow_dangerous_deserialization", True), ("allow_pickle", True), ("shell", True),
    ("verify", False), ("share", True),
}  # fmt: skip
# The program that the benchmark compares with loads what it has itself just written.
EXCUSED = {("eval/tutorial.py", "allow_dangerous_deserialization=True")}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "torch.load", "yaml.load", "yaml.unsafe_load", "os.system", "os.popen"}

each_module = pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(ROOT).as_posix())


@functools.cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imported(node: ast.AST) -> list[str]:
    """The dotted modules that an import statement names; `from a import b` names `a`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [node.module or ""]
    return []


def run_at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported: no function bodies, nothing under TYPE_CHECKING."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from run_at_import(node.orelse)
            continue
        yield node
        for field in ("body", "orelse", "finalbody", "handlers"):
            for child in getattr(node, field, []):
                yield from run_at_import(child.body if isinstance(child, ast.ExceptHandler) else [child])


def test_there_are_modules_to_look_at() -> None:
    assert {name(file) for file in MODULES} >= {"ingest/build.py", "rag/answer.py", "ui/cli.py"}


@each_module
def test_imports_point_downwards(file: Path) -> None:
    package = file.relative_to(ROOT).parts[0]
    ours = {dotted.split(".")[0] for node in ast.walk(tree(file)) for dotted in imported(node)} & set(MAY_IMPORT)
    handed_over = {target for module, target in HANDED_OVER if module == name(file)}
    assert ours - MAY_IMPORT[package] - handed_over == set()


@each_module
def test_heavy_packages_are_imported_where_they_are_used(file: Path) -> None:
    at_import = {dotted.split(".")[0] for node in run_at_import(tree(file).body) for dotted in imported(node)}
    assert {package for package in at_import & HEAVY if (name(file), package) not in BUILT_ON} == set()


@each_module
def test_nothing_runs_what_it_reads(file: Path) -> None:
    found = []
    for node in ast.walk(tree(file)):
        found += [dotted for dotted in imported(node) if dotted.split(".")[0] in RUNS_WHAT_IT_READS]
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            found += [called] if called in UNSAFE_CALLS else []
            found += [
                f"{keyword.arg}={keyword.value.value}"
                for keyword in node.keywords
                if isinstance(keyword.value, ast.Constant) and (keyword.arg, keyword.value.value) in UNSAFE_SWITCHES
            ]
    assert [what for what in found if (name(file), what) not in EXCUSED] == []


@each_module
def test_every_module_says_what_it_is_for(file: Path) -> None:
    first = (ast.get_docstring(tree(file)) or "").partition("\n")[0]
    assert len(first) >= 15


def test_no_two_modules_need_each_other_at_import() -> None:
    dotted = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in MODULES}
    needs = {
        dotted[file]: {target for node in run_at_import(tree(file).body) for target in imported(node)} & set(dotted.values())
        for file in MODULES
    }
    while free := {module for module, wanted in needs.items() if not wanted & (set(needs) - {module})}:
        needs = {module: wanted for module, wanted in needs.items() if module not in free}
    assert needs == {}


def test_the_rules_see_what_they_forbid() -> None:
    source = """
import pickle
if TYPE_CHECKING:
    import torch
else:
    import faiss
def late():
    import gradio
class Here:
    import pypdf
try:
    import docx
except ImportError:
    import bs4
"""
    body = ast.parse(source).body
    assert [word for node in run_at_import(body) for word in imported(node)] == ["pickle", "faiss", "pypdf", "docx", "bs4"]


NOT_LOADED = ("torch", "gradio", "langchain", "langchain_core", "sentence_transformers", "transformers", "pandas")
LIST_LOADED = """
import json, sys
from ui.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded_by(*arguments: str) -> tuple[str, set[str]]:
    """Run `footnote` in a process of its own; return its stdout and the modules that it has loaded at the end."""
    command = [sys.executable, "-W", "ignore", "-c", LIST_LOADED, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return done.stdout, set(modules)


def test_help_loads_nothing_heavy() -> None:
    shown, modules = loaded_by("--help")
    assert "footnote" in shown
    assert modules & (HEAVY | {"numpy", *NOT_LOADED}) == set()


def test_asking_loads_no_torch_and_no_web_page(tmp_path: Path) -> None:
    note = tmp_path / "rope.md"
    note.write_text(
        "# RoPE\n\n## RoPE 是什么?\n\nRoPE 用旋转矩阵把绝对位置编码进查询和键,内积只依赖相对位置。\n", encoding="utf-8"
    )
    library = str(tmp_path / "library")
    _, modules = loaded_by("ingest", str(note), "--library", library)
    assert modules & set(NOT_LOADED) == set()
    shown, modules = loaded_by("ask", "RoPE 是什么?", "--library", library, "--json")
    answer = json.loads(shown)
    assert [citation["path"] for citation in answer["citations"]] == [note.as_posix()]
    assert modules & set(NOT_LOADED) == set()
