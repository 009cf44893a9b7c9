"""The sight: how a file looks to a person, with everything made visible that Python sees and a person doesn't.

It handles plain text in linear time, so it is safe for anything that a submission can contain.
"""

import re
import unicodedata
from collections.abc import Iterator

FAR = 80  # blanks in a row: text behind them is off the screen
LONG = 500  # characters of a line, more than a screen shows
GAP = 60  # empty lines in a row: text below them is off the screen
LOOKED_AT = 10_000  # characters of a line are examined; a longer line has a note already
MAX_WORD = 40  # characters of a name that a note quotes

# Python ends a line at \n, \r\n and \r; some editors don't show all of these as the end of a line.
PYTHONS_END = re.compile(r"\r\n|\r|\n")
EDITORS_END = re.compile(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
REORDERS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
UNUSUAL = re.compile(r"[^\t\n\x20-\x7e]")
BLANKS = re.compile(rf"[ \t]{{{FAR},}}")
WORD = re.compile(r"\w+")
BEFORE_TEXT = re.compile(r"[^#'\"]*")  # of a line: its code, up to a comment or a string
ENCODING = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
UTF_8 = ("utf-8", "utf8", "utf-8-sig", "u8")
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks that no font draws; Python accepts the first four as letters.
BLANK_LETTERS = {*"\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2800", *map(chr, range(0x180B, 0x1810))}
JOINERS = {"\u200d", *map(chr, range(0xFE00, 0xFE10))}  # in honest texts they shape emoji
VARIANTS = range(0xE0100, 0xE01F0)
# Letters of other alphabets that look like Latin ones.
LOOKALIKES = {
    *"аеорсухіјѕԁһӏԛԝАВЕКМНОРСТУХІЈЅԌԚԜ",  # Cyrillic
    *"αινορτυκχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",  # Greek
    *"օոսցհք",  # noqa: RUF001 - Armenian
}


def lines(text: str) -> list[str]:
    """Return the lines of a text as Python counts them."""
    return PYTHONS_END.split(text)


def visible(text: str) -> str:
    """Return `text` with signs in place of invisible, misleading characters and of blanks that push code away."""
    text = UNUSUAL.sub(lambda found: f"<U+{ord(found[0]):04X}>" if _is_hidden(found) else found[0], text)
    return BLANKS.sub(lambda found: f"<{len(found[0])} blanks>", text)


def deceptions(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number of each line that is not what it looks like, and the reason."""
    text = text.removeprefix("\ufeff")
    own, empty = lines(text), 0
    for number, line in enumerate(own, 1):
        if empty >= GAP and line.strip():
            yield number, f"stands below {empty} empty lines"
        empty = 0 if line.strip() else empty + 1
        yield from ((number, what) for what in _deceptions_of(line))
    for number in _bare_returns(text):
        yield number, "ends with a carriage return, which many editors don't show as the end of a line"
    for number, line in enumerate(own[:2], 1):
        found = ENCODING.match(line[:LONG])
        if found and found[1].lower().replace("_", "-") not in UTF_8:
            yield number, f"says that the file is written in {found[1]}, so that Python may read another text"


def _deceptions_of(line: str) -> Iterator[str]:
    if len(line) > LONG:
        yield f"has {len(line)} characters: read it to its end"
    if found := BLANKS.search(line.rstrip()):
        yield f"goes on after {len(found[0])} blanks, far to the right"
    if line.isascii() and line.isprintable():
        return
    line = line[:LOOKED_AT]
    if REORDERS.search(line):
        yield "shows its text in another order than it runs"
    if EDITORS_END.search(line.strip()):
        yield "holds a character that some editors show as the end of a line"
    hidden = {found[0] for found in UNUSUAL.finditer(line) if _is_hidden(found) and not found[0].isspace()}
    if unseen := sorted(sign for sign in hidden if not REORDERS.match(sign) and not EDITORS_END.match(sign)):
        yield f"holds characters that can't be seen ({', '.join(f'U+{ord(sign):04X}' for sign in unseen[:3])})"
    beginning = BEFORE_TEXT.match(line)
    for found in WORD.finditer(line):
        yield from _misspelt(found[0][:MAX_WORD], is_code=bool(beginning and found.end() <= beginning.end()))


def _misspelt(word: str, is_code: bool) -> Iterator[str]:
    """Yield why a word is not the one that it looks like; outside of code, a whole word of another alphabet is fine."""
    if word.isascii() or not word.isidentifier():
        return
    meant = unicodedata.normalize("NFKC", word)
    if meant.isascii():
        yield f'writes "{visible(word)}", which Python reads as {meant}'
    elif all(sign.isascii() or sign in LOOKALIKES for sign in word) and (is_code or not LOOKALIKES.issuperset(word)):
        yield f'writes "{word}" with letters of another alphabet, which look like Latin ones'


def _bare_returns(text: str) -> Iterator[int]:
    """Yield the number of each line that ends in a lone carriage return."""
    ends = [found[0] for found in PYTHONS_END.finditer(text)]
    if set(ends) != {"\r"}:  # otherwise an old editor wrote the file, and it shows as one line everywhere
        yield from (number for number, end in enumerate(ends, 1) if end == "\r")
    elif len(ends) > 1:
        yield 1


def _is_hidden(found: "re.Match[str]") -> bool:
    """Tell whether a character is invisible; a joiner inside an emoji counts as visible."""
    sign, before = found[0], found.start() - 1
    if sign in JOINERS:
        return before < 0 or not _is_pictogram(found.string[before])
    if unicodedata.category(sign) == "Zs":
        return True  # a blank that is not Python's own
    return unicodedata.category(sign) in INVISIBLE or sign in BLANK_LETTERS or ord(sign) in VARIANTS


def _is_pictogram(sign: str) -> bool:
    return sign in JOINERS or unicodedata.category(sign) in ("So", "Sk", "Sm", "Po")
