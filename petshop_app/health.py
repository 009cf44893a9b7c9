"""Liveness."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def show() -> dict[str, str]:
    """Say that the process answers, without asking the database."""
    return {"status": "ok"}
