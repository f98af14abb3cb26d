"""Who may do what: the question that services ask, and the answer of a town that has set up no roles."""

from typing import Final, Protocol

from govline.core.values import Actor, Reason

__all__ = ["ALLOW_ALL", "AllowAll", "PolicyPort"]


class PolicyPort(Protocol):
    """Decides for a service whether an actor may do something; offered by `people`, or by a vendor's own login."""

    def refuses(self, actor: Actor, verb: str, *, department: str = "") -> Reason | None:
        """Why the actor may not do it, or None where they may.

        Args:
            actor: Who asks; their roles and departments come with them.
            verb: `<room>.<verb>`: `delivery.approve`, `data.export` …
            department: Whose matter it is; "" where it belongs to no single department.
        """
        ...


class AllowAll:
    """The policy of a town without roles: whoever reaches the service may use it."""

    def refuses(self, actor: Actor, verb: str, *, department: str = "") -> Reason | None:  # noqa: ARG002 - the port's
        """Nothing is refused."""
        return None


ALLOW_ALL: Final[PolicyPort] = AllowAll()
"""Where no feature offers the port `policy`."""
