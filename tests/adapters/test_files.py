"""One contract for every place of files: memory and directory."""

import threading

import pytest

from reservo.adapters.files import BadKey
from reservo.adapters.files.directory import DirectoryFiles
from reservo.adapters.files.memory import MemoryFiles


@pytest.fixture(params=["memory", "directory"])
def files(request, tmp_path):
    return MemoryFiles() if request.param == "memory" else DirectoryFiles(tmp_path / "files")


def test_what_was_written_is_read_and_the_last_write_counts(files):
    files.write("austral/logo.png", b"\x89PNG one")
    files.write("austral/logo.png", b"\x89PNG two")
    assert files.read("austral/logo.png") == b"\x89PNG two"


def test_two_folders_do_not_share_a_name(files):
    files.write("austral/logo.png", b"austral")
    files.write("miraflores/logo.png", b"miraflores")
    assert files.read("austral/logo.png") == b"austral"


def test_what_is_not_there_is_an_error_to_read_and_none_to_delete(files):
    with pytest.raises(FileNotFoundError):
        files.read("austral/none.png")
    files.delete("austral/none.png")


def test_what_was_deleted_is_gone(files):
    files.write("austral/logo.png", b"x")
    files.delete("austral/logo.png")
    with pytest.raises(FileNotFoundError):
        files.read("austral/logo.png")


@pytest.mark.parametrize(
    "key",
    [
        "logo.png",
        "../x/logo.png",
        "a/../b",
        "/etc/passwd",
        "a/b/c",
        "A/b",
        "a/.hidden",
        "a/b.png\n",
        "a/" + "x" * 99,
        "",
    ],
)
@pytest.mark.parametrize("operation", ["write", "read", "delete"])
def test_a_key_that_could_leave_its_folder_is_refused(files, operation, key):
    arguments = (key, b"x") if operation == "write" else (key,)
    with pytest.raises(BadKey):
        getattr(files, operation)(*arguments)


def test_a_change_of_the_bytes_given_changes_nothing_kept(files):
    content = bytearray(b"first")
    files.write("a/b", content)
    content[:] = b"other"
    assert files.read("a/b") == b"first"


def test_a_reader_sees_one_whole_version_while_others_write(files):
    versions = [bytes([n]) * 200_000 for n in range(4)]
    files.write("a/big", versions[0])
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            files.write("a/big", versions[n % 4])
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    seen = {files.read("a/big") for _ in range(60)}
    stop.set()
    writer.join()
    assert seen <= set(versions)
