"""One frozen ``Settings``, from defaults, a TOML file, ``FOOTNOTE_*`` and flags, in that order; no global."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def data_folder() -> Path:
    """Where a user's libraries live: the platform's folder for application data."""
    from platformdirs import user_data_path

    return user_data_path("footnote", appauthor=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, flat. Passed explicitly to what needs it."""

    library: str = ""
    """Folder of the library; empty: the default one in the user's data folder."""
    embedding_model: str = "default"
    """"default" is the shipped one; else a sentence-transformers name or path (extra ``models``)."""
    model: str = ""
    """The LLM as ``provider:name``; empty: the extractive reader."""
    model_url: str = ""
    """Base URL of the LLM's server; empty: the provider's own."""
    model_key: str = field(default="", repr=False)
    """Key for that server, from ``FOOTNOTE_MODEL_KEY`` or a caller; refused in a file, so that it is never stored."""
    model_timeout: float = 60.0
    """Seconds without a word after which the LLM is given up."""
    verifier_model: str = ""
    """A cross-encoder that judges support, by name or path (extra ``models``); empty: the program's own verifier."""
    chunk_characters: int = 400
    """Longest passage, in characters; code and formulas are not cut."""
    max_file_bytes: int = 50_000_000
    """Larger files are refused."""
    pdf_seconds: int = 20
    """CPU seconds that the parser of one PDF may take."""
    pdf_megabytes: int = 1024
    """Memory that the parser of one PDF may take."""

    def __post_init__(self) -> None:
        for name in ("chunk_characters", "max_file_bytes", "pdf_seconds", "pdf_megabytes", "model_timeout"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"{name} must be above 0, got {getattr(self, name)}")

    @property
    def library_folder(self) -> Path:
        """The library's folder, absolute."""
        return Path(self.library).expanduser().absolute() if self.library else data_folder() / "library"

    @classmethod
    def load(cls, *, file: Path | None = None, environment: Mapping[str, str] = os.environ, **flags: Any) -> Settings:
        """Defaults, then ``file`` (or ``FOOTNOTE_CONFIG``), then ``FOOTNOTE_*``, then ``flags`` that are not ``None``.

        Raises ``SettingsError`` that names the setting and where it stands.
        """
        settings = cls()
        source = file or (Path(environment["FOOTNOTE_CONFIG"]) if "FOOTNOTE_CONFIG" in environment else None)
        if source is not None:
            values = _read_toml(source)
            if "model_key" in values:
                raise SettingsError(f"model_key in {source}: a key is not kept in a file; set FOOTNOTE_MODEL_KEY")
            settings = settings._with(values, f"in {source}")
        names = {each.name for each in fields(cls)}
        given = {key[9:].lower(): value for key, value in environment.items() if key.startswith("FOOTNOTE_")}
        settings = settings._with({k: v for k, v in given.items() if k in names}, "in the environment (FOOTNOTE_...)")
        return settings._with({k: v for k, v in flags.items() if v is not None}, "on the command line")

    def _with(self, values: Mapping[str, Any], where: str) -> Settings:
        kinds = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise SettingsError(f"unknown setting {name!r} {where}")
            try:
                self = replace(self, **{name: kinds[name](value)})
            except (TypeError, ValueError) as exc:
                raise SettingsError(f"{name} {where}: {exc}") from exc
        return self


def _read_toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise SettingsError(f"{path}: {exc}") from exc
