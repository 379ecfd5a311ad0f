"""The web page of ``footnote serve``: a chat over the notes, with the passage behind every footnote one click away."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

    from ingest.settings import Settings
    from ui.web.shelf import Shelf


def serve(settings: Settings, *, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve the page until interrupted; says its address on stderr. The library must be there.

    Raises ``SettingsError`` where the port cannot be had.
    """
    from ui.web.shelf import Shelf

    shelf = Shelf(settings)
    page, url = start(shelf, host=host, port=port)
    print(f"footnote: listening on {url} (Ctrl+C to stop)", file=sys.stderr, flush=True)
    try:
        while True:
            time.sleep(3600)
    finally:
        page.close(verbose=False)
        shelf.close()


def start(shelf: Shelf, *, host: str, port: int) -> tuple[gr.Blocks, str]:
    """Start the server in threads of its own; the running page (``close()`` ends it) and its address."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from starlette.middleware import Middleware

    from ingest.errors import SettingsError
    from ui.web.app import build_page, launch_options
    from ui.web.guard import Guard

    page = build_page(shelf)
    try:
        _, url, _ = page.launch(
            server_name=host,
            server_port=port,
            share=False,
            quiet=True,
            inbrowser=False,
            prevent_thread_lock=True,
            ssr_mode=False,
            enable_monitoring=False,
            strict_cors=True,
            max_file_size=shelf.max_file_bytes,
            app_kwargs={"middleware": [Middleware(Guard, host=host)], "docs_url": None, "redoc_url": None, "openapi_url": None},
            **launch_options(),
        )
    except OSError as exc:
        raise SettingsError(f"{host}:{port} cannot be listened on; give another --port") from exc
    return page, url.rstrip("/")
