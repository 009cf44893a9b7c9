"""What the shop promises."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

RESPONSE_TIME_LIMIT_MS: Final[float] = 3 * 1000.0


@contextmanager
def watched(client, path):
    start = datetime.now()
    with client.get(path, catch_response=True) as response:
        took = (datetime.now() - start) / timedelta(milliseconds=1)
        yield response
        if verdict := broken(response.status_code, took):
            response.failure(verdict)


def broken(status, took):
    if status != 200:
        return f"The shop answered {status}"
    return took > RESPONSE_TIME_LIMIT_MS and f"{took:_.0f} ms are more than {RESPONSE_TIME_LIMIT_MS:_.0f} ms"
