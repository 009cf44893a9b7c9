"""The shop against its own OpenAPI document: schemathesis with all its default checks, among them 'no 5xx'."""

import subprocess
import sys
from pathlib import Path

from .conftest import Shop

EXAMPLES = 40  # for each operation; one run takes about 4 s
FUZZ = "from schemathesis.cli import schemathesis; schemathesis()"


def test_the_shop_keeps_its_contract_whatever_is_sent(shop: Shop, tmp_path: Path) -> None:
    seed = 20_260_101
    print(f"repeat it: schemathesis run {shop.url}/openapi.json --seed {seed} --max-examples {EXAMPLES}")
    options = ["run", f"{shop.url}/openapi.json", "--seed", str(seed), "--max-examples", str(EXAMPLES)]
    # On a machine that is busy with other tests, generating is slow, which says nothing about the shop.
    options += ["--suppress-health-check", "too_slow"]
    fuzzed = subprocess.run(
        [sys.executable, "-c", FUZZ, *options], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert fuzzed.returncode == 0, fuzzed.stdout + fuzzed.stderr
    assert "10 selected / 10 total" in fuzzed.stdout
    assert shop.process.poll() is None
