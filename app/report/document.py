"""The report as one HTML file: page, script, style, map library, words and data inlined."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from alerts.why import LANGUAGES

_MODULES = ("words", "format", "map", "list", "detail", "charts", "tuning")
_LEAFLET = "vendor/leaflet"  # in the console's page, with its licence


def words(language: str) -> dict[str, str]:
    """Every text of the report and of the summary table, by key."""
    text = files("app.report").joinpath(f"i18n/{language}.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def document(data: dict[str, Any]) -> str:
    """The whole file. It asks the network for nothing."""
    own, vendor = files("app.report").joinpath("web"), files("console").joinpath("web", _LEAFLET)
    modules = {name: own.joinpath(f"{name}.js").read_text("utf-8") for name in _MODULES}
    modules["leaflet"] = vendor.joinpath("leaflet.js").read_text("utf-8")
    licence = vendor.joinpath("LICENSE").read_text("utf-8")
    return filled(
        own.joinpath("report.html").read_text("utf-8"),
        {
            "title": html.escape(f"{data['site']} {words(LANGUAGES[0])['title']}"),
            "licence": licence.replace("--", "- -"),
            "style": vendor.joinpath("leaflet.css").read_text("utf-8")
            + own.joinpath("report.css").read_text("utf-8"),
            "imports": import_map(modules),
            "words": inline_json({language: words(language) for language in LANGUAGES}),
            "data": inline_json(data),
            "main": own.joinpath("main.js").read_text("utf-8"),
        },
    )


def filled(page: str, parts: Mapping[str, str]) -> str:
    """`page` with what stands between `%%` and `%%` filled in."""
    # Split first: what is put in may itself contain what looks like a place.
    return "".join(parts[p] if n % 2 else p for n, p in enumerate(page.split("%%")))


def import_map(modules: Mapping[str, str]) -> str:
    """Scripts by the names under which others import them."""
    return inline_json({"imports": {name: _address(text) for name, text in modules.items()}})


def _address(script: str) -> str:
    return "data:text/javascript;base64," + base64.b64encode(script.encode()).decode()


def inline_json(value: object) -> str:
    """JSON that can stand within a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
