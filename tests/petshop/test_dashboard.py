"""The dashboard as HTML: its contents, and its form without a browser."""

import html
import re
from itertools import product
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from petshop_app import dashboard, pets

STATIC = Path(dashboard.__file__).parent / "static"
TEXT_ON = [
    ("ink", "page"),
    ("ink", "card"),
    ("ink", "stripe"),
    ("quiet", "page"),
    ("quiet", "card"),
    ("quiet", "stripe"),
]
TEXT_ON += [("error", "card"), ("on-accent", "accent")]


def rows(page: str) -> list[tuple[int, str, str]]:
    """Return the table's pets from top to bottom."""
    found = re.findall(r"<tr><td>(\d+)</td><td>(.*?)</td><td>(.*?)</td></tr>", page)
    return [(int(number), html.unescape(name), html.unescape(category)) for number, name, category in found]


def counts(page: str) -> dict[str, int]:
    """Return the number of pets by category, in the page's order."""
    found = re.findall(r"<li[^>]*><span>(.*?)</span> <strong>(\d+)</strong></li>", page)
    return {category: int(count) for category, count in found}


def test_the_dashboard_shows_every_pet_newest_first(client: FlaskClient) -> None:
    for number in range(1, 301):
        client.post("/pets", json={"name": f"Pet {number}", "category": "dog"})
    page = client.get("/").text
    assert rows(page) == [(number, f"Pet {number}", "dog") for number in range(300, 0, -1)]


def test_the_dashboard_counts_by_category_the_largest_first(client: FlaskClient) -> None:
    for category in ("cat", "dog", "bird", "dog"):
        client.post("/pets", json={"name": "Rex", "category": category})
    page = client.get("/").text
    assert list(counts(page).items()) == [("dog", 2), ("bird", 1), ("cat", 1)]
    assert '<strong id="total">4</strong> pets in 3 categories' in page


def test_an_empty_shop_says_so(client: FlaskClient) -> None:
    page = client.get("/").text
    assert rows(page) == []
    assert "No pets yet." in page


def test_a_name_is_text_never_markup(client: FlaskClient) -> None:
    evil = "<script>alert('1')</script> & \"co\""
    client.post("/pets", json={"name": evil, "category": "dog"})
    page = client.get("/").text
    assert "<script" not in page
    assert rows(page) == [(1, evil, "dog")]


def test_the_form_adds_a_pet_and_goes_back_to_the_dashboard(client: FlaskClient) -> None:
    answer = client.post("/", data={"name": " Rex ", "category": "guinea pig"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = client.get("/").text
    assert rows(page) == [(1, "Rex", "guinea pig")]
    assert counts(page) == {"guinea pig": 1}


@pytest.mark.parametrize(("name", "message"), [("   ", "empty"), ("<" * 101, "100 characters"), ("Re\0x", "control")])
def test_a_bad_name_comes_back_with_the_reason_beside_it(client: FlaskClient, name: str, message: str) -> None:
    answer = client.post("/", data={"name": name, "category": "cat"})
    assert answer.status_code == 400
    found = re.search(r'<input id="name" name="name" value="(.*?)".* aria-describedby="name-error"', answer.text)
    assert found
    assert html.unescape(found[1]).replace("\N{REPLACEMENT CHARACTER}", "\0") == name
    assert "<option selected>cat</option>" in answer.text
    reason = re.search(r'id="name-error">(.*?)</p>', answer.text)
    assert reason
    assert message in reason[1]
    assert rows(client.get("/").text) == []


def test_a_category_that_the_form_does_not_offer_comes_back_too(client: FlaskClient) -> None:
    answer = client.post("/", data={"name": "Rex", "category": "dragon"})
    assert answer.status_code == 400
    assert 'id="category-error"' in answer.text
    assert 'value="Rex"' in answer.text
    assert rows(answer.text) == []


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_a_body_that_is_not_a_form_is_a_form_without_input(client: FlaskClient, content_type: str) -> None:
    answer = client.post("/", data=b'{"name": "Rex"}', content_type=content_type)
    assert answer.status_code == 400
    assert 'id="name-error"' in answer.text


def test_a_form_above_16_kib_is_refused_on_the_page(client: FlaskClient) -> None:
    answer = client.post("/", data={"name": "x" * 20_000, "category": "dog"})
    assert (answer.status_code, answer.mimetype) == (413, "text/html")
    assert "Keep the name to 100 characters" in answer.text


def test_the_form_offers_every_category_and_labels_every_field(client: FlaskClient) -> None:
    page = client.get("/").text
    assert re.findall(r"<option[^>]*>(.*?)</option>", page) == list(pets.CATEGORIES)
    fields = re.findall(r'<(?:input|select) id="(.*?)"', page)
    assert fields == re.findall(r'<label for="(.*?)"', page) == ["name", "category"]


def test_the_page_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/").text
    assets = re.findall(r'(?:href|src)="(.*?)"', page)
    assert assets
    assert all(client.get(asset, buffered=True).status_code == 200 for asset in assets)
    assert not re.search(r"https?:|//[a-z]|@import", page + (STATIC / "style.css").read_text())


def test_text_stands_out_from_its_ground_as_wcag_aa_asks() -> None:
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in css_roots()]
    assert len(schemes) == 2
    for scheme, (text, ground) in product(schemes, TEXT_ON):
        assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground, scheme)
    for scheme in schemes:
        assert contrast(scheme["field-line"], scheme["card"]) >= 3, scheme


def css_roots() -> list[str]:
    """Return the colours of the light and of the dark page."""
    return re.findall(r":root \{(.*?)\}", (STATIC / "style.css").read_text(), re.DOTALL)


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance of #rrggbb, 0 to 1."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
