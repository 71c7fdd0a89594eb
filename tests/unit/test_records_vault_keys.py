"""The vault's pure parts: envelopes bound to their place, keys, tokens."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from config.errors import Misconfigured
from config.ids import new_id
from config.settings import decode_key
from records.vault import DataKey, SealDamaged, Vault, make_key
from records.vault.envelope import key_id_of, seal, unseal

PLACE = ("message", "body_sealed", "row")


def a_key() -> DataKey:
    return DataKey(new_id(), AESGCM(b"d" * 32))


def test_a_sealed_value_opens_at_its_place_only() -> None:
    key = a_key()
    sealed = seal(key, b"words", *PLACE)
    assert unseal(key, sealed, *PLACE) == b"words"
    assert key_id_of(sealed) == key.key_id
    assert b"words" not in sealed
    for place in (("x", *PLACE[1:]), (PLACE[0], "x", PLACE[2]), (*PLACE[:2], "x")):
        with pytest.raises(SealDamaged):
            unseal(key, sealed, *place)


def test_the_same_words_never_look_the_same() -> None:
    key = a_key()
    assert seal(key, b"words", *PLACE) != seal(key, b"words", *PLACE)


def test_any_byte_altered_is_seen() -> None:
    key = a_key()
    sealed = seal(key, b"words", *PLACE)
    for index in range(len(sealed)):
        altered = sealed[:index] + bytes((sealed[index] ^ 1,)) + sealed[index + 1 :]
        with pytest.raises(SealDamaged):
            unseal(key, altered, *PLACE)


@pytest.mark.parametrize("cut", [b"", b"\x01", b"\x01" * 44, b"\x02" * 60])
def test_what_is_no_envelope_is_refused(cut: bytes) -> None:
    with pytest.raises(SealDamaged):
        key_id_of(cut)


def test_a_made_key_is_what_the_settings_take() -> None:
    made = {make_key() for _ in range(3)}
    assert len(made) == 3
    assert {len(decode_key(SecretStr(key))) for key in made} == {32}


def test_keys_of_the_wrong_length_make_no_vault() -> None:
    for keys in ((b"", b"i" * 32), (b"v" * 32, b"i" * 31)):
        with pytest.raises(Misconfigured):
            Vault(*keys)


def test_a_number_is_recognised_however_it_is_spaced_and_only_under_its_key() -> None:
    vault = Vault(b"v" * 32, b"i" * 32)
    token = vault.number_hmac("+33612345678")
    assert token == vault.number_hmac(" +33 6 12-34.56 78 ")
    assert token != vault.number_hmac("0612345678")
    assert token != Vault(b"v" * 32, b"j" * 32).number_hmac("+33612345678")
    assert len(token) == 32


def test_a_blind_token_ignores_case_and_accents_and_is_cut_so_that_words_collide() -> None:
    vault = Vault(b"v" * 32, b"i" * 32)
    token = vault.blind_token("dlpm", "name", "Zoé  Lefèvre")
    assert token == vault.blind_token("dlpm", "name", "zoe lefevre")
    assert len(token) == 3
    assert token != vault.blind_token("119", "name", "zoe lefevre")
    assert token != vault.blind_token("dlpm", "alias", "zoe lefevre")
    assert len(vault.blind_token("dlpm", "reference", "D-1", whole=True)) == 32


def test_keys_are_never_printed() -> None:
    vault = Vault(b"v" * 32, b"i" * 32)
    made = vault.new_key("contact", new_id())
    for held in (vault, made, made.key):
        assert "vvvv" not in repr(held)
        assert "wrapped" not in repr(held)
