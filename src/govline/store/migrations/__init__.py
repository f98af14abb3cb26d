"""The store's own Alembic branch."""
