"""The Alembic branch of segments; attribute columns grow outside it, see `Segments.plan`."""

__all__: list[str] = []
