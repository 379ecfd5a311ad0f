"""Who may log in, how guessing is slowed down, and that nothing behind the door answers anybody else."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ingest.build import build
from ingest.errors import SettingsError
from ingest.settings import Settings
from ui import users as users_module
from ui.cli import main
from ui.users import Users, fold, hash_password, matches, read, valid_name, write
from ui.web.attempts import FREE, LONGEST, REMEMBERED, Attempts
from ui.web.desk import user_folder
from ui.web.login import COOKIE, SESSION_SECONDS, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
FAST = (2**4, 8, 1)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users_module, "_COST", FAST)


# ------------------------------------------------------------------------------------------ passwords and names


def test_a_hash_is_scrypt_of_the_password_with_its_own_salt() -> None:
    import base64

    one, other = hash_password("correct horse"), hash_password("correct horse")
    kind, n, r, p, salt, digest = one.split("$")
    assert (kind, int(n), int(r), int(p)) == ("scrypt", 2**15, 8, 3)
    made = hashlib.scrypt(b"correct horse", salt=base64.b64decode(salt), n=2**15, r=8, p=3, maxmem=2**27, dklen=32)
    assert base64.b64decode(digest) == made
    assert one != other
    assert matches("correct horse", one)
    assert not matches("correct horsf", one)


@pytest.mark.usefixtures("fast")
def test_a_password_is_the_same_however_its_accents_are_typed() -> None:
    assert matches("cafe\u0301 au lait", hash_password("caf\u00e9 au lait"))


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_passwords_have_a_length(password: str) -> None:
    with pytest.raises(SettingsError, match="8 to 1024"):
        hash_password(password)


@pytest.mark.parametrize("stored", ["", "plain", "scrypt$1", "md5$1$1$1$" + "a" * 24 + "$" + "b" * 44])
def test_what_is_no_hash_matches_nothing(stored: str) -> None:
    assert not matches("", stored)
    assert not matches("plain", stored)


@pytest.mark.parametrize(
    ("given", "name"), [("Anna", "anna"), (" 小明 ", "小明"), ("Ｂob", "bob"), ("a.b-c_d", "a.b-c_d"), ("3m", "3m")]
)
def test_names_are_folded(given: str, name: str) -> None:
    assert valid_name(given) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "con",
        "NUL.txt",
        "a b",
        "a:b",
        "x" * 33,
        "a\n",
        "-x",
        "a.",
        "\x00",
        "com1",
    ],
)
def test_names_that_could_leave_their_folder_are_refused(name: str, tmp_path: Path) -> None:
    if name == "a\n":  # white space around a name does not count
        assert valid_name(name) == "a"
        return
    with pytest.raises(SettingsError, match="a user's name"):
        valid_name(name)
    with pytest.raises(SettingsError, match="a user's name"):
        user_folder(tmp_path / "library", name)


def test_each_user_has_a_folder_beside_the_library(tmp_path: Path) -> None:
    assert user_folder(tmp_path / "library", "Anna") == tmp_path / "library-users" / "anna" / "library"


# ------------------------------------------------------------------------------------------ the file of users


@pytest.mark.usefixtures("fast")
def test_the_file_is_for_its_owner_only_and_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "users"
    stored = hash_password("long enough")
    write(file, {"anna": stored})
    write(file, {"anna": stored, "小明": stored})
    assert read(file) == {"anna": stored, "小明": stored}
    assert [path.name for path in tmp_path.iterdir()] == ["users"]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["anna:secret\n", "anna\n", ":scrypt$1$1$1$a$b\n"])
def test_a_line_that_is_none_is_an_error_that_says_so(text: str, tmp_path: Path) -> None:
    (tmp_path / "users").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"users: user 1 is not NAME:HASH"):
        Users(tmp_path / "users")


def test_a_file_with_nobody_in_it_serves_nobody(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("# nobody yet\n\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="nobody may log in"):
        Users(tmp_path / "users")
    with pytest.raises(SettingsError, match=r"--auth: .*missing"):
        Users(tmp_path / "missing")


@pytest.mark.usefixtures("fast")
def test_users_come_from_the_file_or_the_environment(tmp_path: Path) -> None:
    lines = f"anna:{hash_password('password one')} 小明:{hash_password('password two')}"
    users = Users.load(None, {"FOOTNOTE_AUTH": lines})
    assert users is not None
    assert users.check("ANNA", "password one") == "anna"
    assert users.check("小明", "password two") == "小明"
    assert users.check("anna", "password two") == ""
    assert users.check("nobody", "password one") == ""
    assert Users.load(None, {}) is None
    assert Users.load(None, {"FOOTNOTE_AUTH": " "}) is None


@pytest.mark.usefixtures("fast")
def test_who_is_taken_out_or_changed_is_logged_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users_module, "_LOOK_SECONDS", 0.0)
    file = tmp_path / "users"
    anna, bob, carl = (hash_password("password") for _ in range(3))
    write(file, {"anna": anna, "bob": bob, "carl": carl})
    sessions = Sessions(users := Users(file))
    tokens = {name: sessions.open(name) for name in ("anna", "bob", "carl")}
    assert {sessions.user(token) for token in tokens.values()} == {"anna", "bob", "carl"}
    write(file, {"anna": hash_password("another password"), "carl": carl})
    assert [sessions.user(tokens[name]) for name in ("anna", "bob", "carl")] == ["", "", "carl"]
    file.write_text("garbled", encoding="utf-8")
    assert sessions.user(tokens["carl"]) == ""
    assert users.check("carl", "password") == ""


@pytest.mark.usefixtures("fast")
def test_a_session_ends_when_it_is_not_used_or_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(Users(None, f"anna:{hash_password('password')}"))
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    first, second = sessions.open("anna"), sessions.open("anna")
    assert len(first) >= 43
    assert first != second
    now[0] += SESSION_SECONDS - 1
    assert sessions.user(first) == "anna"
    now[0] += 2
    assert (sessions.user(first), sessions.user(second)) == ("anna", "")
    sessions.close(first)
    assert sessions.user(first) == ""
    assert sessions.user("") == ""


# ------------------------------------------------------------------------------------------ guessing


def test_failures_wait_twice_as_long_each_time() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    waits = []
    for _ in range(FREE["user"] + 12):
        assert attempts.begin("anna", "10.0.0.1") == 0
        wait = attempts.begin("anna", "10.0.0.1")
        waits.append(wait)
        now[0] += wait
        if not wait:
            attempts_before = len(waits)
    assert attempts_before == FREE["user"] // 2
    grown = [wait for wait in waits if wait]
    assert grown[:4] == [1, 2, 4, 8]
    assert max(grown) == LONGEST


def test_a_right_password_forgets_the_failures_of_that_name_only() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for name in ("anna", "bob"):
        for _ in range(FREE["user"] + 1):
            assert attempts.begin(name, "10.0.0.1") == 0
    assert attempts.begin("anna", "10.0.0.1") == 1
    now[0] += 1
    assert attempts.begin("anna", "10.0.0.1") == 0
    attempts.succeeded("anna", "10.0.0.1")
    assert attempts.begin("anna", "10.0.0.1") == 0
    assert attempts.begin("anna", "10.0.0.2") == 0
    assert attempts.begin("bob", "10.0.0.1") == 0
    assert attempts.begin("bob", "10.0.0.1") == 2


def test_one_address_with_many_names_is_slowed_down_too() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(FREE["address"] + 1):
        assert attempts.begin(f"user{number}", "2001:db8::1") == 0
    assert attempts.begin("another", "2001:db8::ffff") == 1, "an IPv6 network is one place"
    assert attempts.begin("another", "2001:db8:1::1") == 0


def test_what_is_remembered_is_bounded() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(REMEMBERED + 50):
        attempts.begin("x" * 1000, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    assert len(attempts._failures) == REMEMBERED
    assert all(len(name) <= 64 for name, _ in attempts._failures)


# ------------------------------------------------------------------------------------------ the command


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def type_(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_


@pytest.mark.usefixtures("fast")
def test_the_command_adds_changes_lists_and_removes(
    tmp_path: Path, typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "users")
    typed("first password\n")
    assert main(["user", "add", "Anna", "--auth", file]) == 0
    typed("second password\n")
    assert main(["user", "add", "anna", "--auth", file]) == 0
    typed("bob's password\n")
    assert main(["user", "add", "bob", "--auth", file]) == 0
    assert capsys.readouterr().out == "anna: may log in now\nanna: has another password now\nbob: may log in now\n"
    users = Users(tmp_path / "users")
    assert users.check("anna", "second password") == "anna"
    assert users.check("anna", "first password") == ""
    assert main(["user", "remove", "bob", "--auth", file]) == 0
    assert main(["user", "list", "--auth", file]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "anna"
    assert main(["user", "remove", "bob", "--auth", file]) == 1
    assert "there is no user 'bob'" in capsys.readouterr().err
    typed("short\n")
    assert main(["user", "add", "carl", "--auth", file]) == 1
    typed("long enough\n")
    assert main(["user", "add", "../carl", "--auth", file]) == 1
    assert list(read(tmp_path / "users")) == ["anna"]


@pytest.mark.usefixtures("fast")
def test_without_a_file_the_line_is_printed(typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    typed("a long password\n")
    assert main(["user", "add", "anna"]) == 0
    line = capsys.readouterr().out.strip()
    users = Users.load(None, {"FOOTNOTE_AUTH": line})
    assert users is not None
    assert users.check("anna", "a long password") == "anna"


def test_logging_in_is_for_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--no-page", "--auth", str(tmp_path / "users")]) == 2
    assert "--auth is for the page" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["remove", "anna"], ["list"], ["add", "--auth", "f"], ["list", "anna", "--auth", "f"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["user", *arguments]) == 2
    assert "footnote user:" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ a real server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A page for anna and bob, whose libraries hold one note each; its address, and the folder of the libraries."""
    folder = tmp_path_factory.mktemp("auth")
    cost, users_module._COST = users_module._COST, FAST
    try:
        write(folder / "users", {name: hash_password(f"password of {name}") for name in ("anna", "bob")})
    finally:
        users_module._COST = cost
    settings = Settings(library=str(folder / "library"))
    for name, library in (
        ("secret", folder / "library"),
        *((name, user_folder(folder / "library", name)) for name in ("anna", "bob")),
    ):
        (folder / f"{name}.md").write_text(f"# {name}\n\n## What does {name} know?\n\nThe canary of {name}.\n", encoding="utf-8")
        build([folder / f"{name}.md"], Settings(library=str(library)))
    command = [sys.executable, "-m", "ui", "serve", "--library", settings.library, "--port", "0", "--auth", str(folder / "users")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FOOTNOTE_MAX_FILE_BYTES": "50000"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, encoding="utf-8") as server:
        assert server.stderr is not None
        said = server.stderr.readline() + server.stderr.readline()
        found = re.search(r"listening on (\S+) ", said)
        assert found is not None, said
        assert "for other programs" not in said.replace("the doors for other programs are shut", "")
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield found[1], folder
        server.terminate()
        server.wait(20)


@pytest.fixture
def visitor(site: tuple[str, Path]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site[0], trust_env=False, timeout=30) as client:
        yield client


def log_in(client: httpx.Client, name: str, password: str = "") -> httpx.Response:
    return client.post("/login", data={"name": name, "password": password or f"password of {name}"})


def test_nothing_answers_who_has_not_logged_in(visitor: httpx.Client) -> None:
    first = visitor.get("/")
    assert (first.status_code, first.headers["location"]) == (303, "/login")
    paths = [
        "/config", "/info", "/gradio_api/info", "/gradio_api/config", "/gradio_api/openapi.json", "/gradio_api/mcp/schema", "/theme.css",
        "/gradio_api/queue/data?session_hash=x", "/gradio_api/file=/etc/passwd", "/static/img/logo.svg", "/assets/index.js",
        "/gradio_api/startup-events", "/login/../config", "//config", "/LOGIN", "/login/", "/monitoring", "/docs", "/openapi.json",
    ]  # fmt: skip
    for path in paths:
        response = visitor.get(path)
        assert response.status_code in (303, 401), path
        assert "canary" not in response.text
    for path in ("/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/call/x", "/config"):
        assert visitor.post(path, json={}).status_code == 401, path
    for cookie in (f"{COOKIE}={'x' * 43}", f"{COOKIE}=; a=b;;", f'{COOKIE}="', "=", f"{COOKIE}=\xff"):
        assert visitor.get("/", headers={"cookie": cookie.encode("latin-1")}).status_code == 303


def test_logging_in_and_out(visitor: httpx.Client) -> None:
    page = visitor.get("/login", headers={"accept-language": "zh-CN,en;q=0.5"})
    assert "<h1>脚注" in page.text
    assert "用户名" in page.text
    assert """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';""" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    response = log_in(visitor, "anna")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    home = visitor.get("/")
    assert home.status_code == 200
    assert home.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in home.headers["content-security-policy"]
    assert visitor.get("/login").headers["location"] == "/"
    assert visitor.get("/config").status_code == 200
    out = visitor.post("/logout")
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert visitor.get("/config").status_code == 401


def test_a_session_that_was_closed_does_not_come_back_with_its_cookie(visitor: httpx.Client) -> None:
    log_in(visitor, "bob")
    token = visitor.cookies[COOKIE]
    visitor.post("/logout")
    visitor.cookies.set(COOKIE, token)
    assert visitor.get("/config").status_code == 401


def test_cookies_of_other_programs_on_this_machine_do_not_hide_ours(visitor: httpx.Client) -> None:
    log_in(visitor, "bob")
    ours = f"{COOKIE}={visitor.cookies[COOKIE]}"
    visitor.cookies.clear()
    for header in (f'theirs={{"a": 1}}; {ours}', f"{ours}; x[1]=a@b", f"; =; {ours}"):
        assert visitor.get("/config", headers={"cookie": header}).status_code == 200, header


def test_logging_in_again_ends_the_session_before(visitor: httpx.Client) -> None:
    log_in(visitor, "bob")
    before = visitor.cookies[COOKIE]
    log_in(visitor, "anna")
    assert visitor.cookies[COOKIE] != before
    assert visitor.get("/config").status_code == 200
    visitor.cookies.clear()
    assert visitor.get("/config", headers={"cookie": f"{COOKIE}={before}"}).status_code == 401


def test_another_site_can_neither_log_in_nor_out(visitor: httpx.Client) -> None:
    log_in(visitor, "bob")
    for path in ("/login", "/logout"):
        for origin in ("http://evil.example", "null"):
            assert visitor.post(path, headers={"origin": origin}).status_code == 403
    assert visitor.get("/config").status_code == 200
    assert visitor.get("/config", headers={"host": "evil.example"}).status_code == 403


def test_wrong_passwords_are_told_apart_from_nothing_and_slowed_down(site: tuple[str, Path]) -> None:
    with httpx.Client(base_url=site[0], trust_env=False, timeout=30) as client:
        said: list[int] = []
        while 429 not in said and len(said) < FREE["user"] + 6:  # on a busy machine a short wait may be over before the next try
            response = log_in(client, "mallory", f"guess number {len(said)}")
            said.append(response.status_code)
        assert said[: FREE["user"] + 1] == [401] * (FREE["user"] + 1)
        assert said[-1] == 429
        wait = response.headers["retry-after"]
        assert 1 <= int(wait) <= 2 ** (len(said) - FREE["user"] - 2)
        assert f"try again in {wait} seconds" in response.text
        wrong = log_in(client, "anna", "guess number 0")
        assert wrong.status_code == 401
        assert "Wrong name or password" in wrong.text
        assert "anna" not in wrong.text
        assert log_in(client, "anna").status_code == 303


def test_a_form_that_is_none_is_no_login(visitor: httpx.Client) -> None:
    for content in (b"", b"\xff\xfe", b"name=anna", b"a=" + b"x" * 9000, b"&".join(b"a=1" for _ in range(50))):
        response = visitor.post("/login", content=content, headers={"content-type": "application/x-www-form-urlencoded"})
        assert response.status_code in (401, 429)


def call(client: httpx.Client, name: str, component: str) -> Any:
    """Load the page as a browser does and give what it shows in a component."""
    config = client.get("/config").json()
    dependencies = {d["id"]: d for d in config["dependencies"]}
    load = next(d for d in dependencies.values() if [target[1] for target in d["targets"]] == ["load"])
    body = {"data": ["en"], "fn_index": load["id"], "session_hash": f"s-{name}"}
    response = client.post("/gradio_api/run/predict", json=body)
    assert response.status_code == 200, response.text
    wanted = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == component)
    return response.json()["data"][load["outputs"].index(wanted)]


