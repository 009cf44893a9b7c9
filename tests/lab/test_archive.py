"""The archive: good ones become a folder of plain files, others one clear line."""

import gzip
import io
import lzma
import os
import stat
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from checks.lab.outcome import Failed
from checks.lab.submission import archive, unpack
from checks.lab.submission.archive import MOST_PACKED, is_archive, unpacked
from checks.lab.submission.given import taken_in
from checks.lab.submission.unpack import Refused
from tests.hostile import require_exam_mode
from tests.lab.room import in_the_room

CODE = b"print(1)\n"


def zipped(path: Path, *names: str, mode: int = 0o100644) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            file.writestr(info, CODE)
    return path


def tarred(path: Path, *names: str, kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, f"w:{path.suffix.lstrip('.').replace('tar', '').replace('tgz', 'gz')}") as file:
        for name in names:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(CODE) if kind == tarfile.REGTYPE else 0, "/etc/passwd"
            file.addfile(info, io.BytesIO(CODE))
    return path


def held(path: Path) -> list[str]:
    with unpacked(path) as folder:
        return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def refusal(path: Path) -> str:
    with pytest.raises(Failed) as refused, unpacked(path):
        pass
    return refused.value.seen


def refusal_here(path: Path) -> str:
    """Return why an archive is refused, by unpacking it in this process, where a test can change the rules."""
    with TemporaryDirectory() as folder, pytest.raises(Refused) as refused:
        unpack.unpack(path, Path(folder), archive.SHOWN)
    return str(refused.value)


