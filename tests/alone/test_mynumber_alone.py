"""A signature check in a vendor's own backend: no database, no City, no SDK; `cryptography` only when a verifier is made."""

import subprocess
import sys

PREPARE = """
import sys
from datetime import datetime, UTC
import govline.mynumber
assert "cryptography" not in sys.modules
from govline.core import FixedClock
from govline.testing.pki import authority
from govline.mynumber import JPKI, Purpose, SignatureForm, TrustAnchors, Verifier
ca, document, clock = authority(Purpose.APPLICATION), b"the application", FixedClock(datetime(2026, 11, 20, tzinfo=UTC))
leaf = ca.issue()
signature, certificate = leaf.sign(document), leaf.certificate
"""
FIVE_LINES = """
verifier = Verifier(JPKI, TrustAnchors.testing(application=[ca.certificate]), clock=clock)
result = verifier.verify_signature(document, signature, certificate, form=SignatureForm.PKCS1_SHA256, purpose=Purpose.APPLICATION)
assert (result.verdict.value, result.reason.code, result.not_checked[0]) == ("indeterminate", "GL-6302", "revocation")
forged = verifier.verify_signature(b"another", signature, certificate, form=SignatureForm.PKCS1_SHA256, purpose=Purpose.APPLICATION)
assert (forged.verdict.value, forged.reason.code) == ("invalid", "GL-6201")
"""
APART = """
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"sqlalchemy", "linebot", "alembic", "psycopg", "pytest"}, loaded
assert "govline.store" not in sys.modules
"""


def test_a_signature_is_verified_without_database_or_city():
    code = PREPARE + FIVE_LINES + APART
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
    assert len(FIVE_LINES.strip().splitlines()) == 5
