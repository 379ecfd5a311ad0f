"""Load the LLM that was asked for, as a LangChain chat model, so that tracing, callbacks and every provider of LangChain work.

A key goes from the environment (or the settings page) into the client and nowhere else. The providers' own retries are off:
``rag.speak`` listens to all models in the same way, and does its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ingest.errors import MissingExtra, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseChatModel

    from ingest.settings import Settings

MOST_TOKENS = 4096
"""Tokens that a model may write, its reasoning included."""
WINDOW = 12_288
"""Context that Ollama is asked to keep; its own default silently cuts the notes off."""
_HEADERS = {"Connection": "close"}
"""An answer takes seconds, a connection milliseconds: none is kept open between questions, to be closed by nobody."""


def load_model(settings: Settings) -> BaseChatModel | None:
    """The LLM that ``settings.model`` names as ``provider:name``; ``None`` where it names none.

    Raises ``SettingsError`` for a name that cannot be, ``MissingExtra`` for a provider that is not installed and
    ``ModelError`` for a local model that cannot be loaded. No connection is made.
    """
    if not settings.model:
        return None
    provider, _, name = settings.model.partition(":")
    loader = _LOADERS.get(provider)
    if loader is None or not name:
        forms = ", ".join(f"{known}:NAME" for known in _LOADERS)
        raise SettingsError(f"model: {settings.model!r} is none of the forms {forms}")
    try:
        model = loader(name, settings)
    except ImportError as exc:
        if isinstance(exc, MissingExtra):
            raise
        raise MissingExtra(provider, f"the model {settings.model}") from exc
    model.name = settings.model
    model.metadata = {**(model.metadata or {}), "patience": settings.model_timeout}
    return model


def _ollama(name: str, settings: Settings) -> BaseChatModel:
    from langchain_ollama import ChatOllama

    model: BaseChatModel = ChatOllama(
        model=name,
        base_url=settings.model_url or None,
        temperature=0,
        num_ctx=WINDOW,
        num_predict=MOST_TOKENS,
        client_kwargs={"timeout": settings.model_timeout, "headers": _HEADERS},
    )
    return model


def _openai(name: str, settings: Settings) -> BaseChatModel:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    url = settings.model_url or os.environ.get("OPENAI_BASE_URL", "")
    key = settings.model_key or os.environ.get("OPENAI_API_KEY", "")
    if not key and not url:
        raise SettingsError("model: openai needs a key in FOOTNOTE_MODEL_KEY or OPENAI_API_KEY, or a server (--model-url)")
    # OpenAI's own models took max_completion_tokens in place of max_tokens, and some refuse a temperature; the many servers
    # that speak its protocol know the older name.
    own: dict[str, Any] = {"temperature": 0, "extra_body": {"max_tokens": MOST_TOKENS}} if url else {"max_tokens": MOST_TOKENS}
    model: BaseChatModel = ChatOpenAI(
        model=name,
        base_url=url or None,
        api_key=SecretStr(key or "none"),  # a server of one's own may want none, but the client does
        timeout=settings.model_timeout,
        max_retries=0,
        default_headers=_HEADERS,
        stream_chunk_timeout=None,
        **own,
    )
    return model


def _anthropic(name: str, settings: Settings) -> BaseChatModel:
    from langchain_anthropic import ChatAnthropic
    from pydantic import SecretStr

    key = settings.model_key or os.environ.get("ANTHROPIC_API_KEY", "")
    if not key:
        raise SettingsError("model: anthropic needs a key in FOOTNOTE_MODEL_KEY or ANTHROPIC_API_KEY")
    url: dict[str, Any] = {"base_url": settings.model_url} if settings.model_url else {}
    model: BaseChatModel = ChatAnthropic(
        model_name=name,
        api_key=SecretStr(key),
        timeout=settings.model_timeout,
        max_retries=0,
        default_headers=_HEADERS,
        max_tokens_to_sample=MOST_TOKENS,
        stop=None,
        **url,
    )
    return model


def _hf(name: str, settings: Settings) -> BaseChatModel:
    from rag.local import load_local

    return load_local(name, most_tokens=MOST_TOKENS)


_LOADERS: dict[str, Callable[[str, Settings], BaseChatModel]] = {
    "ollama": _ollama,
    "openai": _openai,
    "anthropic": _anthropic,
    "hf": _hf,
}


def name_of(model: BaseChatModel) -> str:
    """The model's name for people: the ``provider:name`` it was loaded by, or what it calls itself."""
    named = model.name or getattr(model, "model_name", "") or getattr(model, "model", "") or model._llm_type
    return str(named)
