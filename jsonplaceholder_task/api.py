"""A local JSONPlaceholder: users, posts and comments in the shapes and under the addresses of the public API."""

import argparse
import contextlib
import errno
import json
import logging
import random
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any, Final, NoReturn

from flask import Blueprint, Flask, Response, current_app, jsonify, request, url_for
from waitress.server import create_server
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound

PORT: Final = 5050
THREADS: Final = 8
BACKLOG: Final = 4096
CONNECTION_LIMIT: Final = 10_000  # macOS allows little more open files, even where it says that there is no limit
SPARE_FILES: Final = 100
MAX_BODY_BYTES: Final = 1024 * 1024

Item = dict[str, Any]
Data = dict[str, list[Item]]

blueprint = Blueprint("api", __name__)

FIRST_NAMES: Final = ("Amina", "Bruno", "Carla", "Dimitri", "Elif", "Femi", "Greta", "Hiro", "Ines", "Jonas")
LAST_NAMES: Final = ("Abara", "Becker", "Costa", "Dahl", "Endo", "Fischer", "Garcia", "Hansen", "Ivanov", "Jansen")
TITLES: Final = ("", "", "", ", Jr.", ", PhD")
CITIES: Final = ("Northfield", "Easton", "Southport", "Weston", "Lakeside", "Millbrook", "Fairview", "Riverton")
WORDS: Final = (  # noqa: SIM905  (a list would stand one word on each line)
    "amber anchor apple autumn basket bell branch bridge candle canyon cedar circle cloud copper corner cotton dawn "
    "desert drift echo ember feather fern field flint forest garden glass gravel harbor hazel hill honey island ivory "
    "jade kettle lantern leaf linen maple marble meadow mirror morning moss mountain needle oak ocean olive orchard "
    "paper pebble pepper pine pocket rain ribbon river saddle sand shadow silver slate snow spark stone summer thistle "
    "timber tower valley velvet water willow window winter wool yellow"
).split()


def generate(seed: int = 1) -> Data:
    """Return 10 users with 10 posts each and 5 comments below each post; the same for the same seed."""
    chance = random.Random(seed)

    def text(low: int, high: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(low, high)))

    def lines(count: int) -> str:
        return "\n".join(text(5, 9) for _ in range(count))

    def email() -> str:
        return f"{chance.choice(FIRST_NAMES)}_{chance.choice(LAST_NAMES)}@{chance.choice(WORDS)}.example"

    names = zip(chance.sample(FIRST_NAMES, 10), chance.sample(LAST_NAMES, 10), strict=True)
    users = [user(number, *name, chance) for number, name in enumerate(names, start=1)]
    posts = [
        {"userId": (number - 1) // 10 + 1, "id": number, "title": text(3, 9), "body": lines(4)}
        for number in range(1, 101)
    ]
    comments = [
        {"postId": (number - 1) // 5 + 1, "id": number, "name": text(3, 7), "email": email(), "body": lines(4)}
        for number in range(1, 501)
    ]
    return {"users": users, "posts": posts, "comments": comments}


def user(number: int, first: str, last: str, chance: random.Random) -> Item:
    """Return a user in the public API's shape."""
    site = f"{last.lower()}.example"
    return {
        "id": number,
        "name": f"{first} {last}{chance.choice(TITLES)}",
        "username": f"{first}{chance.randint(10, 99)}",
        "email": f"{first}@{site}",
        "address": {
            "street": f"{chance.choice(WORDS).title()} Street",
            "suite": f"Apt. {chance.randint(1, 999)}",
            "city": chance.choice(CITIES),
            "zipcode": f"{chance.randint(10_000, 99_999)}",
            "geo": {"lat": f"{chance.uniform(-90, 90):.4f}", "lng": f"{chance.uniform(-180, 180):.4f}"},
        },
        "phone": f"555-{chance.randint(0, 9999):04}",
        "website": site,
        "company": {
            "name": f"{last} and {chance.choice(LAST_NAMES)}",
            "catchPhrase": f"{chance.choice(WORDS)} by {chance.choice(WORDS)}".capitalize(),
            "bs": " ".join(chance.choices(WORDS, k=3)),
        },
    }


def create_app(data: Mapping[str, list[Item]] | None = None) -> Flask:
    """Return an API that serves `data`, lists of objects with an `id`, by name; default: what `generate` returns.

    Writes are answered and forgotten, so any number of users get the same answers.
    """
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(DATA=generate() if data is None else data, MAX_CONTENT_LENGTH=MAX_BODY_BYTES)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False  # /posts/ is /posts, as in the public API
    app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, refuse)
    app.after_request(name_visitor)
    return app


@blueprint.get("/")
def contents() -> Item:
    """Name what there is, with its address."""
    return {name: url_for("api.index", name=name, _external=True) for name in current_app.config["DATA"]}


@blueprint.get("/<name>")
def index(name: str) -> Response:
    """List a collection, or what the query selects of it."""
    return jsonify(select(collection(name), dict(request.args.lists())))


@blueprint.get("/<name>/<item_id>/<below>")
def index_below(name: str, item_id: str, below: str) -> Response:
    """List what belongs to an item; as in the public API, nothing belongs to an unknown one, and that is no error."""
    collection(name)
    parent = {f"{name.removesuffix('s')}Id": [item_id]}
    return jsonify(select(collection(below), dict(request.args.lists()) | parent))


@blueprint.get("/<name>/<item_id>")
def show(name: str, item_id: str) -> Response:
    """Show one item."""
    return jsonify(find(name, item_id))


@blueprint.post("/<name>")
def add(name: str) -> tuple[Response, int, dict[str, str]]:
    """Answer as if the item had been added."""
    new_id = 1 + max((item["id"] for item in collection(name)), default=0)
    location = url_for("api.show", name=name, item_id=new_id, _external=True)
    return jsonify(body() | {"id": new_id}), 201, {"Location": location}


@blueprint.put("/<name>/<item_id>")
def replace(name: str, item_id: str) -> Response:
    """Answer as if the item had been replaced."""
    return jsonify(body() | {"id": find(name, item_id)["id"]})


@blueprint.patch("/<name>/<item_id>")
def change(name: str, item_id: str) -> Response:
    """Answer as if some fields of the item had been changed."""
    item = find(name, item_id)
    return jsonify(item | body() | {"id": item["id"]})


@blueprint.delete("/<name>/<item_id>")
def remove(name: str, item_id: str) -> Item:
    """Answer as if the item had been deleted."""
    find(name, item_id)
    return {}


def collection(name: str) -> list[Item]:
    """Return the items of this name, or raise NotFound."""
    items: list[Item] | None = current_app.config["DATA"].get(name)
    if items is None:
        raise NotFound
    return items


def find(name: str, item_id: str) -> Item:
    """Return one item, or raise NotFound."""
    for item in collection(name):
        # As texts: 01 is not 1, and a number of 5000 digits, which Python refuses to read, is just unknown.
        if str(item["id"]) == item_id:
            return item
    raise NotFound


def select(items: list[Item], filters: Mapping[str, list[str]]) -> list[Item]:
    """Return the items that match each filter, a field with the values allowed.

    A field that no item has filters nothing: as in the public API, `?userid=1` returns everything.
    """
    for field, values in filters.items():
        if any(field in item for item in items):
            items = [item for item in items if str(item.get(field)) in values]
    return items


def body() -> Item:
    """Return the fields of the request's JSON object or form; no body has none."""
    if not request.is_json:
        return request.form.to_dict()
    try:
        fields = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):  # 5000 opening brackets exhaust the parser's stack
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise BadRequest("Send a JSON object.")
    return fields


