"""The OpenAPI document as one page to read: plain HTML, no script, nothing from another host."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "h2{margin-top:2.5rem}code,pre{font:14px/1.45 ui-monospace,Consolas,monospace}pre{background:#f4f4f2;padding:.8rem;"
    "overflow:auto;border-radius:4px}table{border-collapse:collapse;width:100%}td{padding:.2rem .8rem .2rem 0;"
    "vertical-align:top;border-top:1px solid #ddd}.kind{color:#666;white-space:nowrap}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}pre{background:#2a2a2a}td{border-color:#444}.kind{color:#aaa}}"
)


def page(document: dict[str, Any]) -> str:
    """HTML for the OpenAPI ``document``: each operation, what it takes and what it gives."""
    info = document["info"]
    out = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])}</h1><p>{escape(info.get('summary', ''))}</p>",
        "<p>For programs: <a href='openapi.json'>the OpenAPI document</a>.</p>",
    ]
    if document.get("security"):
        out.append("<p>Each request needs the header <code>Authorization: Bearer KEY</code>.</p>")
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            out += _operation(method, path, operation, schemas)
    return "".join([*out, "</body></html>"])


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2><p>{escape(operation.get('description', ''))}</p>"
    for kind, part in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h3>Takes <span class='kind'>{escape(kind)}</span></h3>" + _shown(part["schema"], schemas)
    answer = operation["responses"]["200"].get("content", {}).get("application/json")
    if answer:
        yield "<h3>Gives <span class='kind'>application/json</span></h3>" + _shown(answer["schema"], schemas)


def _shown(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    name, schema = _resolved(schema, schemas)
    if "properties" not in schema:
        return f"<pre>{escape(json.dumps(schema, indent=1, ensure_ascii=False))}</pre>"
    rows = []
    for field, what in schema["properties"].items():
        needed = " *" if field in schema.get("required", ()) else ""
        rows.append(
            f"<tr><td><code>{escape(field)}</code>{needed}</td><td class='kind'>{escape(_kind(what))}</td>"
            f"<td>{escape(what.get('description', ''))}</td></tr>"
        )
    inner = "".join(
        f"<p><code>{escape(inside)}</code></p>{_shown({'$ref': ref}, schemas)}" for inside, ref in _refs(schema) if inside != name
    )
    return f"<table>{''.join(rows)}</table>{inner}"


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return name, schemas[name] if name else schema


def _refs(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The other schemas that the fields of ``schema`` name, each once."""
    found: dict[str, str] = {}
    waiting: list[Any] = list(schema["properties"].values())
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "$ref" in part:
                found[part["$ref"].rpartition("/")[2]] = part["$ref"]
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    yield from sorted(found.items())


def _kind(what: dict[str, Any]) -> str:
    """The type of a field in a few words."""
    if "$ref" in what:
        return str(what["$ref"]).rpartition("/")[2]
    if "anyOf" in what:
        return " or ".join(_kind(one) for one in what["anyOf"])
    if "enum" in what or "const" in what:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in what.get("enum", [what.get("const")]))
    if what.get("type") == "array":
        return f"list of {_kind(what.get('items', {}))}"
    return str(what.get("type", "any"))
