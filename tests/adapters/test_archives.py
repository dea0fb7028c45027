"""What every archive of backups does, by one suite for all of them; and the folders of the file store."""

from __future__ import annotations

import uuid

import pytest

from reservo.adapters import archives
from reservo.adapters.archives.directory import DirectoryArchive
from reservo.adapters.archives.memory import MemoryArchive
from reservo.adapters.files import BadKey
from reservo.adapters.files.directory import DirectoryFiles
from reservo.adapters.files.memory import MemoryFiles

NAME = "us/centre-1/20261125t030000-ab12.backup"


@pytest.fixture(params=["directory", "memory", "bucket", "bucket-root"])
def archive(request, tmp_path):
    if request.param == "directory":
        return DirectoryArchive(tmp_path)
    if request.param == "memory":
        return MemoryArchive()
    objects, name = request.getfixturevalue("objects"), uuid.uuid4().hex
    if request.param == "bucket":
        return archives.at(objects.address(f"of/{name}"))
    objects.make_bucket(name)
    return archives.at(objects.address("", bucket=name))


def put(*parts):
    def fill(write):
        for part in parts:
            write(part)

    return fill


def test_what_is_kept_is_read_back_whole(archive):
    assert archive.write(NAME, put(b"one", b"two")) == 6
    with archive.open(NAME) as file:
        assert file.read() == b"onetwo"
    assert (archive.has(NAME), archive.has("us/other")) == (True, False)


def test_what_is_kept_never_changes(archive):
    archive.write(NAME, put(b"first"))
    with pytest.raises(archives.AlreadyThere):
        archive.write(NAME, put(b"second"))
    assert archive.open(NAME).read() == b"first"


def test_what_failed_half_way_is_not_there(archive):
    def fail(write):
        write(b"half")
        raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        archive.write(NAME, fail)
    assert (archive.has(NAME), archive.names()) == (False, [])


def test_nothing_at_all_can_be_kept(archive):
    assert archive.write(NAME, put()) == 0
    with archive.open(NAME) as file:
        assert file.read() == b""


def test_what_has_the_beginning_of_its_name_is_another(archive):
    archive.write("us/a/10", put(b"x"))
    assert not archive.has("us/a/1")
    assert archive.names("us/a") == ["us/a/10"]


def test_names_are_listed_by_folder_and_in_order(archive):
    for name in ("us/b/2", "us/a/1", "them/c/3"):
        archive.write(name, put(b"x"))
    assert archive.names() == ["them/c/3", "us/a/1", "us/b/2"]
    assert archive.names("us") == ["us/a/1", "us/b/2"]
    assert archive.names("nobody") == []


def test_what_is_deleted_is_gone_and_deleting_twice_is_nothing(archive):
    archive.write(NAME, put(b"x"))
    archive.delete(NAME)
    archive.delete(NAME)
    with pytest.raises(archives.NotThere):
        archive.open(NAME)


@pytest.mark.parametrize("name", ["../up", "/root", "a//b", "Großes", "", "a/b.backup/c", "a" * 200])
def test_no_name_leads_out_of_it(archive, name):
    for use in (archive.open, archive.has, archive.delete):
        with pytest.raises(archives.BadName):
            use(name)


def test_a_directory_that_is_gone_is_told_of_and_not_made_again(tmp_path):
    gone = tmp_path / "mount"
    archive = DirectoryArchive(gone)
    for use in (lambda: archive.write(NAME, put(b"x")), lambda: archive.open(NAME), archive.names):
        with pytest.raises(archives.ArchiveGone):
            use()
    assert not gone.exists()


def test_memory_that_is_gone_says_so():
    archive = MemoryArchive()
    archive.is_gone = True
    with pytest.raises(archives.ArchiveGone):
        archive.names()


def test_an_address_of_an_unknown_kind_is_refused():
    with pytest.raises(archives.ArchiveGone):
        archives.at("ftp://nowhere")


@pytest.fixture(params=["directory", "memory"])
def files(request, tmp_path):
    return DirectoryFiles(tmp_path) if request.param == "directory" else MemoryFiles()


def test_a_folder_of_files_is_listed_without_its_neighbours(files):
    files.write("centro-uno/logo-b.png", b"b")
    files.write("centro-uno/logo-a.png", b"a")
    files.write("centro-uno-dos/logo-c.png", b"c")
    assert files.names("centro-uno") == ["logo-a.png", "logo-b.png"]
    assert files.names("nobody") == []
    with pytest.raises(BadKey):
        files.names("../centro-uno")
