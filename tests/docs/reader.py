"""A reader that follows a document of the course block by block, and leaves none out."""

import json
import re
import textwrap
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from tests.launcher.clone import wait_for

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", flags=re.DOTALL | re.MULTILINE)
LOCUST = "http://localhost:8089"


class Block(NamedTuple):
    """A code block: its language, its text without the indent of the block, and the heading that it stands under."""

    language: str
    text: str
    heading: str


class Document:
    """A document whose code blocks are taken one after the other."""

    def __init__(self, path: Path) -> None:
        content = path.read_text(encoding="utf-8")
        self.prose = content
        self._blocks = [
            Block(found[2], textwrap.dedent(found[3]) if found[1] else found[3], _heading(content[: found.start()]))
            for found in BLOCK.finditer(content)
            if found[2] != "text"  # such a block shows output, not input
        ]

    def take(self, language: str, says: str) -> str:
        """Return the text of the next block, which has to have this language and these words."""
        assert self._blocks, f"the document ends before {says!r}"
        block = self._blocks.pop(0)
        assert block.language == language, f"{block} instead of {says!r}"
        assert says in block.text, f"{block} instead of {says!r}"
        return block.text

    def end(self) -> None:
        """Fail if a block was not followed."""
        assert not self._blocks, f"nobody followed {self._blocks[0]}"


def _heading(before: str) -> str:
    return re.findall(r"^#+ (.*)$", before, flags=re.MULTILINE)[-1]


def insert_above(file: Path, line: str, snippet: str) -> None:
    """Put a snippet above the lines that begin with `line`, as an editor does."""
    content = file.read_text(encoding="utf-8")
    assert content.count(line) == 1, f"{line!r} in {file}"
    file.write_text(
        content.replace(line, snippet + ("" if snippet.endswith("\n\n") else "\n") + line), encoding="utf-8"
    )


def insert_below(file: Path, lines: str, snippet: str) -> None:
    """Put a snippet below these lines, which the file holds once."""
    replace(file, lines, lines + snippet)


def replace(file: Path, old: str, new: str) -> None:
    """Put `new` in the place of `old`, which the file holds once."""
    content = file.read_text(encoding="utf-8")
    assert content.count(old) == 1, f"{old!r} in {file}"
    file.write_text(content.replace(old, new), encoding="utf-8")


class WebPage:
    """Locust's web page: sends the requests that its buttons send."""

    def start(self, users: int, spawn_rate: float) -> None:
        """Press Start as soon as the page is there."""
        wait_for(self._is_there, "Locust's web page")
        answer = self._ask("/swarm", user_count=users, spawn_rate=spawn_rate)
        assert answer["success"], answer

    def stop(self) -> None:
        """Press Stop."""
        self._ask("/stop", reason="seen enough")

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the rows of the statistics by method and name; the sum is "Aggregated"."""
        return {f"{row['method'] or ''} {row['name']}".strip(): row for row in self._ask("/stats/requests")["stats"]}

    def workers(self) -> int:
        """Return how many workers the page shows."""
        return len(self._ask("/stats/requests").get("workers", []))

    def watch(self, users: int, spawn_rate: float, seconds: float) -> dict[str, dict[str, Any]]:
        """Press Start, look for some seconds after the last user has come, press Stop; return the rows before it."""
        self.start(users, spawn_rate)
        time.sleep(users / spawn_rate + seconds)
        rows = self.rows()
        self.stop()
        return rows

    def _is_there(self) -> bool:
        try:
            self._ask("/stats/requests")
        except OSError:
            return False
        return True

    @staticmethod
    def _ask(path: str, **form: object) -> Any:
        body = urllib.parse.urlencode(form).encode() if form else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{LOCUST}{path}", body, timeout=30) as answer:
            return json.load(answer)
