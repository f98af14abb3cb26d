"""The Alembic branch of the pages."""

__all__: list[str] = []
