"""An archive in a bucket beyond the suite of all archives: large ones, faults of store and line, addresses."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import tracemalloc
import uuid
from pathlib import Path

import pytest

from reservo.adapters import archives
from reservo.adapters.archives import addresses
from reservo.adapters.archives.aws import calls, downloads, uploads
from tests.installation import free_ports
from tests.objectstore import CREDENTIALS, SECRET, Fault, Gate

ROOT = Path(__file__).parents[2]
NAME = "us/centre-1/20261125t030000-ab12.backup"
PART = 5 << 20  # the least that the S3 API takes
CONTENT = random.Random(7).randbytes(2 * PART + 123_456)


@pytest.fixture(autouse=True)
def quick(objects, monkeypatch):
    monkeypatch.setattr(uploads, "PART_BYTES", PART)
    monkeypatch.setattr(downloads, "BLOCK_BYTES", PART)
    monkeypatch.setattr(calls, "PAUSE_SECONDS", 0)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *context: 0)


@pytest.fixture
def gate(objects):
    gate = Gate(objects)
    yield gate
    gate.end()


@pytest.fixture
def archive(objects, gate):
    return archives.at(objects.address(f"behind/{uuid.uuid4().hex}", endpoint=gate.endpoint))


def put(content):
    def fill(write):
        for start in range(0, len(content), 1 << 20):
            write(content[start : start + (1 << 20)])

    return fill


def read(archive):
    with archive.open(NAME) as file:
        return file.read()


def refusal(use):
    with pytest.raises(archives.ArchiveGone) as refused:
        use()
    assert SECRET not in str(refused.value)
    return str(refused.value).removeprefix("s3://").partition(": ")[2]


def drafts(archive):
    return archive._bucket.call("list_multipart_uploads", Prefix=archive._root).get("Uploads", [])


def test_a_large_one_goes_in_parts_and_comes_back_in_blocks(archive, gate):
    assert archive.write(NAME, put(CONTENT)) == len(CONTENT)
    assert sum("partNumber=" in path for _, path in gate.seen) == 3
    gate.seen.clear()
    with archive.open(NAME) as file:
        assert file.read() == CONTENT
        assert file.tell() == len(CONTENT)
    assert [method for method, _ in gate.seen] == ["GET"] * 4


def test_only_the_beginning_is_fetched_of_one_that_is_only_looked_at(archive):
    archive.write(NAME, put(CONTENT))
    with archive.open(NAME) as file:
        assert file.read(100) == CONTENT[:100]
        assert file.raw._fetched == downloads.FIRST_BLOCK_BYTES


def test_memory_does_not_grow_with_the_length(archive):
    """What the store at the other end holds for a moment is in it too; twelve parts more would be seen."""
    assert _most_memory(archive, "long", 18) < _most_memory(archive, "short", 6) + 6 * PART


def _most_memory(archive, name, parts):
    def fill(write):
        for _ in range(parts * PART >> 20):
            write(bytes(1 << 20))

    tracemalloc.start()
    try:
        archive.write(name, fill)
        with archive.open(name) as file:
            while file.read(1 << 20):
                pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_more_than_the_interface_takes_is_refused_and_leaves_nothing(archive, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_PARTS", 1)
    with pytest.raises(uploads.TooLong):
        archive.write(NAME, put(CONTENT))
    assert (archive.has(NAME), drafts(archive)) == (False, [])


def test_a_large_one_that_failed_half_way_leaves_nothing(archive):
    def fail(write):
        write(CONTENT)
        raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        archive.write(NAME, fail)
    assert (archive.names(), drafts(archive)) == ([], [])


def test_what_killed_writers_left_is_removed_after_a_day(archive, monkeypatch):
    assert uploads.DRAFT_SECONDS == 24 * 3600.0
    call, key = archive._bucket.call, archive._key(NAME)
    left = call("create_multipart_upload", Key=key)["UploadId"]
    monkeypatch.setattr(uploads, "DRAFT_SECONDS", float("inf"))
    archive.write(NAME, put(CONTENT))
    assert [draft["UploadId"] for draft in drafts(archive)] == [left]
    monkeypatch.setattr(uploads, "DRAFT_SECONDS", -3600.0)  # its clock may be ahead of ours
    archive.write("us/centre-1/2", put(CONTENT))
    assert drafts(archive) == []


@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "large"])
@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "at-the-same-moment"])
def test_of_two_writers_at_once_the_first_to_end_stays(archive, objects, monkeypatch, content, is_seen):
    if content == CONTENT and not is_seen and not objects.minds_conditions_of_parts():
        pytest.skip("this store ends an upload in parts whatever the condition")

    def slower(write):
        write(content)
        archive.write(NAME, put(b"first"))
        if not is_seen:
            monkeypatch.setattr(calls.Bucket, "has", lambda self, key: False)

    with pytest.raises(archives.AlreadyThere):
        archive.write(NAME, slower)
    assert (read(archive), drafts(archive)) == (b"first", [])


@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "large"])
def test_a_store_that_knows_no_conditions_is_asked_just_before(archive, gate, content):
    method = "PUT" if content == b"small" else "POST"
    gate.fails(method, Fault(501, "NotImplemented"), having="If-None-Match")
    archive.write(NAME, put(content))
    assert read(archive) == content

    def slower(write):
        write(content)
        archive.write("us/2", put(b"first"))

    with pytest.raises(archives.AlreadyThere):
        archive.write("us/2", slower)


@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "large"])
def test_an_answer_that_was_lost_is_not_taken_for_another_writer(archive, gate, content):
    method = "PUT" if content == b"small" else "POST"
    gate.fails(method, Fault(503, "SlowDown", passes_on=True), times=1, having="If-None-Match")
    assert archive.write(NAME, put(content)) == len(content)
    assert read(archive) == content


def test_listing_goes_on_page_after_page(archive, gate, monkeypatch):
    monkeypatch.setattr("reservo.adapters.archives.aws.PAGE", 2)
    names = [f"us/{number}" for number in range(5)]
    for name in names:
        archive.write(name, put(b"x"))
    gate.seen.clear()
    assert archive.names() == names
    assert len(gate.seen) == 3


def test_what_others_put_beside_is_no_backup(archive):
    for key in ("us/", "us/Ünknown", "README.TXT"):
        archive._bucket.call("put_object", Key=archive._root + key, Body=b"x")
    archive.write(NAME, put(b"x"))
    assert archive.names() == [NAME]


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError")])
@pytest.mark.parametrize(("method", "having"), [("PUT", "partNumber=2"), ("POST", "uploads"), ("GET", "")])
def test_a_store_that_stumbles_is_tried_again(archive, gate, status, code, method, having):
    gate.fails(method, Fault(status, code), times=calls.TRIES - 1, having=having)
    archive.write(NAME, put(CONTENT))
    gate.fails("GET", Fault(status, code), times=calls.TRIES - 1)
    assert read(archive) == CONTENT


def test_one_that_was_silent_once_is_asked_again(archive, gate, monkeypatch):
    monkeypatch.setattr(calls, "ANSWER_SECONDS", 3)
    gate.fails("PUT", Fault(), times=1, having="partNumber=2")
    archive.write(NAME, put(CONTENT))
    assert read(archive) == CONTENT


def test_a_line_that_breaks_costs_one_block(archive, gate):
    archive.write(NAME, put(CONTENT))
    with archive.open(NAME) as file:
        gate.seen.clear()
        gate.fails("GET", Fault(cuts=True), times=calls.TRIES - 1)
        assert file.read() == CONTENT
    assert len(gate.seen) == 3 + calls.TRIES - 1


def test_a_line_that_goes_on_breaking_is_told_of(archive, gate):
    archive.write(NAME, put(CONTENT))
    with archive.open(NAME) as file:
        gate.fails("GET", Fault(cuts=True))
        assert refusal(file.read).startswith("the answer breaks off (")


def test_a_store_that_is_sick_or_silent_is_told_of_after_so_many_tries(archive, gate, monkeypatch):
    monkeypatch.setattr(calls, "ANSWER_SECONDS", 0.5)
    gate.fails("GET", Fault(503, "SlowDown"))
    assert refusal(archive.names) == "it is sick (503 SlowDown)"
    assert len(gate.seen) == calls.TRIES
    gate.fails("GET", Fault())
    assert refusal(archive.names) == "no answer (ReadTimeoutError)"
    assert len(gate.seen) == 2 * calls.TRIES


def test_one_that_did_not_answer_is_left_in_peace_for_a_while(archive, gate, monkeypatch):
    monkeypatch.setattr(calls, "PAUSE_SECONDS", 1000)
    gate.fails("GET", Fault(503, "SlowDown"))
    refusal(archive.names)
    asked = len(gate.seen)
    assert refusal(archive.names) == "it is sick (503 SlowDown), a moment ago"
    assert len(gate.seen) == asked


def test_one_that_cannot_be_reached_is_told_of(objects):
    nowhere = archives.at(objects.address("x", endpoint=f"http://127.0.0.1:{free_ports(1)[0]}"))
    for use in (nowhere.names, lambda: nowhere.write(NAME, put(b"x")), lambda: nowhere.open(NAME)):
        assert refusal(use) == "no answer (EndpointConnectionError)"


def test_a_certificate_that_nobody_trusts_is_told_of(objects, gate, monkeypatch):
    monkeypatch.setattr(gate._server.RequestHandlerClass, "handle", lambda self: self.wfile.write(b"plain\n"))
    foreign = archives.at(objects.address("x", endpoint=gate.endpoint.replace("http:", "https:")))
    assert refusal(foreign.names).startswith("TLS fails")


def test_a_bucket_that_is_not_there_is_told_of_and_not_made(objects):
    missing = archives.at(objects.address("x", bucket="no-such-bucket"))
    uses = (
        missing.names,
        lambda: missing.has(NAME),
        lambda: missing.write(NAME, put(b"x")),
        lambda: missing.open(NAME),
        lambda: missing.delete(NAME),
    )
    for use in uses:
        assert refusal(use) == "there is no such bucket"


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AccessDenied", "ListObjectsV2 is refused (AccessDenied)"),
        (403, "InvalidAccessKeyId", "the credentials are not accepted (InvalidAccessKeyId)"),
        (403, "SignatureDoesNotMatch", "the credentials are not accepted (SignatureDoesNotMatch)"),
        (400, "AuthorizationHeaderMalformed", "the bucket is of another region: say it with region="),
        (403, "RequestTimeTooSkewed", "ListObjectsV2 is refused (RequestTimeTooSkewed)"),
    ],
)
def test_a_refusal_is_told_in_words_and_never_in_those_of_the_store(archive, gate, status, code, words):
    gate.fails("GET", Fault(status, code))
    assert refusal(archive.names).startswith(words)
    assert len(gate.seen) == 1


def test_who_may_not_erase_is_told_and_it_stays(archive, gate):
    archive.write(NAME, put(b"x"))
    gate.fails("DELETE", Fault(403, "AccessDenied"))
    assert refusal(lambda: archive.delete(NAME)) == "DeleteObject is refused (AccessDenied)"
    assert read(archive) == b"x"


def test_without_credentials_it_says_where_they_come_from_and_takes_those_that_come_later(
    archive, monkeypatch
):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refusal(archive.names).startswith("there are no credentials: set AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_PROFILE", "of-nobody")
    assert refusal(archive.names).startswith("there are no credentials")
    monkeypatch.delenv("AWS_PROFILE")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, CREDENTIALS[name])
    assert archive.names() == []


def test_places_of_two_providers_have_credentials_of_their_own(objects, gate, monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text(f"[far]\naws_access_key_id = key-of-far\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    signed = []
    gate.rule = lambda method, path, headers: signed.append(headers["Authorization"].split("/")[0])
    address = objects.address("x", endpoint=gate.endpoint)
    archives.at(address).names()
    archives.at(f"{address}&profile=far").names()
    assert [words.rpartition("=")[2] for words in signed] == ["key-of-the-run", "key-of-far"]


def test_credentials_that_were_refused_are_read_again(archive, gate):
    archive.names()
    gate.fails("GET", Fault(403, "ExpiredToken"), times=1)
    refusal(archive.names)
    assert calls._client.cache_info().currsize == 0
    assert archive.names() == []


def test_no_secret_reaches_a_log_however_it_goes(archive, gate, caplog, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"token-{SECRET}")
    caplog.set_level(logging.INFO)
    archive.write(NAME, put(b"x"))
    gate.fails("GET", Fault(403, "AccessDenied"))
    refusal(archive.names)
    assert SECRET not in caplog.text


def test_an_address_says_bucket_prefix_endpoint_and_region():
    place = addresses.in_bucket(
        "s3://my.bucket/of/centres/?region=sa-east-1&endpoint=https://minio.example:9000"
    )
    assert (place.bucket, place.prefix) == ("my.bucket", "of/centres")
    assert (place.endpoint, place.region) == ("https://minio.example:9000", "sa-east-1")
    assert addresses.in_bucket("s3://bucket").prefix == ""


@pytest.mark.parametrize(
    "address",
    [
        f"s3://key:{SECRET}@bucket/prefix",
        f"s3://bucket/prefix?secret={SECRET}",
        f"s3://bucket?endpoint=https://key:{SECRET}@minio.example",
        f"s3://bucket?region&{SECRET}",
        f"ftp://key:{SECRET}@host/x",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_shown(address):
    with pytest.raises(archives.BadAddress) as refused:
        archives.at(address)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "s3://",
        "s3:///prefix",
        "s3://b",
        "s3://bucket/../up",
        "s3://bucket/a b",
        "s3://bucket/a//b",
        "s3://bucket?endpoint=minio:9000",
        "s3://bucket?endpoint=file:///etc",
        "s3://bucket?endpoint=https://[x",
        "s3://bucket?endpoint=https://x:port",
        "s3://bucket?region=Ü",
        "s3://bucket?profile=a/b",
        "s3://bucket#x",
        f"s3://bucket/{'x' * 200}",
        "s3://bucket?what=else",
        "s3://[bucket",
    ],
)
def test_an_address_that_cannot_be_one_is_refused(address):
    with pytest.raises(archives.BadAddress):
        archives.at(address)


@pytest.mark.parametrize(
    "address", ["s3://bucket", "s3://bucket/of?endpoint=https://x.example&region=r", "/mnt/x"]
)
def test_one_backup_is_named_within_its_place(address):
    named = archives.within(address, NAME)
    place, name = archives.split(named)
    assert archives.within(place, name) == named
    assert named.partition("?")[0].endswith(f"/{NAME}")
    assert not archives.is_place(named)


def test_without_boto3_the_program_works_and_such_a_place_says_how_to_get_it():
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from reservo.adapters import archives\n"
        "place = archives.at('s3://bucket/of')\n"
        "for use in (place.names, lambda: place.has('x'), lambda: place.open('x'), lambda: place.delete('x'),\n"
        "            lambda: place.write('x', print)):\n"
        "    try: use()\n"
        "    except archives.ArchiveGone as gone: print(gone)\n"
        "print(any(name.startswith('botocore') for name in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.splitlines()
    assert said == [f"s3://bucket/of: {archives.NO_BOTO3}"] * 5 + ["False"]
