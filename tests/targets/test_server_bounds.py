"""Servers without end, and servers that point elsewhere: a bound for the whole answer, and no other host is asked."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from typing import Any

import pytest
from damage import civil

from configspec.errors import TestbedError, UsageError
from configspec.targets.server.server_client import ServerClient
from configspec.targets.server.server_transport import proxy_for
from configspec.testbed.family_spec import ServerSpec

real = pytest.mark.real
KEY_VARIABLE = "KEY_OF_THE_TESTS"
SECRET = "secret-key"
Start = Callable[..., Any]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def ask(url: str, *, timeout_s: float = 5.0, retries: int = 0, at_most_bytes: int = 1 << 20) -> dict[str, object]:
    pytest.importorskip("openai", reason="needs openai: pip install 'configspec[server]'")
    spec = ServerSpec(url=url, model="m", api_key_env=KEY_VARIABLE, timeout_s=timeout_s, retries=retries)
    client = ServerClient(spec, at_most_bytes=at_most_bytes)
    try:
        return client.get("/models")
    finally:
        client.close()


@real
@pytest.mark.parametrize(
    ("raw", "then"),
    [
        (HEAD + b"Content-Length: 1000\r\n\r\n{", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD + b"\r\n{", b" "),
        (HEAD, b"X-More: 1\r\n"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"H", b"T"),
    ],
    ids=["body", "chunks", "until closed", "head", "hints", "status"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_left(
    loopback: Start, reply: Start, raw: bytes, then: bytes
) -> None:
    """The bound is for the whole answer, head and body: each byte alone comes in time."""
    pytest.importorskip("openai")  # which takes seconds on a busy machine
    url = loopback(lambda *_: reply(raw=raw, then=then, every_s=0.05)).url
    began_s = time.monotonic()
    with pytest.raises(TestbedError, match=r"(no whole answer within 0\.3 s|closed the connection)"):
        ask(url, timeout_s=0.3)
    assert time.monotonic() - began_s < 2


@real
@pytest.mark.parametrize("head", [b"Content-Length: 10000000000\r\n\r\n", b"\r\n"], ids=["announced", "until closed"])
def test_an_answer_without_end_is_left(loopback: Start, reply: Start, head: bytes) -> None:
    """As fast as it comes, no more than the bound is held."""
    url = loopback(lambda *_: reply(raw=HEAD + head, then=b" " * 65536)).url
    with pytest.raises(TestbedError, match="more than 1,048,576 bytes") as error:
        ask(url)
    assert url in str(error.value)


@real
@pytest.mark.parametrize("how", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip"])
def test_a_compressed_answer_is_refused(loopback: Start, reply: Start, how: str) -> None:
    """3 MB that unzip to 3 GB: none was asked for, and none is unpacked."""
    bomb = gzip.compress(b"[" + b" " * 10_000_000 + b"]")
    with pytest.raises(TestbedError, match="answered compressed"):
        ask(loopback(lambda *_: reply(body=bomb, headers={"Content-Encoding": how})).url)


@real
def test_an_answer_that_is_not_compressed_may_say_so(loopback: Start, reply: Start) -> None:
    """The bounds do not touch what is right."""
    url = loopback(lambda *_: reply(body={"data": []}, headers={"Content-Encoding": "identity"})).url
    assert ask(url) == {"data": []}


GOOD = b'{"data": []}'
SOUND = {
    "a hint before": b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + b"Content-Length: 12\r\n\r\n" + GOOD,
    "in chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\nc;" + b"x" * 100 + b"\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "HTTP 1.0": b"HTTP/1.0 200 OK\r\n\r\n" + GOOD,
    "a mark before": HEAD + b"\r\n\xef\xbb\xbf" + GOOD,
}
WRONG = {
    "no chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\nhello\r\n",
    "a chunk without end": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nhello",
    "a length below 0": HEAD + b"Content-Length: -1\r\n\r\n" + GOOD,
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 12\r\n\r\n" + GOOD,
    "a length of 5,000 digits": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + GOOD,
    "a length too short": HEAD + b"Content-Length: 3\r\n\r\n" + GOOD,
    "closed amid": HEAD + b"Content-Length: 1200\r\n\r\n" + GOOD,
    "another transfer": HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + gzip.compress(GOOD),
    "nothing": b"",
    "no content": b"HTTP/1.1 204 No Content\r\nContent-Length: 12\r\n\r\n" + GOOD,
    "another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + GOOD,
    "status 0": b"HTTP/1.1 000 X\r\nContent-Length: 12\r\n\r\n" + GOOD,
    "status 999": b"HTTP/1.1 999 X\r\nContent-Length: 12\r\n\r\n" + GOOD,
    "no head": GOOD,
    "TLS": b"\x16\x03\x01\x02\x00\x01" * 50,
    "100,000 headers": HEAD + b"".join(b"X%d: a\r\n" % n for n in range(100_000)) + b"\r\n" + GOOD,
    "escapes": b"HTTP/1.1 500 \x1b[31m\r\nContent-Length: 9\r\n\r\n\x1b[31mred\n",
}


@real
@pytest.mark.parametrize("raw", SOUND.values(), ids=SOUND)
def test_an_odd_answer_of_http_is_taken(loopback: Start, reply: Start, raw: bytes) -> None:
    """As the standard allows it (RFC 9110 and 9112), or Windows writes JSON."""
    assert ask(loopback(lambda *_: reply(raw=raw)).url) == {"data": []}


@real
@pytest.mark.parametrize("raw", WRONG.values(), ids=WRONG)
def test_what_is_no_answer_of_http_is_the_servers_fault(loopback: Start, reply: Start, raw: bytes) -> None:
    """Told with its URL, in a few printable words, whatever the library makes of it."""
    url = loopback(lambda *_: reply(raw=raw or b"\r\n")).url
    with pytest.raises(TestbedError) as error:
        ask(url)
    civil(3, str(error.value))
    assert url in str(error.value)
    assert len(str(error.value)) < 1000


@real
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(loopback: Start, reply: Start, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Prompts and key go to the server that devices.yaml names, and to no other; the message names the other."""
    monkeypatch.setenv(KEY_VARIABLE, SECRET)
    elsewhere = loopback(lambda *_: reply(body={"data": []}))
    location = f"{elsewhere.url.replace('//', '//me:hidden@')}/models?key={SECRET}"
    url = loopback(lambda *_: reply(status=status, headers={"Location": location})).url
    with pytest.raises(UsageError, match=r"elsewhere .*which is not followed.*name it as `openai`") as error:
        ask(url)
    assert elsewhere.asked == []
    assert elsewhere.url.removeprefix("http://") in str(error.value)
    assert SECRET not in str(error.value)
    assert "hidden" not in str(error.value)


