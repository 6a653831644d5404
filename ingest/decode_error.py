"""Why a JSON payload could not be read, said with the field in front."""

from __future__ import annotations

import re

import msgspec

_PATH = re.compile(r"(?P<problem>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
# What printf and several JSON writers make of a float that is not finite.
_NOT_FINITE = re.compile(rb'"(\w+)"\s*:\s*([-+]?(?:nan|inf(?:inity)?))\b', re.IGNORECASE)

_TEXT = re.compile(rb'"(\w+)"\s*:\s*"([^"]*)"')


def explain(
    payload: bytes, error: msgspec.DecodeError | UnicodeDecodeError | RecursionError
) -> str:
    """At most 500 characters: `lat: Expected float <= 90.0`, `time: missing`, `payload: empty`."""
    if isinstance(error, RecursionError):
        return "payload: nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return _encoding(payload)[:500]
    if isinstance(error, msgspec.ValidationError):
        return _value(str(error))[:500]
    return _syntax(payload, error)[:500]


def _value(message: str) -> str:
    if found := _MISSING.match(message):
        return f"{found[1]}: missing"
    path, problem = "payload", message
    if found := _PATH.match(message):
        path, problem = found["path"] or path, found["problem"]
    if problem == "Expected `datetime` with a timezone component":
        problem = "no offset from UTC"
    return f"{path}: {problem.replace('`', '')}"


def _encoding(payload: bytes) -> str:
    for field, text in _TEXT.findall(payload):
        try:
            text.decode()
        except UnicodeDecodeError as error:
            return f"{field.decode('ascii', 'replace')}: not UTF-8 ({error.reason})"
    return "payload: not UTF-8"


def _syntax(payload: bytes, error: msgspec.DecodeError) -> str:
    if not payload.strip():
        return "payload: empty"
    if found := _NOT_FINITE.search(payload):
        field, literal = (part.decode("ascii", "replace") for part in found.groups())
        return f"{field}: not a finite number ({literal})"
    return f"payload: not JSON: {error}"
