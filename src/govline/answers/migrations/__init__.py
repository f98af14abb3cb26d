"""The Alembic branch of answers."""

__all__: list[str] = []