def test_each_user_sees_their_own_notes(site: tuple[str, Path]) -> None:
    for name, other in (("anna", "bob"), ("bob", "anna")):
        with httpx.Client(base_url=site[0], trust_env=False, timeout=60) as client:
            assert log_in(client, name).status_code == 303
            shown = json.dumps(call(client, name, "fn-notes-list"))
            assert f"{name}.md" in shown
            assert f"{other}.md" not in shown
            assert "secret.md" not in shown
    folder = site[1] / "library-users"
    assert sorted(path.name for path in folder.iterdir()) == ["anna", "bob"]
    assert (folder / "anna" / "library" / "chats.sqlite3").is_file()


def test_bodies_are_limited(visitor: httpx.Client) -> None:
    log_in(visitor, "anna")
    assert visitor.post("/gradio_api/run/predict", content=b"{" + b" " * 2_100_000).status_code == 413
    large = {"files": ("large.md", b"x" * 1_200_000)}
    assert visitor.post("/gradio_api/upload", files=large).status_code == 413
    small = visitor.post("/gradio_api/upload", files={"files": ("small.md", b"# Small\n")})
    assert small.status_code == 200


def test_people_log_in_ask_and_log_out(site: tuple[str, Path], chromium: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the extra 'test' (playwright)")
    with playwright.sync_playwright() as made:
        browser = made.chromium.launch(executable_path=chromium)
        page = browser.new_context(locale="en-US", viewport={"width": 360, "height": 700}).new_page()
        page.set_default_timeout(30_000)
        page.goto(site[0])
        assert page.url == f"{site[0]}/login"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("document.activeElement.name") == "name"
        page.get_by_label("Name").fill("Bob")
        page.get_by_label("Password").fill("not bob's password")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("alert").get_by_text("Wrong name or password.").wait_for()
        page.get_by_label("Name").fill("Bob")
        page.get_by_label("Password").fill("password of bob")
        page.keyboard.press("Enter")
        page.fill("#fn-question textarea", "What does bob know?")
        page.press("#fn-question textarea", "Enter")
        page.locator("#fn-chat .fn-answer").get_by_text("The canary of bob").wait_for()
        page.click('nav button[name="open-notes"]')
        page.locator("#fn-notes-list summary .fn-name").first.wait_for()
        assert page.locator("#fn-notes-list summary .fn-name").all_inner_texts() == ["bob.md"]
        assert page.locator("#fn-notes-follow").count() == 0, "a path of the server is nothing for its users"
        page.click('nav button[name="open-settings"]')
        page.get_by_text("Logged in as bob").wait_for()
        assert page.locator("#fn-model-url").count() == 0
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(f"{site[0]}/login")
        page.goto(site[0])
        assert page.url == f"{site[0]}/login"
        browser.close()


def test_names_are_compared_folded() -> None:
    assert fold("ＡNNA ") == "anna"
