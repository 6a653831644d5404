"""The server's half of HTTP digest authentication as GA/T 1400 uses it: RFC 2617, MD5, qop=auth."""

from __future__ import annotations

import hashlib
import secrets
from urllib.request import parse_http_list, parse_keqv_list

REALM = "viid"
KEPT_NONCES = 1000


class Digest:
    """Issues challenges and checks responses. A nonce serves once."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._ha1 = _md5(f"{username}:{REALM}:{password}")
        self._opaque = secrets.token_hex(16)
        self._nonces: dict[str, None] = {}

    def challenge(self) -> str:
        """The value of WWW-Authenticate, with a new nonce."""
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = None
        while len(self._nonces) > KEPT_NONCES:
            del self._nonces[next(iter(self._nonces))]
        return (
            f'Digest realm="{REALM}", qop="auth", nonce="{nonce}", '
            f'opaque="{self._opaque}", algorithm=MD5'
        )

    def holds(self, authorization: str, method: str, uri: str) -> bool:
        """Whether the Authorization header answers one of our challenges with the password."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() != "digest":
            return False
        try:
            given = parse_keqv_list(parse_http_list(rest))
            nonce = given["nonce"]
            expected = _md5(
                ":".join(
                    (
                        self._ha1,
                        nonce,
                        given["nc"],
                        given["cnonce"],
                        given["qop"],
                        _md5(f"{method}:{given['uri']}"),
                    )
                )
            )
        except (KeyError, ValueError):
            return False
        if nonce not in self._nonces:
            return False
        del self._nonces[nonce]
        return (
            given.get("username") == self._username
            and given.get("realm") == REALM
            and given["uri"] == uri
            and given["qop"] == "auth"
            and secrets.compare_digest(expected, given.get("response", ""))
        )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
