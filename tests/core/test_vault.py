"""What is sealed comes back as it was, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from mitai.core import vault

OLD, NEW = b"o" * 32, b"n" * 32


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_is_sealed_comes_back(content: bytes, context: str) -> None:
    assert vault.unseal(vault.seal(content, context=context), context=context) == content


def test_nothing_of_the_content_is_in_the_blob_and_no_two_are_alike() -> None:
    content = b"a waist of 82 cm" * 4
    blobs = {vault.seal(content, context="a") for _ in range(50)}
    assert len(blobs) == 50
    assert not any(content[:8] in blob for blob in blobs)


def test_a_blob_begins_with_version_key_and_nonce() -> None:
    blob = vault.seal(b"content", context="a")
    assert blob[:6] == b"MITAI\x01"
    assert vault.key_id_of(blob) == vault.current_key_id() == blob[6:14].hex()
    assert len(blob) == vault.HEADER_BYTES + len(b"content") + 16


def test_every_byte_is_guarded() -> None:
    blob = vault.seal(b"content", context="a")
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises(vault.VaultError):
            vault.unseal(bytes(changed), context="a")


def test_what_was_cut_off_does_not_open() -> None:
    blob = vault.seal(b"content", context="a")
    for length in range(len(blob)):
        with pytest.raises(vault.Damaged):
            vault.unseal(blob[:length], context="a")


def test_a_blob_in_the_place_of_another_does_not_open() -> None:
    with pytest.raises(vault.Damaged):
        vault.unseal(vault.seal(b"content", context="hers"), context="his")


def test_a_key_that_is_not_there_is_named(settings: Settings) -> None:
    settings.DATA_ENCRYPTION_KEYS = [OLD]
    blob, name = vault.seal(b"content", context="a"), vault.current_key_id()
    settings.DATA_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(vault.UnknownKey) as refused:
        vault.unseal(blob, context="a")
    assert refused.value.key_id == name
    assert name in str(refused.value)


def test_the_first_key_seals_and_all_open(settings: Settings) -> None:
    settings.DATA_ENCRYPTION_KEYS = [OLD]
    blob, old = vault.seal(b"content", context="a"), vault.current_key_id()
    settings.DATA_ENCRYPTION_KEYS = [NEW, OLD]
    assert vault.unseal(blob, context="a") == b"content"
    assert vault.key_id_of(vault.seal(b"content", context="a")) == vault.current_key_id() != old
    assert vault.known_key_ids() == {old, vault.current_key_id()}
