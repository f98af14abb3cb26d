"""Alembic branch of tabular."""

__all__: list[str] = []
