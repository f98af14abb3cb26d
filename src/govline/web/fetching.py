"""The few calls to LINE Login that the pages need: bounded in time and size, no redirects, no proxies of strangers."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

import urllib3

from govline.errors import PageRefused

__all__ = ["Fetch", "LineFetch"]

Fetch = Callable[[str, Mapping[str, str] | None], bytes]
"""Gets an address, or posts a form to it; the body of a 200."""
_MOST: Final = 100_000


class LineFetch:
    """`Fetch` over urllib3.

    Args:
        timeout: Seconds for one call, connecting included.
    """

    def __init__(self, timeout: float = 5.0) -> None:
        self._http = urllib3.PoolManager(maxsize=4, timeout=urllib3.Timeout(total=timeout), retries=False)

    def __call__(self, url: str, form: Mapping[str, str] | None = None) -> bytes:
        """The body of the answer.

        Raises:
            PageRefused: GL-8107, LINE does not answer, or not with 200.
        """
        body = urlencode(form) if form is not None else None
        headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
        try:
            answer = self._http.request(
                "POST" if body else "GET", url, body=body, headers=headers, preload_content=False
            )
            try:
                data: bytes = answer.read(_MOST + 1)
            finally:
                answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as cause:
            raise PageRefused("LINE does not answer", code="GL-8107", status=502) from cause
        if answer.status != 200 or len(data) > _MOST:
            raise PageRefused(
                "LINE refused the sign-in", code="GL-8107", status=502, place={"status": answer.status}
            )
        return data

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()
