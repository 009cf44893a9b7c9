"""The database: one SQLite file, one connection for each request."""

import sqlite3
import weakref
from pathlib import Path

from flask import Flask, current_app, g

from .seed import OWNERS as SEED_OWNERS
from .seed import PETS as SEED_PETS
from .seed import insert

BUSY_TIMEOUT_S = 30.0
VERSION = 2  # of the tables: 1 had no owners


def init_app(app: Flask) -> None:
    """Create the file and its tables if they are missing, and close each request's connection at its end."""
    # Absolute, so that a later change of the working directory can't lead to a second file.
    path = Path(app.config["DATABASE"]).resolve()
    app.config["DATABASE"] = path
    path.parent.mkdir(parents=True, exist_ok=True)
    create_tables(path, seed=app.config["SEED"])
    app.teardown_appcontext(close_db)
    keep_open(app, path)


def get_db() -> sqlite3.Connection:
    """Return this request's connection; each statement is its own transaction."""
    if "db" not in g:
        g.db = connect(current_app.config["DATABASE"])
    connection: sqlite3.Connection = g.db
    return connection


def close_db(_error: BaseException | None = None) -> None:
    """Close this request's connection if it has one."""
    connection: sqlite3.Connection | None = g.pop("db", None)
    if connection is not None:
        connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """Open the file; a writer that meets another one waits up to 30 s for its turn."""
    # Without the check, because another thread may close the idle connection; no two threads use one at the same time.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    # In WAL mode a commit then survives the end of the process, kill -9 included, without an fsync for each.
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def create_tables(path: Path, *, seed: bool) -> None:
    """Bring the file up to schema.sql; `seed` says whether new tables get their part of the seed."""
    schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
    connection = connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # Take the write lock, so that two servers that start on one new file seed it once, and a read-only file fails
        # here.
        connection.executescript(f"BEGIN IMMEDIATE; {schema}")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if seed and version < VERSION:
            # A file of version 1 already has its pets without an owner.
            pets = [pet for pet in SEED_PETS if version == 0 or pet.owner_id is not None]
            insert(connection, SEED_OWNERS, pets)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("SELECT id, name, category FROM pets LIMIT 0")
        connection.execute("COMMIT")
    finally:
        connection.close()


def keep_open(app: Flask, path: Path) -> None:
    """Hold one idle connection as long as the app lives; `app.extensions["petshop_db"]()` closes it early."""
    # The last connection to close folds the WAL into the file and deletes it. Without this one, every lone request
    # would be the last: a POST then took 0.8 ms instead of 0.06 ms, and newcomers met the lock that folding takes.
    idle = connect(path)
    idle.execute("SELECT 1 FROM pets LIMIT 1").fetchall()
    app.extensions["petshop_db"] = weakref.finalize(app, idle.close)
