"""An object written part by part in bounded memory, and seen by others whole or not at all."""

from __future__ import annotations

import contextlib
import time
import uuid
from types import TracebackType
from typing import Any

from reservo.adapters.archives.aws.calls import Bucket, Refused
from reservo.adapters.archives.base import AlreadyThere, ArchiveGone

PART_BYTES = 16 << 20
MOST_PARTS = 10_000
DRAFT_SECONDS = 24 * 3600.0
MARK = "writer"
_TAKEN = ("PreconditionFailed", "412")


class TooLong(OSError):
    """More than the S3 API takes in so many parts."""


class Upload:
    """With `put` and `finish` inside `with`; what was not finished leaves nothing."""

    def __init__(self, bucket: Bucket, key: str):
        self._bucket, self._key = bucket, key
        self._mark = uuid.uuid4().hex
        self._waiting = bytearray()
        self._id = ""
        self._parts: list[dict[str, Any]] = []
        self.size = 0

    def __enter__(self) -> Upload:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is not None and self._id:
            with contextlib.suppress(ArchiveGone):
                self._bucket.call("abort_multipart_upload", Key=self._key, UploadId=self._id)

    def put(self, part: bytes) -> None:
        self.size += len(part)
        self._waiting += part
        while len(self._waiting) > PART_BYTES:
            self._send(bytes(self._waiting[:PART_BYTES]))
            del self._waiting[:PART_BYTES]

    def finish(self) -> None:
        """Raises AlreadyThere, Refused, Silent."""
        try:
            self._end()
        except Refused as refused:
            if refused.code not in (*_TAKEN, "NoSuchUpload"):
                raise
            if self._is_ours():
                return  # the answer to an earlier try was lost
            if refused.code in _TAKEN:
                raise AlreadyThere(self._key) from None
            raise

    def _end(self) -> None:
        if not self._id:
            self._only_new("put_object", Body=bytes(self._waiting), Metadata={MARK: self._mark})
            return
        self._send(bytes(self._waiting))
        self._only_new("complete_multipart_upload", UploadId=self._id, MultipartUpload={"Parts": self._parts})

    def _send(self, part: bytes) -> None:
        if len(self._parts) == MOST_PARTS:
            raise TooLong(f"more than {MOST_PARTS * PART_BYTES >> 30} GiB")
        if not self._id:
            self._begin()
        number = len(self._parts) + 1
        sent = self._bucket.call(
            "upload_part", Key=self._key, UploadId=self._id, PartNumber=number, Body=part
        )
        self._parts.append({"ETag": sent["ETag"], "PartNumber": number})

    def _begin(self) -> None:
        _forget_old_drafts(self._bucket, self._key.rpartition("/")[0])
        begun = self._bucket.call("create_multipart_upload", Key=self._key, Metadata={MARK: self._mark})
        self._id = begun["UploadId"]

    def _only_new(self, operation: str, **given: Any) -> None:
        """On condition that nothing has the name; asked just before as well, for stores that know no conditions."""
        if self._bucket.has(self._key):
            raise AlreadyThere(self._key)
        try:
            self._bucket.call(operation, Key=self._key, IfNoneMatch="*", **given)
        except Refused as refused:
            if refused.code != "NotImplemented":
                raise
            self._bucket.call(operation, Key=self._key, **given)

    def _is_ours(self) -> bool:
        try:
            there = self._bucket.call("head_object", Key=self._key)
        except Refused:
            return False
        return bool(there.get("Metadata", {}).get(MARK) == self._mark)


def _forget_old_drafts(bucket: Bucket, folder: str) -> None:
    """Of writers that were killed; where we may not, a rule of the bucket's own does it."""
    with contextlib.suppress(ArchiveGone):
        begun = bucket.call("list_multipart_uploads", Prefix=f"{folder}/" if folder else "")
        for draft in begun.get("Uploads", ()):
            if time.time() - draft["Initiated"].timestamp() > DRAFT_SECONDS:
                bucket.call("abort_multipart_upload", Key=draft["Key"], UploadId=draft["UploadId"])
