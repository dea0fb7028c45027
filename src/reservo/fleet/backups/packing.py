"""Manifest, data and files as one compressed, sealed stream, and back, in bounded memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from reservo.adapters import files
from reservo.fleet.backups.keys import Key
from reservo.fleet.backups.manifests import BadManifest, Manifest, Part
from reservo.fleet.backups.sealing import Damaged, Sealer, Unsealer

MANIFEST, DATA, FILES = "manifest.json", "data.db", "files/"
LEVEL = 1  # faster than the disk; higher ones gain a tenth
PART_BYTES = 1 << 20
MOST_MANIFEST_BYTES = 64_000_000
Content = Callable[[str], bytes]


def pack(put: Callable[[bytes], object], manifest: Manifest, data: Path, content: Content, key: Key) -> None:
    """`content` gives the file of a name that the manifest lists."""
    sealer = Sealer(put, manifest.header(), key)
    with (
        gzip.GzipFile(fileobj=sealer, mode="wb", compresslevel=LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", bufsize=PART_BYTES) as archive,
    ):
        _add(archive, MANIFEST, manifest.to_json())
        archive.add(data, DATA, filter=_bare)
        for part in manifest.files:
            _add(archive, FILES + part.name, content(part.name))
    sealer.finish()


def unpack(file: BinaryIO, folder: Path, key: Key) -> Manifest:
    """Everything into the folder, each part as the manifest says. Raises Damaged, WrongKey, BadManifest."""
    unsealer = Unsealer(file, key)
    try:
        with gzip.GzipFile(fileobj=io.BufferedReader(unsealer, PART_BYTES)) as packed:
            with tarfile.open(fileobj=packed, mode="r|", bufsize=PART_BYTES) as archive:
                manifest = _take(archive, folder)
            while packed.read(PART_BYTES):
                pass
        unsealer.finish()
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as wrong:
        raise Damaged(f"it cannot be unpacked: {wrong}"[:200]) from wrong
    if not manifest.header().items() <= unsealer.header.items():
        raise Damaged("its header and its manifest differ")
    return manifest


def part_of(name: str, path: Path) -> Part:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(PART_BYTES):
            digest.update(part)
            size += len(part)
    return Part(name, size, digest.hexdigest())


def part_of_bytes(name: str, content: bytes) -> Part:
    return Part(name, len(content), hashlib.sha256(content).hexdigest())


def files_of(slug: str) -> list[Part]:
    """What the file store keeps for a centre."""
    store = files.current()
    return [part_of_bytes(name, store.read(f"{slug}/{name}")) for name in store.names(slug)]


def content_of(slug: str) -> Content:
    return lambda name: files.current().read(f"{slug}/{name}")


def _bare(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def _manifest(archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    if first is None or first.name != MANIFEST or first.size > MOST_MANIFEST_BYTES:
        raise BadManifest("there is none")
    return Manifest.from_json(_opened(archive, first).read())


def _take(archive: tarfile.TarFile, folder: Path) -> Manifest:
    manifest = _manifest(archive)
    expected = [(DATA, manifest.data), *((FILES + part.name, part) for part in manifest.files)]
    for name, part in expected:
        info = archive.next()
        if info is None or info.name != name:
            raise Damaged(f"{name} is missing")
        refuse_bad_name(part)
        write_part(_opened(archive, info), folder / name, part)
    if archive.next() is not None:
        raise Damaged("it holds more than its manifest says")
    return manifest


def _opened(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Any:
    if (file := archive.extractfile(info)) is None:
        raise Damaged(f"{info.name} is no file")
    return file


def refuse_bad_name(part: Part) -> None:
    """It becomes a path. Raises Damaged."""
    try:
        files.base.check(f"x/{part.name}")
    except files.BadKey as bad:
        raise Damaged("a file has an impossible name") from bad


def write_part(source: Any, target: Path, part: Part) -> None:
    """Exactly what the manifest promises, and never a byte more. Raises Damaged."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), part.bytes
    with target.open("xb") as file:
        while left and (read := source.read(min(PART_BYTES, left))):
            file.write(read)
            digest.update(read)
            left -= len(read)
        if left or source.read(1) or digest.hexdigest() != part.sha256:
            raise Damaged(f"{part.name} is not what the manifest says")
