"""The mystery shop: a capacity that belongs to a name, hidden, and real."""

import re
from pathlib import Path

import pytest
import requests

from petshop_app.mystery import REQUESTS_PER_SECOND, SEATS, Limits, limits

from .conftest import OpenShop
from .test_server import posix_only, run, throughput


def test_the_limits_of_a_name_are_the_same_everywhere() -> None:
    assert limits("workshop") == Limits(seats=14, work_ms=264)
    assert limits("José") == Limits(seats=16, work_ms=381)


@pytest.mark.parametrize("name", ["José", "JOSÉ", "  josé\t", "Jose\N{COMBINING ACUTE ACCENT}"])
def test_case_blanks_and_the_way_to_write_an_accent_do_not_count(name: str) -> None:
    assert limits(name) == limits("josé")


def test_every_shop_keeps_within_its_bounds_and_names_differ() -> None:
    shops = [limits(f"learner {number}") for number in range(2000)]
    assert {shop.seats for shop in shops} == set(SEATS)
    for shop in shops:
        assert 100 <= shop.work_ms <= 750
        # Rounding to whole milliseconds changes the rate by half a percent at most.
        assert 0.995 * min(REQUESTS_PER_SECOND) <= shop.throughput_rps <= 1.005 * max(REQUESTS_PER_SECOND)
        assert shop.throughput_rps == shop.seats * 1000 / shop.work_ms
    assert len(set(shops)) > 800


@pytest.mark.parametrize("name", ["", " ", "a" * 101, "a\nb", "\udcff"])
def test_what_is_no_name_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(ValueError, match="give a name of 1 to 100 printable characters"):
        limits(name)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mystery", " "], "give a name"),
        (["--mystery", "Ada", "--capacity", "3", "--work-ms", "3"], "leave out"),
        (["--mystery", "Ada", "--work-ms", "3"], "leave out"),
        (["--mystery", "Ada", "--database", "shop.sqlite3"], "leave out"),
    ],
)
def test_options_that_do_not_go_together_end_with_a_line_that_says_so(options: list[str], said: str) -> None:
    ended = run("--port", "0", *options)
    assert ended.returncode == 2
    assert said in ended.stderr.splitlines()[-1]


def test_it_keeps_its_capacity_to_itself_and_its_pets_for_one_run(open_shop: OpenShop) -> None:
    def pets(url: str) -> int:
        return len(requests.get(f"{url}/pets", timeout=60).json())

    first = open_shop("--mystery", "workshop")
    before = pets(first.url)
    requests.post(f"{first.url}/pets", json={"name": "Rex", "category": "dog"}, timeout=60).raise_for_status()
    assert pets(first.url) == before + 1
    assert pets(open_shop("--mystery", "workshop").url) == before
    said = first.output.read_text().replace(first.url, "")
    assert "forgets its pets" in said
    assert len(said.splitlines()) == 2
    assert not re.search(r"\d", said)


@posix_only
def test_it_leaves_no_file_behind(open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    shop = open_shop("--mystery", "workshop")
    assert list(temporary.iterdir())
    shop.process.terminate()
    assert shop.process.wait(60) == 0
    assert not list(temporary.iterdir())


def test_it_answers_as_much_as_its_name_says(open_shop: OpenShop) -> None:
    asked = limits("workshop").throughput_rps
    port = open_shop("--mystery", "workshop").port
    # 16 users fill the 14 seats; 320 answers take 6 s. Faster is never right; 10 % are allowed for the start and the
    # end.
    rates = [throughput(port, 320)]
    if rates[0] < 0.9 * asked:
        rates.append(throughput(port, 320))
    assert max(rates) <= asked * 1.001
    assert max(rates) >= 0.9 * asked
