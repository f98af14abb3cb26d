"""A town's LINE channel: what the City needs to take webhooks in and to send."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from govline.city.environment import environment_secret
from govline.core import frozen_tuple

if TYPE_CHECKING:
    from govline.line.accounts import Partner

__all__ = ["API_VARIABLE", "LINE_API", "LineChannel"]

LINE_API: Final = "https://api.line.me"
API_VARIABLE: Final = "GOVLINE_LINE_API"


@frozen
class LineChannel:
    """Secrets and token come from functions, so that they can rotate without a restart; neither is ever in a repr.

    Args:
        secrets: The channel secrets that are valid now, newest first.
        token: The channel access token.
        api: LINE's address; the simulator's in development.
        destination: The bot's own user id; webhooks for another one are refused where it is given.
        timeout: Seconds that one call to LINE may take.
        login_token: Access token of the LINE Login channel, with which its LIFF apps are asked.
        partners: Other tools on the channel; see `govline.line.accounts`.
        label: `production` or `sandbox` where the town has both, else "".
        shared_rate: Whether several processes call LINE for the town and keep its rate together; where None, on PostgreSQL.
    """

    secrets: Callable[[], Sequence[str]] = field(repr=False)
    token: Callable[[], str] = field(repr=False)
    api: str = LINE_API
    destination: str | None = None
    timeout: float = 10.0
    login_token: Callable[[], str] | None = field(default=None, repr=False)
    partners: "Sequence[Partner]" = field(default=(), converter=frozen_tuple)
    label: str = ""
    shared_rate: bool | None = None

    @classmethod
    def from_environment(
        cls,
        secrets: Sequence[str] = ("LINE_CHANNEL_SECRET",),
        token: str = "LINE_CHANNEL_ACCESS_TOKEN",  # noqa: S107 - the name of a variable
        *,
        api: str = LINE_API,
        destination: str | None = None,
        timeout: float = 10.0,
        login_token: str | None = None,
        partners: "Sequence[Partner]" = (),
        label: str = "",
        shared_rate: bool | None = None,
    ) -> "LineChannel":
        """The channel whose secrets stand in environment variables.

        `GOVLINE_LINE_API`, where it is set, is called instead of LINE: the simulator's address.

        Args:
            secrets: Names of the variables with the channel secrets, several during rotation.
            token: Name of the variable with the access token; `login_token` likewise, of the LINE Login channel.
        """
        return cls(
            secrets=lambda: tuple(environment_secret(name) for name in secrets),
            token=lambda: environment_secret(token),
            api=os.environ.get(API_VARIABLE) or api,
            destination=destination,
            timeout=timeout,
            login_token=(lambda: environment_secret(login_token)) if login_token else None,
            partners=partners,
            label=label,
            shared_rate=shared_rate,
        )
