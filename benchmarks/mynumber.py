"""A full check of a citizen's signature against the bare RSA verification of the same signature, interleaved.

Full check: two readers, CA signature, profile rules, document signature, revocation by a set in memory, and the four attributes
(`holder()`); 4 KiB document, JPKI-shaped certificate, three anchors of one name. `floor` is the same work without any rule.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks._measure import ROUNDS, interleave
from govline.core import FixedClock
from govline.mynumber import (
    JPKI,
    Good,
    Purpose,
    Revoked,
    SignatureForm,
    TrustAnchors,
    Verdict,
    VerificationResult,
    Verifier,
)
from govline.testing.pki import Authority, Leaf, authority

GOAL = 5.0
NOW = datetime(2026, 11, 20, tzinfo=UTC)
DOCUMENT = b"x" * 4096


class _WarmSet:
    """A verified CRL as it stands in memory: a set of 100,000 serial numbers."""

    name = "warm set"

    def __init__(self) -> None:
        self.revoked = frozenset(range(10**9, 10**9 + 100_000))

    def check(self, query: Any) -> Good | Revoked:
        return Revoked(NOW) if query.serial in self.revoked else Good(NOW)


def run(quick: bool) -> dict[str, Any]:
    """Processor microseconds of each (one thread, no waiting: neighbours on the machine do not count) and their ratio, the median over rounds of the ratio within a round."""
    calls = 200 if quick else 1000
    generations = [authority(Purpose.APPLICATION, number) for number in (1, 2, 3)]
    leaf = generations[2].issue()
    full = _full(generations, leaf)
    times = interleave(
        {
            "bare": _timed(_bare(leaf), calls),
            "floor": _timed(_floor(leaf, generations[2]), calls),
            "verify": _timed(full, calls),
            "full": _timed(lambda: full().holder(), calls),
        },
        ROUNDS,
    )
    return {
        "ratio_to_bare_rsa": _ratio(times["full"], times["bare"]),
        "goal": GOAL,
        "ratio_without_holder": _ratio(times["verify"], times["bare"]),
        "floor_ratio": _ratio(times["floor"], times["bare"]),
        **{f"{name}_us": round(median(values), 1) for name, values in times.items()},
        "rounds": ROUNDS,
        "calls": calls,
        "certificate_bytes": len(leaf.certificate),
        "document_bytes": len(DOCUMENT),
    }


def _ratio(some: list[float], base: list[float]) -> float:
    return round(median(one / other for one, other in zip(some, base, strict=True)), 2)


def _floor(leaf: Leaf, issuer: Authority) -> Callable[[], object]:
    """What nobody can leave out: load the certificate, its CA's signature, the document's signature by a key met just now."""
    authority_key, signature = issuer.key.public_key(), leaf.sign(DOCUMENT)
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()

    def check() -> None:
        parsed = x509.load_der_x509_certificate(leaf.certificate)
        authority_key.verify(parsed.signature, parsed.tbs_certificate_bytes, scheme, digest)
        key = parsed.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(signature, DOCUMENT, scheme, digest)

    return check


def _bare(leaf: Leaf) -> Callable[[], object]:
    key, signature = leaf.key.public_key(), leaf.sign(DOCUMENT)
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    return lambda: key.verify(signature, DOCUMENT, scheme, digest)


def _full(generations: list[Authority], leaf: Leaf) -> Callable[[], VerificationResult]:
    anchors = TrustAnchors.testing(application=[ca.certificate for ca in generations])
    verifier = Verifier(JPKI, anchors, clock=FixedClock(NOW), revocation=_WarmSet())
    signature = leaf.sign(DOCUMENT)

    def check() -> VerificationResult:
        result = verifier.verify_signature(
            DOCUMENT,
            signature,
            leaf.certificate,
            form=SignatureForm.PKCS1_SHA256,
            purpose=Purpose.APPLICATION,
        )
        assert result.verdict is Verdict.VALID
        return result

    return check


def _timed(call: Callable[[], object], calls: int) -> Callable[[], float]:
    def measure() -> float:
        began = time.thread_time()
        for _ in range(calls):
            call()
        return (time.thread_time() - began) / calls * 1e6

    return measure
