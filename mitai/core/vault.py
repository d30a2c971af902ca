"""Encryption at rest: AES-256-GCM under the first of DATA_ENCRYPTION_KEYS, readable with any of them.

A sealed blob is `MITAI`, a version byte, the first 8 bytes of the key's SHA-256, a nonce of 12 random bytes,
and what GCM makes of the content (16 bytes longer). The header and the `context`, what the blob is, such as
the name of its file, are authenticated with it: a blob under another name does not open.
"""

from __future__ import annotations

import hashlib
import os

from django.conf import settings

MAGIC, VERSION = b"MITAI", 1
KEY_ID_BYTES, NONCE_BYTES = 8, 12
PREFIX = MAGIC + bytes([VERSION])
HEADER_BYTES = len(PREFIX) + KEY_ID_BYTES + NONCE_BYTES


class VaultError(Exception):
    """What was sealed cannot be opened."""


class Damaged(VaultError):
    """Not sealed by us, cut off, changed since, or in the place of another."""

    def __init__(self) -> None:
        super().__init__("not what was sealed here")


class UnknownKey(VaultError):
    """Sealed with a key that DATA_ENCRYPTION_KEY does not hold; `key_id` names it, in hexadecimal."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"sealed with the key {key_id}, which DATA_ENCRYPTION_KEY does not hold")
        self.key_id = key_id


def current_key_id() -> str:
    """The name of the key that seals, in hexadecimal."""
    return _id_of(settings.DATA_ENCRYPTION_KEYS[0]).hex()


def known_key_ids() -> set[str]:
    """The names of all keys that open."""
    return {_id_of(key).hex() for key in settings.DATA_ENCRYPTION_KEYS}


def key_id_of(blob: bytes) -> str:
    """The name of the key that sealed a blob, in hexadecimal; its first HEADER_BYTES are enough.

    Raises:
        Damaged: it does not begin as a sealed blob does.
    """
    if len(blob) < HEADER_BYTES or not blob.startswith(PREFIX):
        raise Damaged
    return blob[len(PREFIX) :][:KEY_ID_BYTES].hex()


def seal(content: bytes, *, context: str) -> bytes:
    """Encrypt under the current key, bound to its context."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = settings.DATA_ENCRYPTION_KEYS[0]
    nonce = os.urandom(NONCE_BYTES)
    header = PREFIX + _id_of(key) + nonce
    return header + AESGCM(key).encrypt(nonce, content, header + context.encode())


def unseal(blob: bytes, *, context: str) -> bytes:
    """What was sealed with this context.

    Raises:
        UnknownKey: the key is none of those configured.
        Damaged: not a byte of it can be trusted.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key_id = key_id_of(blob)
    keys = {_id_of(key).hex(): key for key in settings.DATA_ENCRYPTION_KEYS}
    if key_id not in keys:
        raise UnknownKey(key_id)
    header, sealed = blob[:HEADER_BYTES], memoryview(blob)[HEADER_BYTES:]
    try:
        return AESGCM(keys[key_id]).decrypt(header[-NONCE_BYTES:], sealed, header + context.encode())
    except InvalidTag:
        raise Damaged from None


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]
