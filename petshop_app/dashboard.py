"""The dashboard: every pet on one page, and a form that adds one without JavaScript."""

from collections import Counter

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from . import pets
from .errors import Refusal

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/")
def show() -> str:
    """Show every pet, newest first; deliberately all, so that the page grows with the shop."""
    return page()


@blueprint.post("/")
def add() -> Response | tuple[str, int]:
    """Add the form's pet and go back to the dashboard; bad input comes back with the error beside its field."""
    try:
        form = request.form
    except RequestEntityTooLarge:
        return page(errors={"name": "That is more than the shop can read. Keep the name to 100 characters."}), 413
    name, category, errors = form.get("name", ""), form.get("category", ""), {}
    try:
        name = pets.valid_name(name)
    except Refusal as refusal:
        errors["name"] = refusal.description
    try:
        category = pets.valid_category(category)
    except Refusal as refusal:
        errors["category"] = refusal.description
    if errors:
        return page(name, category, errors), 400
    pets.insert(name, category)
    # 303, so that the browser's reload button doesn't add the pet again.
    return redirect(url_for("dashboard.show"), 303)


def page(name: str = "", category: str = "", errors: dict[str, str | None] | None = None) -> str:
    """Render the dashboard, with the form filled in as given and `errors` beside the fields that they name."""
    every_pet = pets.every_pet()
    counts = Counter(pet.category for pet in every_pet)
    return render_template(
        "dashboard.html",
        pets=reversed(every_pet),
        total=len(every_pet),
        counts=sorted(counts.items(), key=lambda item: (-item[1], item[0])),
        categories=pets.CATEGORIES,
        name=name,
        category=category,
        errors=errors or {},
    )
