"""The LINE edge's own Alembic branch."""

__all__: list[str] = []
