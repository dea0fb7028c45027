"""An object as a file: block after block, so that a line that breaks costs one block, and no line is kept open."""

from __future__ import annotations

import io
from typing import Any, BinaryIO, cast

from reservo.adapters.archives.aws.calls import Bucket, Refused

FIRST_BLOCK_BYTES = 16 << 10  # the header of a backup is in it: looking through a place reads no more
BLOCK_BYTES = 8 << 20


def opened(bucket: Bucket, key: str) -> BinaryIO:
    """Raises Refused (NoSuchKey if there is none), Silent."""
    return cast(BinaryIO, io.BufferedReader(_Blocks(bucket, key)))


class _Blocks(io.RawIOBase):
    def __init__(self, bucket: Bucket, key: str):
        self._bucket, self._key = bucket, key
        self._read = 0
        self._block = memoryview(b"")
        self._fetched, self._size = 0, 0
        self._fetch(FIRST_BLOCK_BYTES)

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._read

    def readinto(self, buffer: Any) -> int:
        if not self._block and self._fetched < self._size:
            self._fetch(BLOCK_BYTES)
        count = min(len(buffer), len(self._block))
        buffer[:count] = self._block[:count]
        self._block = self._block[count:]
        self._read += count
        return count

    def _fetch(self, length: int) -> None:
        try:
            content, self._size = self._bucket.block(self._key, self._fetched, length)
        except Refused as refused:
            if refused.code != "InvalidRange" or self._fetched:
                raise
            return  # it is empty
        self._block = memoryview(content)
        self._fetched += len(content)
