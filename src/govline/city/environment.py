"""Secrets come from the environment, and from nowhere else."""

import os

from govline.errors import ConfigError

__all__ = ["environment_secret"]


def environment_secret(name: str, *, hint: str = "") -> str:
    """A secret from the environment, the only place where secrets come from.

    Args:
        name: Of the variable.
        hint: How to come by one, where that is not obvious.

    Raises:
        ConfigError: GL-9003 when the variable is not set; the value itself is never shown.
    """
    value = os.environ.get(name, "")
    if not value:
        remedy = f"export {name}=…"
        raise ConfigError(
            f"the environment variable {name} is not set",
            code="GL-9003",
            hint=f"{remedy}; {hint}" if hint else remedy,
        )
    return value
