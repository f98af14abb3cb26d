"""The keyring: what it seals opens only in its place, and its keys show nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govline.errors import ConfigError, StoreError
from govline.store import Keyring
from govline.store.sealing import ENVIRONMENT

KEYS = Keyring.generate("a")
A43 = "A" * 43 + "="


@given(st.binary(max_size=300), st.text(max_size=30))
def test_sealed_values_open_in_their_context_only(plain, context):
    sealed = KEYS.seal(plain, context)
    assert KEYS.open(sealed, context) == plain
    assert KEYS.seal(plain, context) != sealed
    with pytest.raises(StoreError) as refused:
        KEYS.open(sealed, context + "x")
    assert refused.value.code == "GL-1121"


@pytest.mark.parametrize(
    "change", [lambda s: s[:-5] + "AAAA=", lambda s: "b." + s[2:], lambda s: s[:10], lambda s: "a.%%%"]
)
def test_a_changed_value_does_not_open(change):
    with pytest.raises(StoreError) as refused:
        KEYS.open(change(KEYS.seal(b"plain", "x")), "x")
    assert refused.value.code == "GL-1121"


def test_rotation_seals_with_the_first_and_opens_with_all():
    newer = Keyring.generate("b")
    both = Keyring.from_text(f"{newer.to_text()},{KEYS.to_text()}")
    assert both.open(KEYS.seal(b"old", "x"), "x") == b"old"
    assert newer.open(both.seal(b"new", "x"), "x") == b"new"
    assert both.ids == ("b", "a")
    assert both.lookup("U1", "p") == newer.lookup("U1", "p")
    assert both.lookups("U1", "p") == (newer.lookup("U1", "p"), KEYS.lookup("U1", "p"))
    assert KEYS.lookup("U1", "p") not in (KEYS.lookup("U1", "q"), KEYS.lookup("U2", "p"))


def test_keys_are_in_no_repr_and_come_from_the_environment():
    secret = KEYS.to_text().partition(":")[2]
    assert secret not in f"{KEYS!r} {KEYS._keys!r}"
    assert repr(KEYS) == "Keyring(a)"
    assert Keyring.from_environment({}) is None
    assert Keyring.from_environment({ENVIRONMENT: f" {KEYS.to_text()} "}).ids == ("a",)


@pytest.mark.parametrize("wrong", ["", "k1:short", "k1", f"k1:{A43},k1:{A43}", f"k 1:{A43}", "k1:%%%"])
def test_bad_keys_are_refused_without_showing_them(wrong):
    with pytest.raises(ConfigError) as refused:
        Keyring.from_text(wrong)
    assert refused.value.code == "GL-1120"
    assert "AAAA" not in str(refused.value)
