"""What every server here does alike: it listens where nobody else does, and logs no request."""

from __future__ import annotations

import logging
import socket

from aiohttp.http_exceptions import HttpProcessingError

from ymir.errors import YmirError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; refused where another one does."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family)
    except socket.gaierror as error:
        raise YmirError(
            f"no address is called `{host}`", hint="try 127.0.0.1 or 0.0.0.0"
        ) from error
    except OSError as error:
        hint = "end what listens there, or take a port that is free: `--port 0`, `--listen HOST:0`"
        why = error.strerror or str(error)
        raise YmirError(f"port {port} of {host} cannot be used: {why}", hint=hint) from error


def log_of(name: str) -> logging.Logger:
    """Mistakes of ours alone: what is no request is answered, and could hold somebody's token."""
    log = logging.Logger(name, logging.WARNING)
    log.addFilter(lambda record: not isinstance(_fault(record), HttpProcessingError))
    return log


def _fault(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None
