"""A progress bar on stderr, fed with ``(done, total, what)``; nothing where stderr is no terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


class Bar:
    """A context manager that is called with each step; begins anew when the total changes."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that ``done`` of ``total`` steps are done, and what the last one was about."""
        if not sys.stderr.isatty():
            return
        if self._bar is None or self._bar.total != total:
            from tqdm import tqdm

            self.__exit__()
            self._bar = tqdm(total=total, file=sys.stderr, leave=False, unit="", dynamic_ncols=True)
        self._bar.set_description_str(Path(what).name[-40:], refresh=False)
        self._bar.update(done - self._bar.n)
