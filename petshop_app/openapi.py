"""The contract, as a document."""

from pathlib import Path

from flask import Blueprint, Response

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
def show() -> Response:
    """Return openapi.json, the file beside this module."""
    return Response(Path(__file__).with_name("openapi.json").read_bytes(), mimetype="application/json")
