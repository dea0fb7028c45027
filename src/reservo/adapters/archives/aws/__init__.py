"""An archive in a bucket of the S3 API: Amazon's, or any store that speaks it (MinIO, Ceph and others)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from reservo.adapters.archives.addresses import InBucket
from reservo.adapters.archives.aws.calls import Bucket, Refused
from reservo.adapters.archives.aws.downloads import opened
from reservo.adapters.archives.aws.uploads import Upload
from reservo.adapters.archives.base import AlreadyThere, Fill, NotThere, check, is_name

PAGE = 1000


class S3Archive:
    """The bucket itself is never made: a name that is wrong must not become a new place."""

    def __init__(self, place: InBucket):
        self.address = place.address
        self._bucket = Bucket(place)
        self._root = f"{place.prefix}/" if place.prefix else ""

    def write(self, name: str, fill: Fill) -> int:
        """Nothing is uploaded for a name that is taken, or for a place that does not answer."""
        if self.has(name):
            raise AlreadyThere(name)
        with Upload(self._bucket, self._key(name)) as upload:
            fill(upload.put)
            upload.finish()
        return upload.size

    def open(self, name: str) -> BinaryIO:
        try:
            return opened(self._bucket, self._key(name))
        except Refused as refused:
            if refused.code == "NoSuchKey":
                raise NotThere(name) from None
            raise

    def has(self, name: str) -> bool:
        return self._bucket.has(self._key(name))

    def names(self, folder: str = "") -> list[str]:
        start = f"{self._key(folder)}/" if folder else self._root
        found = (key.removeprefix(self._root) for key in self._keys(start))
        return sorted(name for name in found if is_name(name))

    def delete(self, name: str) -> None:
        self._bucket.call("delete_object", Key=self._key(name))

    def _key(self, name: str) -> str:
        return self._root + check(name)

    def _keys(self, prefix: str) -> Iterator[str]:
        further: dict[str, str] = {}
        while True:
            page = self._bucket.call("list_objects_v2", Prefix=prefix, MaxKeys=PAGE, **further)
            yield from (one["Key"] for one in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            further = {"ContinuationToken": page["NextContinuationToken"]}