@pytest.mark.parametrize("name", ["a.zip", "a.ZIP", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_its_name_tells(name: str) -> None:
    assert is_archive(Path(name))
    assert not is_archive(Path("locustfile.py"))


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_each_kind_of_tar_is_unpacked(tmp_path: Path, name: str) -> None:
    assert held(tarred(tmp_path / name, "locustfile.py", "data/owners.csv")) == ["data/owners.csv", "locustfile.py"]


def test_a_name_may_be_a_suffix_and_no_more(tmp_path: Path) -> None:
    assert held(zipped(tmp_path / ".zip", "a.py")) == ["a.py"]


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    assert held(zipped(tmp_path / "a.zip", "locustfile.py", "data/owners.csv")) == ["data/owners.csv", "locustfile.py"]


def test_one_folder_around_all_is_no_part_of_it(tmp_path: Path) -> None:
    assert held(zipped(tmp_path / "a.zip", "course-main/mine/locustfile.py")) == ["locustfile.py"]


@pytest.mark.parametrize("folder", ["01_sequential_flows", "simulations", "jsonplaceholder_task"])
def test_a_folder_whose_name_says_what_is_in_it_stays(tmp_path: Path, folder: str) -> None:
    assert held(zipped(tmp_path / "a.zip", f"course-main/{folder}/a.py")) == [f"{folder}/a.py"]


def test_what_tools_leave_beside_people_s_files_is_passed_over(tmp_path: Path) -> None:
    names = (".venv/lib/a.py", "__MACOSX/._a.py", ".git/a.py", "src/__pycache__/a.py", "node_modules/a.py", ".a.py")
    assert held(zipped(tmp_path / "a.zip", "a.py", *names, "photo.png")) == ["a.py"]


def test_links_of_a_virtual_environment_are_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        for name, kind in ((".venv/bin/python", tarfile.SYMTYPE), ("locustfile.py", tarfile.REGTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/usr/bin/python3"
            file.addfile(info, io.BytesIO())
    assert held(tmp_path / "a.tar") == ["locustfile.py"]


@pytest.mark.parametrize("name", ["/etc/a.py", "../a.py", "a/../../a.py", "..\\a.py", "C:\\a.py", "c:a.py", "\\a.py"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    for path in (zipped(tmp_path / "a.zip", name), tarred(tmp_path / "a.tar", name)):
        assert "leads out of it" in refusal(path)


def test_a_name_with_control_characters_is_refused(tmp_path: Path) -> None:
    assert "control characters" in refusal(tarred(tmp_path / "a.tar", "a\x1b[2J.py"))


def test_long_names_of_packages_are_passed_over(tmp_path: Path) -> None:
    assert held(zipped(tmp_path / "a.zip", "a.py", "mine/.venv/lib/" + 30 * "package/" + "a.py")) == ["a.py"]


def test_a_name_without_end_is_refused(tmp_path: Path) -> None:
    assert "letters" in refusal(zipped(tmp_path / "a.zip", "a" * 300 + ".py"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_device_is_refused(tmp_path: Path, kind: bytes) -> None:
    assert "a link or a special file" in refusal(tarred(tmp_path / "a.tar", "data", kind=kind))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_a_link_or_a_device_in_a_zip_is_refused(tmp_path: Path, mode: int) -> None:
    assert "a link or a special file" in refusal(zipped(tmp_path / "a.zip", "data", mode=mode | 0o777))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names", [("a.py", "a.py"), ("a.py", "A.py"), ("\u00e9.py", "e\u0301.py"), ("d/a.py", "D/a.py")]
)
def test_names_that_some_system_takes_for_one_are_refused(tmp_path: Path, names: Sequence[str]) -> None:
    for path in (zipped(tmp_path / "a.zip", *names), tarred(tmp_path / "a.tar", *names)):
        assert "twice" in refusal(path)


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    assert "can't be read" in refusal(zipped(tmp_path / "a.zip", "a.py", "a.py/b.py"))


def test_more_than_anybody_hands_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", *(f"{number}.py" for number in range(20)))
    monkeypatch.setattr(unpack, "MOST_FILES", 19)
    assert "more than 19 files" in refusal_here(path)
    monkeypatch.setattr(unpack, "MOST_ENTRIES", 5)
    assert "more than 5 entries" in refusal_here(path)
    monkeypatch.setattr(unpack, "MOST_AT_ONCE", 500)
    assert "more than 5 entries" in refusal_here(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("locustfile.py", bytes(2 * unpack.MOST_BYTES))
    assert "MB" in refusal(tmp_path / "a.zip")


def test_what_is_passed_over_has_an_end_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MOST_READ", 1 << 20)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
        info = tarfile.TarInfo("photo.png")
        info.size = 1 << 22
        file.addfile(info, io.BytesIO(bytes(1 << 22)))
    assert "holds more than 1 MB, with all that takes no part" in refusal_here(tmp_path / "a.tar.gz")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.gz"])
@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + bytes(100), b"\x1f\x8b" + bytes(50)])
def test_what_is_no_archive_is_one_clear_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path / name).startswith(f"{name} can't be read as an archive")


def test_half_an_archive_is_one_clear_line(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "a.tar.gz", *(f"{number}.py" for number in range(50))).read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    assert "can't be read" in refusal(tmp_path / "half.tar.gz")


def test_an_encrypted_zip_is_one_clear_line(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", "a.py").read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    assert "can't be read" in refusal(tmp_path / "a.zip")


# --- the limits of unpacking


def test_an_archive_of_any_size_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.zip").open("wb") as file:
        file.truncate(1 << 36)
    before = psutil.Process().memory_info().rss
    assert "has more than 64 MB" in refusal(tmp_path / "a.zip")
    assert psutil.Process().memory_info().rss - before < MOST_PACKED // 2


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_without_end_is_refused_unread(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, unpack.MOST_ABOUT_ONE + 1
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + bytes(1 << 20))
    assert "says more about one entry than 64 kB" in refusal(tmp_path / "a.tar")


def test_names_of_any_length_can_be_told_in_such_headers(tmp_path: Path) -> None:
    for kind in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with tarfile.open(tmp_path / "a.tar", "w", format=kind) as file:
            for name in ("a.py", f"{'d' * 150}/b.py", "\u00e9.py"):
                info = tarfile.TarInfo(name)
                info.size = len(CODE)
                file.addfile(info, io.BytesIO(CODE))
        assert held(tmp_path / "a.tar") == ["a.py", f"{'d' * 150}/b.py", "\u00e9.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="the system has no such limit, or keeps to none")
def test_memory_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "a.tar.xz").write_bytes(
        lzma.compress(bytes(10240), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30, "preset": 0}])
    )
    assert "takes more than 512 MB of memory to unpack" in refusal(tmp_path / "a.tar.xz")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit, but one for the time on the wall")
def test_time_has_an_end(tmp_path: Path) -> None:
    nothing = gzip.compress(b"")
    (tmp_path / "a.tar.gz").write_bytes(nothing * (MOST_PACKED // len(nothing)))
    before = psutil.Process().cpu_times()
    assert "can't be unpacked with 512 MB of memory and 5 s" in refusal(tmp_path / "a.tar.gz")
    after = psutil.Process().cpu_times()
    assert after.children_user - before.children_user + after.children_system - before.children_system < 8


def test_time_on_the_wall_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = "print('began', flush=True)\nimport time\ntime.sleep(600)\n"
    (tmp_path / "waits.py").write_text(waits)
    monkeypatch.setattr(unpack, "__file__", str(tmp_path / "waits.py"))
    monkeypatch.setattr(archive, "WALL", 2)
    assert "can't be unpacked" in refusal(zipped(tmp_path / "a.zip", "a.py"))


@pytest.mark.parametrize(
    "ending", ["os.kill(os.getpid(), 9)", "os.abort()", "sys.exit(1)", "print('x' * 10**7)\n1 / 0"]
)
def test_whatever_becomes_of_the_process_is_the_archives_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    (tmp_path / "ends.py").write_text(f"print('began', flush=True)\nimport os, sys\n{ending}\n")
    monkeypatch.setattr(unpack, "__file__", str(tmp_path / "ends.py"))
    assert "can't be unpacked with" in refusal(zipped(tmp_path / "a.zip", "a.py"))


def test_a_process_that_does_not_begin_is_no_failure_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("raise SystemExit('no such machine')")
    monkeypatch.setattr(unpack, "__file__", str(tmp_path / "broken.py"))
    with pytest.raises(RuntimeError, match="no such machine"), unpacked(zipped(tmp_path / "a.zip", "a.py")):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows lets few people make links")
def test_no_link_that_lies_in_the_unpacked_folder_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken_over.py").write_text(
        "print('began', flush=True)\nimport os, sys\nos.symlink('/etc', sys.argv[2] + '/out')\n"
    )
    monkeypatch.setattr(unpack, "__file__", str(tmp_path / "taken_over.py"))
    with unpacked(zipped(tmp_path / "a.zip", "a.py")) as folder:
        assert [file.name for file in folder.iterdir()] == ["out"]


def test_exam_mode_unpacks_in_a_cell_of_its_own(tmp_path: Path) -> None:
    require_exam_mode()
    path = zipped(tmp_path / "a.zip", "course-main/mine/locustfile.py", "course-main/mine/data/owners.csv")
    code = f"""
        from pathlib import Path
        from checks.lab.submission.archive import unpacked
        with unpacked(Path({str(path)!r}), BubblewrapCell) as folder:
            print(sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()))
        print(folder.exists())
    """
    assert in_the_room(code).split("\n")[:2] == ["['data/owners.csv', 'locustfile.py']", "False"]


def test_the_folder_is_gone_after_the_block(tmp_path: Path) -> None:
    with unpacked(zipped(tmp_path / "a.zip", "a.py")) as folder:
        assert folder.exists()
    assert not folder.exists()


# --- the intake


def test_folders_locustfiles_and_archives_are_taken_in(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(CODE)
    for path in (tmp_path, tmp_path / "a.py"):
        with taken_in(path) as taken:
            assert taken == path
    with taken_in(zipped(tmp_path / "a.zip", "b.py")) as taken:
        assert (taken / "b.py").read_bytes() == CODE


@pytest.mark.parametrize("name", ["a.txt", "a", "a.docx", "a.7z"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CODE)
    with pytest.raises(Failed, match=r"does not end in \.py"), taken_in(tmp_path / name):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_and_a_device_are_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    for path in (tmp_path / "a.py", Path("/dev/zero")):
        with pytest.raises(Failed, match="neither a file nor a folder"), taken_in(path):
            pass


def test_a_file_of_gigabytes_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.py").open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(Failed, match="8192 MB"), taken_in(tmp_path / "a.py"):
        pass