@real
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json; charset=hex"},
        {"Content-Type": "text/\udcff"},
        {"Retry-After": "nan"},
        {"Retry-After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"},
        {"Retry-After": "1e999"},
        {"retry-after-ms": "inf", "x-should-retry": "true"},
        {"Location": "\x1b[31m"},
        {"Set-Cookie": "a=b"},
    ],
)
@pytest.mark.parametrize("status", [200, 302, 400, 429, 500])
def test_no_header_of_a_server_ends_in_another_exception(
    loopback: Start, reply: Start, headers: dict[str, str], status: int
) -> None:
    """The library reads charsets, dates and cookies; none of them reaches it."""
    encoded = {name: value.encode("utf-8", "surrogateescape").decode("latin-1") for name, value in headers.items()}
    url = loopback(lambda *_: reply(status=status, headers=encoded)).url
    if status == 200 and "Location" not in headers:
        assert ask(url) == {}
    elif status != 200:
        with pytest.raises((UsageError, TestbedError)):
            ask(url)


@real
@pytest.mark.parametrize("key", [SECRET, ""])
def test_nothing_goes_to_a_server_that_devices_yaml_does_not_say(
    loopback: Start, reply: Start, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """No account, other key or project of the environment, nor what this machine is; a key only where there is one."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, f"private {name}")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Private: private header")
    monkeypatch.setenv(KEY_VARIABLE, key)
    server = loopback(lambda *_: reply(body={"data": []}))
    ask(server.url)
    assert "private" not in str(server.headers)
    assert server.headers.pop("authorization", "") == (f"Bearer {SECRET}" if key else "")
    assert server.headers.pop("user-agent").startswith("configspec/")
    assert server.headers.keys() == {"host", "accept", "accept-encoding", "connection"}


@real
def test_a_request_in_the_clear_goes_through_no_proxy(
    loopback: Start, reply: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would read prompts and key, and devices.yaml does not name it."""
    proxy = loopback(lambda *_: reply(body={"data": ["of the proxy"]}))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert ask(loopback(lambda *_: reply(body={"data": []})).url) == {"data": []}
    assert proxy.asked == []


def test_https_goes_through_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sees no more than the server's name; NO_PROXY is respected."""
    for name in ("ALL_PROXY", "all_proxy", "https_proxy", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    assert proxy_for("https://verifier/v1") == "http://proxy:3128"
    assert proxy_for("https://near.example/v1") is None
    assert proxy_for("http://verifier/v1") is None


@real
def test_a_proxy_that_is_none_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is the person's, and its value stays out of logs."""
    monkeypatch.setenv("HTTPS_PROXY", f"nonsense://me:{SECRET}@proxy")
    with pytest.raises(UsageError, match="Look at HTTPS_PROXY") as error:
        ask("https://verifier.invalid/v1")
    assert SECRET not in str(error.value)


@real
@pytest.mark.parametrize("key", ["a\nb", "\u20ac", "a\x7fb"])
def test_a_key_that_no_header_takes_is_told_without_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """The library would show it in its error."""
    monkeypatch.setenv(KEY_VARIABLE, key)
    with pytest.raises(UsageError, match=f"The key in {KEY_VARIABLE} holds a sign") as error:
        ask("http://verifier.invalid/v1")
    assert key not in str(error.value)
