"""The picture of the front page: the shop's dashboard beside Locust's page, while stage 01's ten users are at work.

    python slides/figures/portrait.py

starts `workshop.py demo`, presses Start, looks at both pages after 40 s, and writes slides/figures/portrait.png.
"""

import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser import find_browser, launch_flags

PICTURE = Path(__file__).with_name("portrait.png")
SECONDS = 40  # until RPS has settled and the chart shows it
WIDTH, HEIGHT, GAP = 900, 700, 16  # pixels of each page


def addresses(output: Path) -> dict[str, str]:
    """Return the addresses that the demo has printed so far."""
    text = output.read_text(encoding="utf-8", errors="replace")
    return dict(re.findall(r"^  (The pet shop|Locust) +(http://\S+)$", text, flags=re.MULTILINE))


def photograph(urls: dict[str, str], folder: Path) -> list[Path]:
    """Start ten users on Locust's page, and return a picture of each page, taken while they are at work."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=launch_flags())
        size = {"width": WIDTH, "height": HEIGHT}
        locust, shop = (browser.new_page(viewport=size, color_scheme="light") for _ in range(2))
        locust.goto(urls["Locust"])
        locust.get_by_role("button", name=re.compile("start", re.IGNORECASE)).click()
        locust.wait_for_timeout(SECONDS * 1000)
        shop.goto(urls["The pet shop"])
        pictures = [folder / "shop.png", folder / "locust.png"]
        for page, picture in zip((shop, locust), pictures, strict=True):
            page.screenshot(path=picture)
        browser.close()
    return pictures


def join(pictures: list[Path]) -> None:
    """Write the pictures side by side, in as few colours as do them justice."""
    both = Image.new("RGB", (2 * WIDTH + GAP, HEIGHT), "white")
    for index, picture in enumerate(pictures):
        both.paste(Image.open(picture), (index * (WIDTH + GAP), 0))
    both.quantize(128).save(PICTURE, optimize=True)


def main() -> None:
    """Run the demo, take the pictures, end the demo."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = folder / "output"
        with output.open("wb") as file:
            demo = subprocess.Popen([sys.executable, "workshop.py", "demo"], cwd=ROOT, stdout=file, stderr=file)
        try:
            while len(addresses(output)) < 2:
                if demo.poll() is not None:
                    sys.exit(output.read_text(encoding="utf-8"))
                time.sleep(0.1)
            join(photograph(addresses(output), folder))
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size >> 10} kB")


if __name__ == "__main__":
    main()
