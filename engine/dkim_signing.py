"""DKIM signatures (RFC 6376, RFC 8463): keys from files with strict rights, relaxed/relaxed, body hashed once where it is shared.
Runs in the workers."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from engine.dkim_keys import DkimAlgorithm, DkimKey, DkimKeyError

RSA_MINIMUM_BITS: Final = 1024
"""RFC 8301, 3.2: shorter keys must not be used."""

SIGNED_HEADERS: Final = (
    "from",
    "reply-to",
    "subject",
    "date",
    "to",
    "cc",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
)
"""Headers that are signed where present: RFC 6376, 5.4.1, and those that RFC 8058, 4 demands for one-click."""

OVERSIGNED_HEADERS: Final = ("from", "reply-to", "subject", "date", "to", "cc")
"""Named once more than they occur, so that nobody can add one (RFC 6376, 8.15)."""


def load_key(key: DkimKey) -> RSAPrivateKey | Ed25519PrivateKey:
    """Read a private key (PEM, not encrypted) from a file that its owner alone can read; raise DkimKeyError otherwise."""
    path = Path(key.key_file)
    try:
        content = _read_private_file(path)
    except OSError as fault:
        raise DkimKeyError(f"the DKIM key {path} can't be read: {fault.strerror}") from None
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise DkimKeyError(f"{path} holds no unencrypted private key in PEM form") from None
    if key.algorithm is DkimAlgorithm.ED25519 and isinstance(private, Ed25519PrivateKey):
        return private
    if key.algorithm is DkimAlgorithm.RSA and isinstance(private, RSAPrivateKey):
        if private.key_size < RSA_MINIMUM_BITS:
            raise DkimKeyError(f"the DKIM key {path} has {private.key_size} bits; receivers want 2048")
        return private
    raise DkimKeyError(f"the DKIM key {path} is not of the kind {key.algorithm}")


def _read_private_file(path: Path) -> bytes:
    """The content of a file; refuses one that others could read or that somebody else owns. Checked on the open file."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DkimKeyError(f"the DKIM key {path} is not a file")
        if os.name == "posix" and status.st_mode & 0o077:
            raise DkimKeyError(f"the DKIM key {path} is open to other users: run chmod 600 on it")
        if os.name == "posix" and status.st_uid not in {0, os.geteuid()}:
            raise DkimKeyError(f"the DKIM key {path} belongs to another user")
        return file.read(65536)


_FOLD = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]{2,}|\t")
_BLANKS_AT_END = re.compile(rb"[ \t]+(?=\r\n)")


def relaxed_header(name: str, value: bytes) -> bytes:
    """One header in the relaxed form (RFC 6376, 3.4.2), CRLF included. *value* may be folded."""
    value = _BLANKS.sub(b" ", _FOLD.sub(b"", value)).strip(b" ")
    return b"%b:%b\r\n" % (name.lower().encode("ascii"), value)


def relaxed_lines(data: bytes) -> bytes:
    """Lines in the relaxed form (RFC 6376, 3.4.4), empty lines at the end not yet dropped.

    May be used piece by piece where pieces meet at a CRLF or at a character that is no blank.
    """
    return _BLANKS.sub(b" ", _BLANKS_AT_END.sub(b"", data))


def without_empty_end(data: bytes) -> bytes:
    """The end of a body without its empty lines (RFC 6376, 3.4.4 and 3.4.3)."""
    stripped = data.rstrip(b"\r\n")
    if not stripped:
        return b""
    return stripped + b"\r\n"


def relaxed_body(data: bytes) -> bytes:
    """A whole body in the relaxed form. Its line ends are CRLF."""
    return without_empty_end(relaxed_lines(data))


def body_hash(data: bytes) -> bytes:
    """The bh= value of a body, in base64."""
    return base64.b64encode(hashlib.sha256(relaxed_body(data)).digest())


def names_to_sign(present: Sequence[str]) -> tuple[str, ...]:
    """The h= list, in order, for a message that has the headers *present* (lower case, each once)."""
    return (*(name for name in SIGNED_HEADERS if name in present), *OVERSIGNED_HEADERS)


class Signer:
    """Signs messages with one key. ``names`` is the h= list that :func:`names_to_sign` gave."""

    def __init__(self, key: DkimKey, names: Sequence[str]) -> None:
        """Load the key; raises DkimKeyError."""
        self._private = load_key(key)
        algorithm = "ed25519-sha256" if key.algorithm is DkimAlgorithm.ED25519 else "rsa-sha256"
        folded_names = ":\r\n\t ".join(":".join(names[start : start + 4]) for start in range(0, len(names), 4))
        self._start = (
            f"v=1; a={algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector};\r\n\th={folded_names};\r\n\tt="
        ).encode("ascii")

    def sign(self, canonical_headers: bytes, body_digest: bytes, at: int) -> bytes:
        """The DKIM-Signature field, folded, CRLF included.

        *canonical_headers* are the signed headers in the relaxed form and in the order of the h= list; *body_digest* is the
        bh= value; *at* the time in epoch seconds.
        """
        value = b"%b%d; bh=%b;\r\n\tb=" % (self._start, at, body_digest)
        signed = canonical_headers + relaxed_header("DKIM-Signature", value)[:-2]
        if isinstance(self._private, Ed25519PrivateKey):
            signature = self._private.sign(hashlib.sha256(signed).digest())
        else:
            signature = self._private.sign(signed, PKCS1v15(), SHA256())
        encoded = base64.b64encode(signature)
        lines = b"\r\n\t ".join(encoded[start : start + 72] for start in range(0, len(encoded), 72))
        return b"DKIM-Signature: %b%b\r\n" % (value, lines)
