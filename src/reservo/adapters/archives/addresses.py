"""How a place of backups is written: a directory's path, or `s3://bucket/prefix?endpoint=https://…&region=…`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from reservo.adapters.archives.base import ArchiveGone

S3 = "s3://"
OPTIONS = ("endpoint", "region", "profile")
SUFFIX = ".backup"
MOST_ADDRESS = 200  # it stands in rows
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_PROFILE = re.compile(r"[A-Za-z0-9._-]{1,60}")
_REGION = re.compile(r"[a-z0-9-]{1,40}")


class BadAddress(ArchiveGone):
    """Not a place that backups can be kept in. The message never holds what may be a secret."""


@dataclass(frozen=True, slots=True)
class InBucket:
    address: str
    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    profile: str = ""  # whose credentials: a section of the AWS credentials file, else the usual chain

    @property
    def short(self) -> str:
        """Enough to be recognised in a sentence."""
        return f"{S3}{self.bucket}/{self.prefix}".rstrip("/")


def is_in_bucket(address: str) -> bool:
    return address.startswith(S3)


def refuse_bad(address: str) -> None:
    """Raises BadAddress. Any path is good, there or not."""
    if is_in_bucket(address):
        in_bucket(address)
    elif "://" in address:
        raise BadAddress(f"{address.partition('://')[0]}://: no archive of this kind is known")


def in_bucket(address: str) -> InBucket:
    """Raises BadAddress."""
    try:
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise BadAddress(f"{S3}…: it cannot be read; {S3}bucket/prefix?endpoint=https://…&region=…") from None
    if "@" in address or set(options) - set(OPTIONS):
        raise BadAddress(
            f"{S3}…: beside bucket and prefix only {', '.join(OPTIONS)} stand in an address; credentials never do"
        )
    found = InBucket(address, parts.netloc, parts.path.strip("/"), **options)
    _refuse_impossible(found, parts.fragment)
    return found


def within(address: str, name: str) -> str:
    """What is kept under a name in a place, as an operator writes it."""
    place, mark, options = address.partition("?") if is_in_bucket(address) else (address, "", "")
    return f"{place.rstrip('/')}/{name}{mark}{options}"


def split(address: str) -> tuple[str, str]:
    """Place and name of one backup in a bucket: `within` the other way round."""
    path, mark, options = address.partition("?")
    place, _, name = path.rpartition("/")
    return f"{place}{mark}{options}", name


def is_place(text: str) -> bool:
    """A place, rather than one backup."""
    if "://" in text:
        return not text.partition("?")[0].endswith(SUFFIX)
    return Path(text).is_dir()


def _refuse_impossible(found: InBucket, fragment: str) -> None:
    for is_good, what in (
        (_BUCKET.fullmatch(found.bucket), "the name of the bucket is impossible"),
        (not found.prefix or _PREFIX.fullmatch(found.prefix), "the prefix is impossible"),
        (".." not in found.prefix.split("/"), "the prefix is impossible"),
        (not found.endpoint or _is_endpoint(found.endpoint), "endpoint= is no http(s) address"),
        (not found.region or _REGION.fullmatch(found.region), "region= is none"),
        (not found.profile or _PROFILE.fullmatch(found.profile), "profile= is none"),
        (len(found.address) <= MOST_ADDRESS, f"it is longer than {MOST_ADDRESS}"),
        (not fragment, "nothing stands after a #"),
    ):
        if not is_good:
            raise BadAddress(f"{found.short}: {what}")


def _is_endpoint(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
