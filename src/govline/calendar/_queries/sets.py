"""A set of texts as one parameter, for statements that serve many rows at once."""

from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSON

__all__ = ["among"]


def among(key: Any, name: str, dialect: str) -> Any:
    """Whether a column is among the texts of the JSON array parameter `name`; by its index, however large the table."""
    given = bindparam(name, type_=Text)
    if dialect == "postgresql":
        texts = select(func.json_array_elements_text(cast(given, JSON))).scalar_subquery()
        return key == func.any(func.array(texts))
    return key.in_(select(func.json_each(given).table_valued("value").c.value))
