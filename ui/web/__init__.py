"""The web page of ``footnote serve``: a chat over the notes, with the passage behind every footnote one click away."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from ui.server import Server
    from ui.users import Users
    from ui.web.desk import Desks


def application(desks: Desks, *, host: str, users: Users | None = None) -> ASGIApp:
    """The page over ``desks``, for a server on ``host``; with ``users`` only for them, each at a desk of their own."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    if find_spec("matplotlib") is None:  # else Gradio looks for it on the disk at each step of each event
        sys.modules["matplotlib"] = None  # type: ignore[assignment]
    import gradio as gr
    from fastapi import FastAPI

    from ui.web.app import build_page, launch_options
    from ui.web.files import note_route
    from ui.web.guard import Guard
    from ui.web.head import bare_head
    from ui.web.login import USER, Login

    bare_head()
    closed: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    around = gr.mount_gradio_app(
        FastAPI(**closed, routes=[note_route(desks, lambda request: request.scope.get(USER))]),
        build_page(desks),
        path="/",
        ssr_mode=False,
        enable_monitoring=False,
        max_file_size=desks.settings.max_file_bytes,
        app_kwargs=closed,
        auth_dependency=(lambda request: request.scope.get(USER)) if users is not None else None,
        **launch_options(),
    )
    door = Login(around, users) if users is not None else around
    return Guard(door, host=host, largest_file=desks.settings.max_file_bytes)


def start(desks: Desks, *, host: str, port: int, users: Users | None = None) -> tuple[Server, str]:
    """Serve the page alone, in threads of its own; the server (``close()`` ends it) and its address."""
    from ui.server import Server

    server = Server(application(desks, host=host, users=users), host=host, port=port)
    return server, server.url