def refuse(error: HTTPException) -> Response:
    """Answer an error in JSON; what isn't there is `{}` with 404, as in the public API."""
    if isinstance(error, NotFound | MethodNotAllowed):
        response = jsonify({})
        response.status_code = 404
    else:
        response = jsonify({"error": error.description})
        response.status_code = error.code or 500
    return response


def name_visitor(response: Response) -> Response:
    """Set a cookie that tells one client from another, unless the client sent it."""
    if not request.cookies.get("visitor"):
        response.set_cookie("visitor", secrets.token_hex(16), path="/", httponly=True, samesite="Lax")
    return response


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; return the exit status: 0, or 1 where the port can't be used."""
    parser = argparse.ArgumentParser(prog="api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=port, default=PORT, help="0: any free one (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        listener = socket.create_server((options.host, options.port), backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        print(why_not_listening(error, options.host, options.port), file=sys.stderr)
        return 1
    with listener:
        serve(create_app(), listener)
    return 0


def port(text: str) -> int:
    """Read a port number for argparse."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"give a whole number from 0 to 65535, not {text!r}")
    return int(text)


def why_not_listening(error: OSError | UnicodeError, host: str, port: int) -> str:
    """Return one line that says why nothing listens, and the way out."""
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EADDRINUSE, errno.EACCES):
        reason = "taken by another program" if number == errno.EADDRINUSE else "not for you to use"
        other = PORT + 1 if port == PORT else PORT
        return f"Port {port} is {reason}. Choose another one: --port {other}, and the same in Locust's --host"
    return f"Can't listen on {host}. Choose an address of this machine: --host 127.0.0.1"


def serve(app: Callable[..., Any], listener: socket.socket) -> None:
    """Answer on `listener` until Ctrl-C or SIGTERM."""
    # Under load requests queue, as they should; waitress would log a line for each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    host, port = listener.getsockname()[:2]
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        server = create_server(
            app,
            sockets=[listener],
            threads=THREADS,
            backlog=BACKLOG,
            connection_limit=room_for_connections(),
            asyncore_use_poll=True,
        )
        print(f"JSONPlaceholder on http://{host}:{port} (Ctrl-C ends it)", flush=True)
        server.run()
    except KeyboardInterrupt:
        pass


def room_for_connections() -> int:
    """Raise the limit on open files, 256 or 1024 on many systems; return how many connections fit below it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return CONNECTION_LIMIT
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = (
        CONNECTION_LIMIT + SPARE_FILES if hard == resource.RLIM_INFINITY else min(CONNECTION_LIMIT + SPARE_FILES, hard)
    )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    # Beyond it, waitress leaves newcomers in the listen queue; without it, it would spin on "too many open files".
    return CONNECTION_LIMIT if soft == resource.RLIM_INFINITY else max(10, min(CONNECTION_LIMIT, soft - SPARE_FILES))


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """End the server; requests at work may finish."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
