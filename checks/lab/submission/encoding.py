"""The encoding: Python files have to be UTF-8, so that a person is shown exactly what Python runs."""

import codecs
import re
from dataclasses import dataclass

# See PEP 263. Python takes a lone carriage return for the end of a line, too.
LINE_END = re.compile(rb"\r\n|\r|\n")
COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.DOTALL)
NO_CODE = re.compile(rb"[ \t\f]*(#|$)")
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)  # that of UTF-32-LE begins as UTF-16-LE's
HARMLESS = re.compile(r"utf-8(-.*)?|utf8|u8|utf|(us-)?ascii|cp65001")
AFTER_A_MARK = re.compile(r"utf-8(-.*)?")  # after a byte order mark, Python accepts no other encoding name
SAVE = "save it again as UTF-8; editors offer that as Save As or Save with Encoding"


@dataclass(frozen=True)
class Objection:
    """The reason why a person would misread a Python file: the line, the trouble, and what to do."""

    line: int
    seen: str
    advice: str


def objection(content: bytes) -> Objection | None:
    """Return what Python would read differently from a person; None if both read UTF-8."""
    if content.startswith(WIDE):
        return Objection(1, "is in UTF-16 or UTF-32", SAVE)
    if (place := content.find(b"\0")) >= 0:
        return Objection(_line(content, place), "holds a NUL byte", f"remove it; if the file is UTF-16, {SAVE}")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Objection(_line(content, error.start), "is not UTF-8", SAVE)
    text = content.removeprefix(codecs.BOM_UTF8)
    harmless = HARMLESS if text == content else AFTER_A_MARK
    for number, line in enumerate(LINE_END.split(text, 2)[:2], start=1):
        if (cookie := COOKIE.match(line)) and not harmless.fullmatch(name := _normal(cookie[1])):
            return Objection(number, f"says that the file is in {name}", "remove this comment, and save it as UTF-8")
        if cookie or not NO_CODE.match(line):
            return None
    return None


def _normal(name: bytes) -> str:
    return name.decode("ascii", "replace").lower().replace("_", "-")


def _line(content: bytes, place: int) -> int:
    """Return the number of the line that contains a byte."""
    return len(LINE_END.findall(content[:place])) + 1
