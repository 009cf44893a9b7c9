"""Visitors: a cookie tells clients apart."""

import secrets

from flask import Flask, Response, request

COOKIE = "visitor"


def init_app(app: Flask) -> None:
    """Make every answer, including errors, name a visitor that has no name yet."""
    app.after_request(name_visitor)


def name_visitor(response: Response) -> Response:
    """Set the cookie unless the client sent one."""
    if not request.cookies.get(COOKIE):
        response.set_cookie(COOKIE, secrets.token_hex(16), path="/", httponly=True, samesite="Lax")
    return response
