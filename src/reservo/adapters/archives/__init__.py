"""Places where backups are kept."""

from __future__ import annotations

from pathlib import Path

from reservo.adapters.archives.addresses import (
    BadAddress,
    in_bucket,
    is_in_bucket,
    is_place,
    refuse_bad,
    split,
    within,
)
from reservo.adapters.archives.base import AlreadyThere, Archive, ArchiveGone, BadName, NotThere
from reservo.adapters.archives.directory import DirectoryArchive
from reservo.adapters.archives.unusable import Unusable

__all__ = [
    "AlreadyThere",
    "Archive",
    "ArchiveGone",
    "BadAddress",
    "BadName",
    "NotThere",
    "at",
    "is_place",
    "refuse_bad",
    "split",
    "within",
]

NO_BOTO3 = "places in a bucket want boto3: run `make setup-aws`, or pip install -r requirements/aws.txt"


def at(address: str) -> Archive:
    """The archive at an address; neither directory nor bucket is ever made here. Raises BadAddress."""
    refuse_bad(address)
    return _in_bucket(address) if is_in_bucket(address) else DirectoryArchive(Path(address))


def _in_bucket(address: str) -> Archive:
    place = in_bucket(address)
    try:
        from reservo.adapters.archives.aws import S3Archive
    except ModuleNotFoundError as missing:
        if missing.name not in ("boto3", "botocore"):
            raise
        return Unusable(address, f"{place.short}: {NO_BOTO3}")
    return S3Archive(place)
