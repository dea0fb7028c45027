"""Calls of the S3 API: bounded in time and in tries; what goes wrong becomes one sentence without secrets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any

import boto3
from botocore import exceptions
from botocore.config import Config

from reservo.adapters.archives.addresses import InBucket
from reservo.adapters.archives.base import ArchiveGone

CONNECT_SECONDS, ANSWER_SECONDS, TRIES = 5, 30, 3
PAUSE_SECONDS = 60.0
MOST_CODE = 60

_BAD_CREDENTIALS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")
_OTHER_REGION = ("PermanentRedirect", "AuthorizationHeaderMalformed", "301")
_NONE = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.ProfileNotFound,
    exceptions.SSOError,
)
_BROKEN = (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError)
NO_CREDENTIALS = (
    "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile or role"
)


class Refused(ArchiveGone):
    """It answered, and said no."""

    def __init__(self, words: str, code: str):
        super().__init__(words)
        self.code = code


class Silent(ArchiveGone):
    """It did not answer, or broke off, however often it was tried."""


class Bucket:
    def __init__(self, place: InBucket):
        self._place = place

    def call(self, operation: str, **given: Any) -> dict[str, Any]:
        """Raises Refused, Silent, ArchiveGone."""
        _refuse_while_resting(self._place)
        with self._told():
            client = _client(self._place.endpoint, self._place.region, self._place.profile)
            answer: dict[str, Any] = getattr(client, operation)(Bucket=self._place.bucket, **given)
            return answer

    def has(self, key: str) -> bool:
        """By listing, which unlike HEAD tells a missing bucket from a missing key."""
        page = self.call("list_objects_v2", Prefix=key, MaxKeys=1)
        return any(one["Key"] == key for one in page.get("Contents", ()))

    def block(self, key: str, start: int, length: int) -> tuple[bytes, int]:
        """Bytes from `start`, and how many there are in all; an answer that breaks off is asked for again."""
        for left in reversed(range(TRIES)):
            answer = self.call("get_object", Key=key, Range=f"bytes={start}-{start + length - 1}")
            if "ContentRange" not in answer:
                answer["Body"].close()
                raise ArchiveGone(f"{self._place.short}: it gives no ranges")
            with closing(answer["Body"]) as body:
                try:
                    return body.read(), int(answer["ContentRange"].rpartition("/")[2])
                except exceptions.BotoCoreError as broken:
                    if not left:
                        kind = type(broken).__name__
                        raise Silent(f"{self._place.short}: the answer breaks off ({kind})") from broken
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def _told(self) -> Iterator[None]:
        at = self._place.short
        try:
            yield
        except exceptions.ClientError as refused:
            raise self._refused(refused) from refused
        except _NONE as none:
            _client.cache_clear()
            raise ArchiveGone(f"{at}: {NO_CREDENTIALS} ({type(none).__name__})") from none
        except exceptions.SSLError as foreign:
            raise ArchiveGone(f"{at}: TLS fails; is its certificate one that is trusted here?") from foreign
        except _BROKEN as broken:
            raise _rest(self._place, Silent(f"{at}: no answer ({type(broken).__name__})")) from broken
        except (exceptions.BotoCoreError, ValueError) as wrong:
            raise ArchiveGone(f"{at}: {type(wrong).__name__}") from wrong

    def _refused(self, refused: exceptions.ClientError) -> ArchiveGone:
        code = str(refused.response.get("Error", {}).get("Code", ""))[:MOST_CODE]
        status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        at = self._place.short
        if status >= 500 and status != 501:
            return _rest(self._place, Silent(f"{at}: it is sick ({status} {code})"))
        if code in _BAD_CREDENTIALS:
            _client.cache_clear()
        return Refused(f"{at}: {_words(code, refused.operation_name)}", code)


def _words(code: str, operation: str) -> str:
    if code == "NoSuchBucket":
        return "there is no such bucket"
    if code in _BAD_CREDENTIALS:
        return f"the credentials are not accepted ({code})"
    if code in _OTHER_REGION:
        return f"the bucket is of another region: say it with region= ({code})"
    return f"{operation} is refused ({code})"


@lru_cache(maxsize=8)
def _client(endpoint: str, region: str, profile: str) -> Any:
    """Made once: it costs a tenth of a second. Raises NoCredentialsError, also for what is made later."""
    session = boto3.session.Session(region_name=region or None, profile_name=profile or None)
    if session.get_credentials() is None:
        raise exceptions.NoCredentialsError
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"payload_signing_enabled": True},  # a sum of each upload that every store checks
        request_checksum_calculation="when_required",  # others than Amazon refuse the newer sums
        response_checksum_validation="when_required",
    )
    return session.client("s3", endpoint_url=endpoint or None, config=config)


_resting: dict[tuple[str, str], tuple[float, Silent]] = {}


def _rest(place: InBucket, why: Silent) -> Silent:
    _resting[place.endpoint, place.bucket] = (time.monotonic() + PAUSE_SECONDS, why)
    return why


def _refuse_while_resting(place: InBucket) -> None:
    """A place that is away costs its time-outs once in a while, not at every backup of the night."""
    until, why = _resting.get((place.endpoint, place.bucket), (0.0, None))
    if why is not None and time.monotonic() < until:
        raise Silent(f"{why}, a moment ago")
