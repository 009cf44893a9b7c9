"""Refusals: every error leaves the shop in one JSON shape."""

import json
from typing import Final

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

MESSAGES: Final = {
    404: "There is nothing at this address. GET /openapi.json lists what the shop answers.",
    415: "Send JSON, with the header Content-Type: application/json.",
    500: "The shop failed. Its log says why.",
}


class Refusal(HTTPException):
    """Raise it in a view: the client gets `status` and the error shape with `error_code` and `message`."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.code = status
        self.error_code = error_code


def init_app(app: Flask) -> None:
    """Give every refusal the same shape, whether a view, Flask or a crash raised it."""
    app.register_error_handler(HTTPException, answer)


def answer(error: HTTPException) -> Response:
    """Return the error as JSON, with the headers that belong to it (Allow, for instance)."""
    response: Response = error.get_response()  # type: ignore[assignment]
    response.data = body(error_code(error), message(error))
    response.content_type = "application/json"
    return response


def body(code: str, message: str) -> bytes:
    """Return the one error shape as JSON text."""
    return json.dumps({"error": {"code": code, "message": message}}).encode()


def error_code(error: HTTPException) -> str:
    """Return the refusal's own code, else the status in words: NOT_FOUND."""
    if isinstance(error, Refusal):
        return error.error_code
    return error.name.upper().replace(" ", "_").replace("-", "_")


def message(error: HTTPException) -> str:
    """Return one sentence that says what the client can do."""
    if isinstance(error, Refusal):
        return str(error.description)
    if isinstance(error, MethodNotAllowed):
        return f"This address takes {', '.join(sorted(error.valid_methods or ()))}."
    if isinstance(error, RequestEntityTooLarge):
        return "The body is too large. Send at most 16 KiB."
    return MESSAGES.get(error.code or 500) or error.description or "The shop can't answer this."
