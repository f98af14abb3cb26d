"""Photos and attachments in the town's own store, sealed."""

from datetime import datetime

from govline.core import Ref, Transaction
from govline.store import _queries_flow as q
from govline.store._reach import keyring

__all__ = ["KIND", "Blobs", "purge"]

KIND = "blob"


class Blobs:
    """`BlobPort` on a table of the town's database; every blob is sealed under the town's keys."""

    def put(self, tx: Transaction, data: bytes, media_type: str, *, expires: datetime | None = None) -> Ref:
        """Keep the bytes; they are gone after `expires`.

        Raises:
            ConfigError: GL-1122 the database was opened without keys.
        """
        row = tx.new_id()
        tx.write(
            q.ADD_BLOB,
            {
                "id": row,
                "media_type": media_type,
                "size": len(data),
                "sealed": keyring(tx).seal(data, _context(row, media_type)),
                "created": tx.now,
                "expires": expires,
            },
        )
        return Ref(KIND, row)

    def get(self, tx: Transaction, blob: Ref) -> tuple[bytes, str] | None:
        """The bytes and their media type, or None when there is no such blob or it has expired."""
        row = tx.one(q.GET_BLOB, {"row": blob.id})
        if row is None:
            return None
        sealed, media_type, expires = row
        if expires is not None and expires <= tx.now:
            return None
        return keyring(tx).open(sealed, _context(blob.id, media_type)), media_type

    def remove(self, tx: Transaction, blob: Ref) -> bool:
        """Delete a blob; whether there was one."""
        return bool(tx.write(q.REMOVE_BLOB, {"row": blob.id}))


def purge(tx: Transaction, *, limit: int = 100) -> int:
    """Delete a small page of expired blobs; how many."""
    return tx.write(q.PURGE_BLOBS, {"now": tx.now, "limit": limit})


def _context(row: str, media_type: str) -> str:
    return f"blob:{row}:{media_type}"
