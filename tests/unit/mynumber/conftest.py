"""A test hierarchy and one call that verifies."""

import pytest

from govline.mynumber import JPKI, Purpose, SignatureForm, TrustAnchors, Verifier
from govline.testing.pki import authority

DOCUMENT = "子ども医療費助成の申請書".encode()


@pytest.fixture(scope="session")
def sign_ca():
    return authority(Purpose.APPLICATION)


@pytest.fixture(scope="session")
def auth_ca():
    return authority(Purpose.LOGIN)


@pytest.fixture(scope="session")
def anchors(sign_ca, auth_ca):
    return TrustAnchors.testing(application=[sign_ca.certificate], login=[auth_ca.certificate])


@pytest.fixture(scope="session")
def document():
    return DOCUMENT


@pytest.fixture
def verify(anchors, clock):
    """verify(leaf, …) -> VerificationResult; by default of a good application without a revocation provider."""

    def call(
        leaf,
        *,
        purpose=Purpose.APPLICATION,
        form=SignatureForm.PKCS1_SHA256,
        document=DOCUMENT,
        signature=None,
        anchors=anchors,
        profile=JPKI,
        revocation=None,
        at=None,
        signed=True,
    ):
        if signature is None:
            signature = leaf.sign(DOCUMENT, form) if signed else b"\0" * 256
        verifier = Verifier(profile, anchors, clock=clock, revocation=revocation)
        return verifier.verify_signature(
            document, signature, leaf.certificate, form=form, purpose=purpose, at=at
        )

    return call
