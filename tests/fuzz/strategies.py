"""The strategies with which Hypothesis makes recipes, one for each target; FOR has them by name."""

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from checks import stages
from checks.stages import ROOT, TAKE_HOME
from tests.corpus import FOLDER
from tests.fuzz import stock
from tests.fuzz.recipes import Recipe, text_of

Strategy = st.SearchStrategy[Any]
Draw = st.DrawFn
Pieces = list[tuple[str, int]]
STAGES = tuple(stages.STAGES)[:5]
HONEST = (ROOT / "solutions" / STAGES[0] / "locustfile.py").read_text(encoding="utf-8")
some = st.sampled_from

# --- texts, and many of them

counts = st.one_of(
    *(st.just(1), st.integers(1, 4), some([64, 250, 1000, 5000, 20_000])),
    some([100_000, 300_000, 1_000_000, 3_000_000]),
)
words = st.one_of(
    some(stock.FRAGMENTS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.binary(max_size=12).map(text_of),
)
texts = st.lists(words, max_size=4).map("".join)


def length(pieces: Pieces) -> int:
    """Return the approximate length of a content."""
    return sum(len(text) * count for text, count in pieces)


def repeated(texts: Strategy, most: int = 12_000_000) -> Strategy:
    """Return a strategy for a few repeated texts that together are no longer than `most`."""
    return st.lists(st.tuples(texts, counts), max_size=4).filter(lambda pieces: length(pieces) < most)


pieces = repeated(texts)


def once(text: str) -> Pieces:
    """Return a content of one text."""
    return [(text, 1)]


def joined(contents: Sequence[Pieces]) -> Pieces:
    """Return several contents as one."""
    return [piece for content in contents for piece in content]


# --- Python


@cache
def sources() -> list[str]:
    """Return the Python of the solutions and of the corpus."""
    files = [*(ROOT / "solutions").rglob("*.py"), *FOLDER.glob("*/*/*/*.py")]
    return sorted({file.read_text(encoding="utf-8", errors="ignore") for file in files})


@st.composite
def nested(draw: Draw) -> Pieces:
    """Return a deeply nested expression, or a very long one."""
    opening, inside, end = draw(some(stock.NESTED))
    count = draw(counts)
    return [(opening, count), (inside, 1), (end, count), ("\n", 1)]


@st.composite
def changed(draw: Draw, base: str = "") -> str:
    """Return Python of the corpus, or `base`, with a few lines or characters changed."""
    lines = (base or draw(some(sources()))).split("\n")
    for _ in range(draw(st.integers(0, 3))):
        place, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        column = draw(st.integers(0, len(lines[place])))
        lines = draw(
            some(
                [
                    [*lines[:place], *lines[place + 1 :], ""],
                    [*lines[:place], lines[other], *lines[place:]],
                    lines[: place + 1],
                    [*lines[:place], draw(texts), *lines[place:]],
                    [*lines[:place], lines[place][:column] + draw(words) + lines[place][column:], *lines[place + 1 :]],
                ]
            )
        )
    return "\n".join(lines)


@st.composite
def encoded(draw: Draw) -> str:
    """Return Python in some encoding, with or without a line that names one."""
    name, body = draw(some(stock.CODECS)), draw(st.one_of(changed(), changed(HONEST), texts))
    cookie = draw(
        some(["", f"# coding: {name}\n", f"#!/x\n# -*- coding: {name} -*-\n", f"# vim: fileencoding={name}\n"])
    )
    mark = draw(some([b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"]))
    try:
        content = body.encode(draw(some([name, "utf-8", "utf-16-le", "utf-16"])), "ignore")
    except (LookupError, ValueError, TypeError, AttributeError):  # some codecs take no text, some names are unknown
        content = body.encode("utf-8", "surrogateescape")
    return text_of(mark + cookie.encode() + content)


python = st.one_of(
    *(changed().map(once), encoded().map(once), nested(), pieces),
    st.tuples(changed(HONEST).map(once), nested()).map(joined),
)

# --- files and folders

part = st.one_of(
    some(stock.KNOWN), st.tuples(texts, some(["", ".py", ".csv", ".json", ".toml", ".zip"])).map("".join)
).map(lambda name: name.replace("/", "|").replace("\0", "0") or "a")
path = st.lists(part, min_size=1, max_size=3).map("/".join)
sizes = some([1, 1 << 10, 1 << 20, (10 << 20) - 1, 10 << 20, 63 << 20, 1 << 30, 8 << 30, 1 << 40])
stage = some([*STAGES, TAKE_HOME])
Node = dict[str, Any]


def node(name: Strategy, contents: Strategy = pieces) -> Strategy:
    """Return a strategy for one thing in a folder: mostly a plain file."""
    plain: Node = {"pieces": contents}
    odd: tuple[Node, ...] = ({"link": some(stock.GOALS)}, {"size": sizes}, {"deep": some([3, 300, 1100])})
    odd += tuple({kind: st.just(1)} for kind in ("folder", "pipe", "socket"))
    return st.one_of(*(st.fixed_dictionaries({"name": name, **facts}) for facts in (*[plain] * 10, *odd)))


def named(name: str, contents: Pieces) -> Node:
    """Return a plain file."""
    return {"name": name, "pieces": contents}


def locustfile(contents: Strategy) -> Strategy:
    """Return a strategy for a folder with nothing but a locustfile."""
    return contents.map(lambda each: [named("locustfile.py", each)])


def multiplied(nodes: list[Node], times: int) -> list[Node]:
    """Return the nodes, with one of them, a plain file, repeated under many names."""
    plain = next((each for each in nodes if "pieces" in each), None)
    return [*nodes, *(named(f"{n}{plain['name']}"[-250:], plain["pieces"]) for n in range(times) if plain)]


def weight(nodes: list[Node]) -> int:
    """Return the cost of making these: their bytes, and 10 kB for each nested folder."""
    return sum(10_000 * each.get("deep", 1) + length(each.get("pieces", [])) for each in nodes)


trees = st.builds(
    multiplied, st.lists(node(path, st.one_of(pieces, python)), max_size=6), some([0, 0, 0, 0, 40, 101, 1200])
).filter(lambda nodes: weight(nodes) < 50_000_000)


@st.composite
def folders(draw: Draw) -> Recipe:
    """Return a folder with any contents, usually with a locustfile, and the path in it to hand in."""
    own = [named("locustfile.py", once(HONEST))] if draw(st.integers(0, 3)) else []
    files = [*draw(trees), *own]
    handed_in = draw(
        some(["", "", *(each["name"] for each in files[:3]), *(each["name"].split("/")[0] for each in files)])
    )
    return {"files": files, "path": handed_in, "stage": draw(stage)}


@st.composite
def rounds(draw: Draw) -> Recipe:
    """Return a few submissions, some of them with the same name in different places."""
    name = st.one_of(part, some(["summary.csv.part", "-x", "=x", ".grading-1-x", "a" * 255, "\udcff", "x\n"]))
    paths = draw(st.lists(st.tuples(some("ab"), name).map("/".join), min_size=1, max_size=4))
    files = [draw(node(some([each, f"{each}/locustfile.py"]))) for each in paths]
    return {"files": files, "paths": [*paths, *draw(st.lists(some(paths), max_size=1))]}


# --- archives

SPARSE_BLOCK = ("00000000001\0" * 42 + "\x01").ljust(512, "\0")  # a map of a sparse file that announces another block
in_archives = st.one_of(pieces, python, repeated(some([SPARSE_BLOCK, *stock.OF_PAX]), most=40_000_000))
entry_name = st.one_of(
    *(path, st.integers(50, 3000).map(lambda depth: "d/" * depth + "a.py")),
    some(["../a.py", "/a.py", "C:\\a.py", "a/../b.py", "a\\..\\b.py", "A.py", "a.py", "./a.py", "a//b.py", "a/"]),
)


def entries(most: int, **optional: Strategy) -> Strategy:
    """Return a strategy for the entries of an archive, of about `most` bytes each."""
    one = st.fixed_dictionaries({"name": entry_name, "pieces": in_archives}, optional=optional)

    def size(entry: dict[str, Any]) -> int:
        own = sum(length(entry.get(name, [])) for name in ("pieces", "extra", "comment"))
        pax = sum(len(value) for value in entry.get("pax", {}).values())
        return int((1024 + own + pax + len(entry["name"])) * entry.get("times", 1))

    return st.lists(one.filter(lambda entry: size(entry) < most), max_size=4)


in_zips = entries(
    most=40_000_000,
    mode=some([0o100644, 0o120777, 0o040755, 0o010644, 0o020644, 0, 0o777]),
    method=some([0, 8, 12, 14]),
    extra=st.lists(st.tuples(some(["\x01\0\x04\0abcd", "up\x05\0", "\0"]), st.integers(1, 3000)), max_size=2),
    comment=st.lists(st.tuples(words, st.integers(1, 3000)), max_size=1),
    times=some([1, 2, 1001, 20_000]),
)
in_tars = entries(
    most=80_000_000,
    type=some(stock.OF_TAR),
    link=some(stock.GOALS),
    says=some([0, 1, 1 << 20, 1 << 33, (1 << 63) - 1, -1]),
    pax=st.dictionaries(some(stock.PAX_KEYS), st.one_of(words, st.just("9" * 10_000)), max_size=3),
    times=some([1, 2, 60_000]),
    pokes=st.lists(
        st.tuples(
            some([0, 100, 124, 136, 156, 157, 257, 263, 345, 386, 482, 483]),
            some(["\udcff" * 12, "\udc80" + "\udcff" * 11, "-1", "77777777777", "\x01", "9", "\0" * 100, " " * 12]),
        ),
        max_size=2,
    ),
)
some_bytes = st.one_of(st.binary(min_size=1, max_size=8).map(text_of), some(["\udcff" * 4, "\udcff" * 8, "\0" * 4]))
pokes = st.lists(st.tuples(some(stock.NEEDLES), st.integers(0, 60), some_bytes), max_size=3)
damage = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries({"pokes": pokes}, optional={"inside": st.just(1)}),
    st.fixed_dictionaries({"cut": st.integers(0, 2000)}, optional={"times": some([2, 3])}),
)


@st.composite
def archives(draw: Draw) -> Recipe:
    """Return an archive: good, lying, cut off, or only with the beginning of one."""
    ending = draw(some(["zip", "zip", "tar", "tar", "tar.gz", "tgz", "tar.bz2", "tar.xz", "ZIP", "gz", "xz"]))
    held = {"entries": draw(in_zips if ending.lower() == "zip" else in_tars)}
    if not draw(st.integers(0, 9)):
        held = {"pieces": [(draw(some(stock.MAGIC)), 1), *draw(pieces)]}
    name = draw(some(["a", STAGES[0], "", "\xe4", "b c"]))
    return {"archive": {"name": f"{name}.{ending}", **held, **draw(damage)}, "stage": draw(stage)}


# --- configuration

marks = some([*[""] * 12, "\ufeff", "\ufeff", "\udcff\udcfe", "\0"])
GOOD = 'name = "ann"\nmax_throughput_rps = 100\nusers_at_saturation = 10\n'
CONFS = {"master.conf": "master = true\nusers = 5000\nspawn-rate = 100\n", "worker.conf": "worker = true\n"}
toml_value = st.one_of(
    some(stock.OF_TOML).map(once),
    texts.map(json.dumps).map(once),
    st.tuples(some(["[", "{a=", "9", "a.", "\\u0001", "\u0301", "\ufb00"]), counts).map(lambda piece: [piece]),
    st.tuples(words, counts).map(lambda piece: [('"', 1), piece, ('"', 1)]),
)
toml_key = some(["name", "max_throughput_rps", "users_at_saturation", "a.b", "[name]", "[[name]]", "name.a", '"name"'])
toml_line = st.one_of(
    st.tuples(toml_key, toml_value).map(lambda both: [(f"{both[0]} = ", 1), *both[1], ("\n", 1)]),
    st.tuples(some(["a.", "[a", "[[", "a={", "#", "\n", "a=[", "a=1\n"]), counts).map(lambda piece: [piece, ("\n", 1)]),
    pieces,
)


@st.composite
def findings(draw: Draw) -> Recipe:
    """Return findings.toml, odd in some line or in all of them."""
    lines = [once(line + "\n") for line in GOOD.splitlines()]
    for _ in range(draw(st.integers(1, 3))):
        lines[draw(st.integers(0, len(lines) - 1))] = draw(toml_line)
    content = joined([once(draw(marks)), *lines])
    return {"files": [named("locustfile.py", once(HONEST)), named("findings.toml", content)]}


@cache
def keys() -> list[str]:
    """Return the names of Locust's settings from its own parser, asked in a process that Locust may patch."""
    code = (
        "import json; from locust.argument_parser import get_parser; "
        "print(json.dumps([word for action in get_parser()._actions for word in action.option_strings]))"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return sorted({word.lstrip("-") for word in json.loads(asked.stdout.splitlines()[-1])})


@st.composite
def conf_line(draw: Draw) -> Pieces:
    """Return a line of a configuration file."""
    if not draw(st.integers(0, 5)):
        return [*draw(pieces), ("\n", 1)]
    before, between = (
        draw(some(["", "", "", "--", "-", "[", "# ", " "])),
        draw(some([" = ", "=", ": ", " ", "", "\n= "])),
    )
    key, value = draw(st.one_of(some(keys()), words)), draw(st.one_of(some(stock.OF_CONF), texts))
    return [(f"{before}{key}{between}{value}\n", draw(counts.filter(lambda count: count < 30_000)))]


@st.composite
def configurations(draw: Draw) -> Recipe:
    """Return master.conf and worker.conf, odd in some lines."""
    files = [named("locustfile.py", once(HONEST))]
    for name, good in CONFS.items():
        lines = [once(draw(marks)), once(good * draw(some([0, 1, 1, 1]))), *draw(st.lists(conf_line(), max_size=3))]
        files.append(named(name, joined(lines)))
    if not draw(st.integers(0, 5)):
        files[1] = draw(node(st.just("master.conf")))
    return {"files": files}


# --- what a run leaves behind

logs = repeated(st.one_of(some(stock.OF_LOGS), texts), most=8_000_000)
USER = {"name": "User", "host": "http://127.0.0.1:5000", "fixed_count": 0}
LINES: dict[str, dict[str, Any]] = {  # of a record, by their kind, as entry.py writes them
    "began": {},
    "told": {"time": 1.5},
    "stopping": {"time": 1.5},
    "declared": {"shape": "", "users": [USER], "constants": {"A": 1.0}, "worker": "w"},
    "wait": {"visitor": "0", "start": 1.0, "asked": 2.0, "actual": 0.0},
    "counted": {"request": 1, "milliseconds": 5.0, "failure": None, "said": [], "name": "/"},
    "error": {"file": "locustfile.py", "line": 3, "error": "x", "url": "", "path": "", "missing_module": None},
    "stray": {"file": "locustfile.py", "line": 3, "url": "http://a/"},
    "lost": {"file": "locustfile.py", "line": 3, "error": "x"},
    "opened": {"file": "locustfile.py", "line": 3, "path": "owners.csv"},
    "crash": {"file": "locustfile.py", "line": 3, "error": "x", "missing_module": None},
    "report": {"worker": "w", "time": 1.5, "requests": 3},
    "loss": {"worker": "w", "time": 1.5},
    "figures": {"exit_code": 0, "rows": [{"method": "GET", "name": "/", "requests": 1, "failures": 0}], "failures": []},
}
scalars = st.one_of(
    *(texts, st.integers(), st.floats()),
    some([None, True, 0, -1, 1e308, float("nan"), float("inf"), 10**400, -0.0, 1e-320, "\\", 2**63]),
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(some(["name", "host", "x"]), inner)
)
junk = repeated(some(["[", '{"a":', "9", "\n", '"', "0\n", "{}\n", " "])).map(lambda pieces: [*pieces, ("\n", 1)])


def line(kind: str, **facts: Any) -> str:
    """Return a line of a record, some of its facts replaced."""
    return json.dumps({"kind": kind, **LINES[kind], **facts}) + "\n"


@st.composite
def record_line(draw: Draw) -> Pieces:
    """Return a line of a record, in the shape that entry.py writes or in another one, and how often it comes."""
    kind = draw(some(sorted(LINES)))
    odd = draw(st.dictionaries(some(["kind", "more", *LINES[kind]]), anything, max_size=2))
    text = line(kind, **{name: value for name, value in odd.items() if name != "kind"})
    if "kind" in odd:
        text = text.replace(json.dumps(kind), json.dumps(odd["kind"]), 1)
    return [(text, min(draw(st.one_of(st.just(1), st.just(1), counts)), 30_000_000 // len(text)))]


records = st.lists(st.one_of(*[record_line()] * 6, junk), max_size=6).map(joined)
as_json = st.one_of(anything.map(json.dumps), some(["[", '{"a":', "9", '"\\ud800"']))


def _weight_of(request: dict[str, Any]) -> int:
    own = length(request.get("answer", [])) + length(request.get("body", [])) + 10 * len(request.get("query", ""))
    return int(own * request.get("times", 1))


request = st.fixed_dictionaries(
    {},
    optional={
        "method": st.one_of(some(["GET", "POST", "PUT", "::x", "<fuzzed>"]), words),
        "path": st.one_of(some(["/", "/pets", "/pets/1", "/owners/1/pets", "/posts"]), texts, texts.map("/".__add__)),
        "query": st.one_of(texts, st.builds(str.__mul__, some(["a=1&", "&", ";", "%00=%ff&"]), st.integers(1, 5000))),
        "type": some(["application/json", "JSON", "", "text/html; json", "application/json; charset=utf-7"]),
        "cookie": st.one_of(some(["visitor={number}", "visitor=", "", 'visitor="x', "visitor=<fuzzed>"]), words),
        "body": st.lists(st.tuples(as_json, some([1, 1, 1, 1000, 100_000])), max_size=2),
        "status": some([200, 201, 400, 404, 500, 204]),
        "sets": st.one_of(st.just("visitor=x; Path=/"), words),
        "answer": pieces,
        "times": some([1, 1, 1, 30, 400, 3000]),
    },
).filter(lambda each: _weight_of(each) < 3_000_000)


def rounds_of(count: int) -> list[dict[str, Any]]:
    """Return the requests of five users that do what stage 01 asks for, `count` times."""
    adds = {"method": "POST", "path": "/pets", "status": 201, "times": 5}
    bodies = (once(f'{{"name": "Rex {number}", "category": "dog"}}') for number in range(count))
    return [each for body in bodies for each in ({**adds, "body": body}, {"times": 5})]


@st.composite
def outputs(draw: Draw) -> Recipe:
    """Return the record, the printed lines and the requests of a run, the first requests mostly honest."""
    honest = joined(
        [once(line(kind)) for kind in draw(some([["began"], ["began", "declared"], ["began", "declared"]]))]
    )
    return {
        "files": [named("record.jsonl", [*honest, *draw(records)]), named("locust.log", draw(logs))],
        "requests": [*rounds_of(draw(st.integers(0, 5))), *draw(st.lists(request, max_size=4))],
        "exit": draw(some([0, 1, 2, 137, 139, -11, 255])),
        "silent": draw(st.booleans()),
    }


reports = st.fixed_dictionaries(
    {
        "files": st.one_of(trees, locustfile(python)),
        "words": st.lists(
            st.lists(st.lists(words, max_size=60).map("".join), min_size=1, max_size=3), min_size=1, max_size=3
        ),
        "requests": st.lists(request, max_size=4),
    }
)

# --- gradings with a stand-in for Locust

a_name = {"name": "Pet {number}", "category": "dog"}
step = st.one_of(
    st.just({"method": "POST", "path": "/pets", "json": a_name}),
    st.just({"method": "GET", "path": "/"}),
    st.fixed_dictionaries(
        {
            "method": st.one_of(some(["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"]), words),
            "path": st.one_of(
                some(["/", "/pets", "/owners/1/pets", "/posts", "/%00", "//", "*"]), texts.map("/".__add__)
            ),
        },
        optional={
            "json": anything,
            "body": repeated(texts, most=3_000_000),
            "cookies": st.booleans(),
            "headers": st.dictionaries(some(["Cookie", "Content-Length", "Transfer-Encoding", "Expect"]), words),
        },
    ),
)
act = st.fixed_dictionaries(
    {},
    optional={
        "steps": st.lists(step, min_size=1, max_size=3),
        "record": records,
        "log": logs,
        "exit": some([0, 1, 2, 137, 139, 255]),
        "rounds": some([0, 1, 3, 20]),
        "host": st.one_of(words, st.none()),
        "shape": words,
        **dict.fromkeys(("ends", "dies", "users"), st.booleans()),
    },
)
verdicts = st.fixed_dictionaries(
    {
        "stage": some([STAGES[0], STAGES[0], STAGES[4], TAKE_HOME]),
        "files": st.one_of(st.just([named("locustfile.py", once("pass\n"))]), locustfile(python), trees),
        "acts": st.lists(act, min_size=1, max_size=2),
    }
)

# --- whole gradings in exam mode

PLACES = {  # by indent: the beginning of the line below which a snippet goes, and the snippets
    "": ("from locust import ", stock.TOP),
    "    ": ("class PetShopUser(", stock.ATTRIBUTES),
    "        ": ("    def open_dashboard(", stock.STEPS),
}


def filled(draw: Draw, template: str) -> str:
    """Return a snippet with its blanks filled in, perhaps by other snippets."""
    blanks = {
        "{n}": lambda: draw(some([0, 1, 2, 3, 9, 15, 30, 255, 5000])),
        "{text!r}": lambda: draw(words),
        "{word}": lambda: draw(some(stock.MODULES)),
        "{words!r}": lambda: draw(st.lists(some(stock.WORDS), max_size=3)),
        "{signal}": lambda: draw(some(stock.SIGNALS)),
        "{value}": lambda: filled(draw, draw(some(stock.VALUES))),
        "{effect}": lambda: filled(draw, draw(some(stock.EFFECTS))),
        "{attribute}": lambda: filled(draw, draw(some(stock.ATTRIBUTES))),
    }
    return template.format(
        **{blank.strip("{}").partition("!")[0]: fill() for blank, fill in blanks.items() if blank in template}
    )


@st.composite
def behaviours(draw: Draw) -> str:
    """Return the solution of stage 01 with a line or two that change what its process does."""
    lines = HONEST.split("\n")
    for _ in range(draw(some([1, 1, 1, 2]))):
        indent = draw(some(["", "", "    ", "        "]))
        beginning, snippets = PLACES[indent]
        place = next(number for number, line in enumerate(lines, start=1) if line.startswith(beginning))
        at_the_end = not indent and draw(st.booleans())  # at the end of the file
        lines.insert(len(lines) if at_the_end else place, indent + filled(draw, draw(some(snippets))))
    return "\n".join(lines)


def as_answer_to(strategy: Strategy, *stages: str) -> Strategy:
    """Return a strategy for the same recipes as answers to one of these stages."""
    return st.builds(lambda recipe, stage: {**recipe, "stage": stage}, strategy, some(stages))


behaving = as_answer_to(st.fixed_dictionaries({"files": locustfile(behaviours().map(once))}), STAGES[0])
gradings = st.one_of(
    *[behaving] * 4,
    as_answer_to(st.fixed_dictionaries({"files": locustfile(python)}), *STAGES[:3], STAGES[4]),
    as_answer_to(folders(), STAGES[0]),
    as_answer_to(archives(), STAGES[0]),
    as_answer_to(configurations(), STAGES[3]),
    as_answer_to(findings(), STAGES[1]),
)

FOR: dict[str, Strategy] = {
    "folder": folders(),
    "content": folders(),
    "unpacked": archives(),
    "source": st.fixed_dictionaries({"files": locustfile(python)}),
    "findings": findings(),
    "configuration": configurations(),
    "names": rounds(),
    "output": outputs(),
    "report": reports,
    "verdict": verdicts,
    "grading": gradings,
}
