"""The pet shop: the small web application that the course puts under load."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from . import dashboard, db, errors, health, openapi, owners, pets, visitors

__all__ = ["create_app"]

MAX_BODY_BYTES = 16 * 1024


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return a shop that is ready to serve; its database file exists and holds the tables.

    Keys of `config`, beside Flask's own:
        DATABASE: path of the SQLite file; missing folders are made. Default: instance/petshop.sqlite3 in this folder.
        SEED: whether a new file starts with some pets and owners. Default: True.

    Raises:
        sqlite3.Error, OSError: the database file can't be used.
    """
    folder = Path(__file__).resolve().parent
    app = Flask(__name__, instance_path=str(folder / "instance"))
    app.config.from_mapping(
        DATABASE=folder / "instance" / "petshop.sqlite3",
        SEED=True,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
    )
    app.config.from_mapping(config or {})
    # People read this JSON: `id` comes first because the shop says it first.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    # `/pets//1` is an unknown path, not a redirect that the contract would have to list.
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    for part in (db, errors, visitors):
        part.init_app(app)
    for module in (dashboard, pets, owners, health, openapi):
        app.register_blueprint(module.blueprint)
    return app
