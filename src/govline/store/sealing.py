"""Sealing of personal fields: AES-256-GCM under a key id, and keyed hashes to look sealed values up."""

import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from govline.errors import ConfigError, StoreError

__all__ = ["ENVIRONMENT", "Keyring"]

ENVIRONMENT: Final = "GOVLINE_KEYS"
_NONCE = 12
_KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


@frozen
class _Key:
    """One master key with the two keys derived from it; its repr shows the id only."""

    id: str
    master: bytes = field(repr=False, eq=False)
    seal: AESGCM = field(init=False, repr=False, eq=False)
    look: bytes = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "seal", AESGCM(_derive(self.master, b"govline seal v1")))
        object.__setattr__(self, "look", _derive(self.master, b"govline look-up v1"))


class Keyring:
    """The town's keys: the first seals, all of them open.

    To rotate, put a new key in front, rewrap (`identity.rewrap`), then drop the old one.
    A sealed value is `<key id>.` + base64url(nonce + ciphertext + tag), bound to its context: moved elsewhere it does not open.
    """

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Take (key id, 32 bytes) pairs, newest first.

        Raises:
            ConfigError: GL-1120 no key, a bad id, a bad length, or an id given twice.
        """
        for name, master in keys:
            if not _KEY_ID.fullmatch(name) or len(master) != _KEY_BYTES:
                raise _bad_keys("each key is <id>:<base64 of 32 bytes>")
        self._keys = {name: _Key(name, master) for name, master in keys}
        if not keys or len(self._keys) != len(keys):
            raise _bad_keys("give at least one key, each id once")
        self._newest = self._keys[keys[0][0]]

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.ids)})"

    @classmethod
    def from_text(cls, text: str) -> "Keyring":
        """Read `id:base64,id:base64`, newest first (standard or URL-safe base64)."""
        pairs = []
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            name, _, encoded = part.partition(":")
            pairs.append((name, _decode(encoded)))
        return cls(pairs)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Keyring | None":
        """The keys of `GOVLINE_KEYS`, or None where it is not set."""
        text = (os.environ if environ is None else environ).get(ENVIRONMENT, "").strip()
        return cls.from_text(text) if text else None

    @classmethod
    def generate(cls, name: str = "k1", random_bytes: Callable[[int], bytes] = os.urandom) -> "Keyring":
        """One fresh key; keep `to_text()` where secrets are kept, or what it seals is lost."""
        return cls([(name, random_bytes(_KEY_BYTES))])

    def to_text(self) -> str:
        """The secret text that `from_text` reads."""
        encode = base64.urlsafe_b64encode
        return ",".join(f"{key.id}:{encode(key.master).decode()}" for key in self._keys.values())

    @property
    def ids(self) -> tuple[str, ...]:
        """Key ids, newest first."""
        return tuple(self._keys)

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return self._newest.id

    def seal(self, plain: bytes, context: str) -> str:
        """Encrypt under the newest key, bound to `context` (table, column and row it stands in)."""
        nonce = os.urandom(_NONCE)
        boxed = nonce + self._newest.seal.encrypt(nonce, plain, context.encode())
        return f"{self._newest.id}.{base64.urlsafe_b64encode(boxed).decode()}"

    def open(self, sealed: str, context: str) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            StoreError: GL-1121 unknown key, changed bytes or another context.
        """
        name, _, encoded = sealed.partition(".")
        key = self._keys.get(name)
        if key is None:
            raise StoreError(
                "a sealed value names a key that the keyring does not hold",
                code="GL-1121",
                hint="keep old keys in GOVLINE_KEYS until everything is rewrapped",
                place={"key": name[:32]},
            )
        try:
            boxed = base64.b64decode(encoded, altchars=b"-_", validate=True)
            return key.seal.decrypt(boxed[:_NONCE], boxed[_NONCE:], context.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise StoreError(
                "a sealed value does not open: it was changed, moved or sealed under another key of this id",
                code="GL-1121",
                place={"key": name},
            ) from None

    def box(self, plain: bytes, context: str) -> bytes:
        """`seal` as plain bytes, for values too large for text; keep `newest` beside it."""
        nonce = os.urandom(_NONCE)
        return nonce + self._newest.seal.encrypt(nonce, plain, context.encode())

    def unbox(self, key: str, boxed: bytes, context: str) -> bytes:
        """Decrypt what `box` made under the key of this id.

        Raises:
            StoreError: GL-1121 unknown key, changed bytes or another context.
        """
        held = self._keys.get(key)
        try:
            if held is not None:
                return held.seal.decrypt(boxed[:_NONCE], boxed[_NONCE:], context.encode())
        except (InvalidTag, ValueError):
            pass
        raise StoreError(
            "a sealed value does not open: its key is gone, or it was changed or moved",
            code="GL-1121",
            place={"key": key[:32]},
        )

    def lookup(self, value: str, purpose: str) -> str:
        """The keyed hash of a value under the newest key, for an index: `<key id>.<hex>`."""
        return _keyed_hash(self._newest, value, purpose)

    def lookups(self, value: str, purpose: str) -> tuple[str, ...]:
        """The keyed hash under every key, newest first: a row may still carry an older one."""
        return tuple(_keyed_hash(key, value, purpose) for key in self._keys.values())


def _keyed_hash(key: _Key, value: str, purpose: str) -> str:
    mac = hmac.HMAC(key.look, hashes.SHA256())
    mac.update(f"{purpose}\0{value}".encode())
    return f"{key.id}.{mac.finalize().hex()}"


def _derive(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(master)


def _decode(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.replace("+", "-").replace("/", "_"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _bad_keys("each key is <id>:<base64 of 32 bytes>") from None


def _bad_keys(hint: str) -> ConfigError:
    return ConfigError("the sealing keys cannot be read", code="GL-1120", hint=hint)
