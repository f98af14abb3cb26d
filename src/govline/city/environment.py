"""Secrets come from the environment, and from nowhere else."""

import os

from govline.errors import ConfigError

__all__ = ["environment_secret"]


def environment_secret(name: str) -> str:
    """A secret from the environment, the only place where secrets come from.

    Raises:
        ConfigError: GL-9003 when the variable is not set; the value itself is never shown.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(
            f"the environment variable {name} is not set", code="GL-9003", hint=f"export {name}=…"
        )
    return value
