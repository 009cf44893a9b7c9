"""Recipes: submissions as pieces of JSON that git can hold, and the files that are made from them.

A gigabyte of blanks is `[[" ", 1073741824]]`. A byte that is not UTF-8 is a lone surrogate, in texts and in names.
"""

import bz2
import contextlib
import gzip
import io
import lzma
import os
import socket
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

Recipe = dict[str, Any]
BLOCK = 512  # bytes of a tar's header
CHECKSUM = slice(148, 156)  # the place of the checksum in it
COMPRESSED = {"tar": bytes, "gz": gzip.compress, "tgz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def data(pieces: list[tuple[str, int]]) -> bytes:
    """Return the content that a list of texts, each with a number of repetitions, stands for."""
    return b"".join(text.encode("utf-8", "surrogateescape") * count for text, count in pieces)


def text_of(content: bytes) -> str:
    """Return the text that stands for these bytes in a recipe."""
    return content.decode("utf-8", "surrogateescape")


def make(recipe: Recipe, folder: Path) -> None:
    """Make the `files` of a recipe, and its `archive`, in an empty folder, except what the system refuses."""
    for node in recipe.get("files", ()):
        with contextlib.suppress(OSError, ValueError):
            _make_file(node, os.fsencode(folder))
    if told := recipe.get("archive"):
        (folder / told["name"]).write_bytes(_archived(told))


def _make_file(node: dict[str, Any], folder: bytes) -> None:
    parts = [part for part in os.fsencode(node["name"]).split(b"/") if part not in (b"", b".", b"..")]
    path = os.path.join(folder, *parts)  # noqa: PTH118 - a Path holds no bytes
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    if "link" in node:
        os.symlink(os.fsencode(node["link"]), path)  # noqa: PTH211
    elif "pipe" in node:
        os.mkfifo(path)
    elif "socket" in node:
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(path)
    elif "deep" in node:
        _make_deep(path, node["deep"])
    elif "folder" in node:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
    else:
        with open(path, "xb") as file:  # noqa: PTH123
            file.write(data(node.get("pieces", [])))
            file.truncate(max(file.tell(), node.get("size", 0)))


def _make_deep(path: bytes, depth: int) -> None:
    """Make folders inside folders, deeper than any path can be long."""
    os.makedirs(path, exist_ok=True)  # noqa: PTH103
    place = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=place)
        inner = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)


# --- archives


def _archived(told: dict[str, Any]) -> bytes:
    ending = told["name"].rpartition(".")[2]
    if "pieces" in told:
        content = data(told["pieces"])
    else:
        content = _zipped(told["entries"]) if ending == "zip" else _tarred(told["entries"])
    changed = content if told.get("inside") else COMPRESSED.get(ending, bytes)(content)
    for needle, offset, text in told.get("pokes", ()):
        place = max(0, changed.find(data([(needle, 1)])) + offset)
        new = data([(text, 1)])
        changed = changed[:place] + new + changed[place + len(new) :]
    changed = changed[: told.get("cut", len(changed))] * told.get("times", 1)
    return COMPRESSED.get(ending, bytes)(changed) if told.get("inside") else changed


def _zipped(entries: list[dict[str, Any]]) -> bytes:
    whole = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(whole, "w") as archive:  # names that come twice
        for entry in entries:
            content = data(entry.get("pieces", []))
            for number in range(entry.get("times", 1)):
                info = zipfile.ZipInfo(f"{number or ''}{entry['name']}".encode("utf-8", "replace").decode() or "a")
                info.external_attr = entry.get("mode", 0o100644) << 16
                info.compress_type = entry.get("method", zipfile.ZIP_DEFLATED)
                info.extra, info.comment = (data(entry.get(name, [])) for name in ("extra", "comment"))
                archive.writestr(info, content)
    return whole.getvalue()


def _tarred(entries: list[dict[str, Any]]) -> bytes:
    blocks = [_block(entry) * entry.get("times", 1) for entry in entries]
    return b"".join(blocks) + bytes(2 * BLOCK)


def _block(entry: dict[str, Any]) -> bytes:
    """Return the header and the content of one entry, with the fields that the entry gives, true or not."""
    content = data(entry.get("pieces", []))
    info = tarfile.TarInfo(entry["name"])
    info.size, info.linkname = entry.get("says", len(content)), entry.get("link", "")
    info.mode, info.type = entry.get("mode", 0o644), entry.get("type", "0").encode()[:1]
    info.pax_headers = dict(entry.get("pax", {}))
    header = bytearray(info.tobuf(tarfile.PAX_FORMAT if info.pax_headers else tarfile.GNU_FORMAT, "utf-8"))
    last = len(header) - BLOCK  # with PAX, the entry's own header is the last one of several blocks
    for offset, text in entry.get("pokes", ()):
        new = data([(text, 1)])[: BLOCK - offset]
        header[last + offset : last + offset + len(new)] = new
    header[last:] = _summed(header[last:])
    return bytes(header) + content + bytes(-len(content) % BLOCK)


def _summed(header: bytearray) -> bytes:
    header[CHECKSUM] = b" " * 8
    header[CHECKSUM] = f"{sum(struct.unpack('512B', header)):06o}\0 ".encode()
    return bytes(header)
