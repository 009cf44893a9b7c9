"""The source: a submission's code as text. It chooses between pieces of advice, and how long to look; no verdict."""

import ast
import warnings
from collections.abc import Iterator

from checks.lab.submission import Submission

MOST_BYTES = 128 * 1024  # of a file: more is a table of data


def trees(submission: Submission) -> Iterator[tuple[str, ast.Module]]:
    """Yield each Python file of a submission, by name, as a syntax tree; what can't be read is left out."""
    for file in submission.files:
        if file.suffix == ".py" and len(submission.read(file)) <= MOST_BYTES:
            try:
                with warnings.catch_warnings(action="ignore"):  # of a doubtful escape in somebody else's text
                    yield file.relative_to(submission.folder).as_posix(), ast.parse(submission.read(file))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue


def words(submission: Submission) -> set[str]:
    """Return the names, the .attributes and the texts of one word in a submission's code."""
    found = set()
    for _, tree in trees(submission):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute):
                found.add(f".{node.attr}")
            elif isinstance(node, ast.alias):
                found.add(node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                found.add(node.value)
    return found
