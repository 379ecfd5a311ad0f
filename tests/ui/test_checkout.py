"""The environment of a checkout: made once, made anew when something changed, never out of someone else's."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ui import checkout
from ui.checkout import SetupError, prepare, program

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The steps that would have been run; they all succeed."""
    made: list[list[str]] = []
    monkeypatch.setattr(checkout, "_call", lambda command: made.append([str(word) for word in command]))
    return made


def test_first_time_makes_an_environment_and_installs_the_checkout_into_it(root: Path, calls: list[list[str]]) -> None:
    environment = prepare(["test"], root=root)
    python = str(program(environment, "python"))
    assert subprocess.run(
        [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    ).stdout.strip() == str(environment)
    assert calls[0][:3] == [python, "-m", "ensurepip"]
    assert calls[-1][0] == python
    assert calls[-1][-2:] == ["--editable", f"{root}[test]"]


def test_nothing_is_done_twice(root: Path, calls: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    prepare(root=root)
    done = len(calls)
    capsys.readouterr()
    prepare(root=root)
    assert len(calls) == done
    assert capsys.readouterr() == ("", "")


def test_more_extras_and_a_changed_project_are_installed_into_the_same_environment(root: Path, calls: list[list[str]]) -> None:
    prepare(["test"], root=root)
    calls.clear()
    prepare(["models"], root=root)
    assert [call[-1] for call in calls] == [f"{root}[models,test]"]
    (root / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    prepare(root=root)
    assert [call[-1] for call in calls] == [f"{root}[models,test]"] * 2


@pytest.mark.parametrize(("key", "value"), [("root", "/elsewhere"), ("python", "3.9")])
def test_a_moved_checkout_or_another_python_starts_anew(root: Path, calls: list[list[str]], key: str, value: str) -> None:
    environment = prepare(root=root)
    stamp = environment / "footnote.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text(encoding="utf-8")), key: value}), encoding="utf-8")
    left_over = environment / "left-over"
    left_over.touch()
    calls.clear()
    prepare(root=root)
    assert calls
    assert not left_over.exists()


def test_a_set_up_that_was_stopped_is_started_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(command: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkout, "_call", stop)
    with pytest.raises(KeyboardInterrupt):
        prepare(root=root)
    made: list[object] = []
    monkeypatch.setattr(checkout, "_call", made.append)
    prepare(root=root)
    assert len(made) == 2


def test_an_environment_of_someone_else_is_left_alone(root: Path, calls: list[list[str]]) -> None:
    theirs = root / ".venv" / "theirs"
    theirs.parent.mkdir()
    theirs.touch()
    with pytest.raises(SetupError, match="made by something else"):
        prepare(root=root)
    assert theirs.exists()
    assert calls == []


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    found = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> importlib.machinery.ModuleSpec | None:
        return None if name in missing else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)


def test_without_ensurepip_the_pip_of_the_machine_is_copied_in(
    root: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "ensurepip")
    environment = prepare(root=root)
    assert calls[0][0] == sys.executable
    folder = Path(calls[0][calls[0].index("--target") + 1])
    assert folder.name == "site-packages"
    assert environment in folder.parents


def test_without_any_pip_the_message_names_the_cure(root: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "ensurepip", "pip")
    with pytest.raises(SetupError, match="sudo apt install python3-venv") as caught:
        prepare(root=root)
    assert "\n" not in str(caught.value)


def test_a_step_that_fails_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-c", "import sys; print('progress'); sys.exit('the reason')"]
    with pytest.raises(SetupError, match="exit 1"):
        checkout._call(command)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "the reason" in shown.err


def test_footnote_is_not_run_when_the_set_up_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> Path:
        raise SetupError("one line")

    monkeypatch.setattr(checkout, "prepare", fail)
    assert checkout.run_footnote(["ask"]) == 1
    assert capsys.readouterr() == ("", "one line\n")


@pytest.mark.parametrize("script", ["ui/__main__.py", "tests/__main__.py"])
def test_an_old_python_can_read_the_script_and_say_so(script: str) -> None:
    ast.parse((ROOT / script).read_text(encoding="utf-8"), feature_version=(3, 4))


def test_as_a_module_it_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ui", "--version"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
