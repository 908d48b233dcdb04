"""Meters on the network, over real connections: what servers do, and what is never shown or followed."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest
from loopback_service import send, serving
from recorded_meters import Recording, recordings
from scripted_service import Scripted

from configspec.agent.power.channels.http import BODY_BYTES, Address, Asked, Services, address_of
from configspec.agent.power.meter import MeterKind, NoMeterError, ReadingError
from configspec.agent.power.registry import METERS
from configspec.agent.power.surroundings import Board
from configspec.agent.protocol import AgentError

pytestmark = pytest.mark.real

KINDS = {kind.name: kind for kind in METERS}
WITH_URL = [kind for kind in METERS if any(option.name == "url" for option in kind.options)]
GEN2 = KINDS["shelly_gen2"]
SWITCH = '{"id":0,"output":true,"apower":2.7,"voltage":227.9}'
SECRETS = {"user": "lab", "password": "hush-hush", "token": "hush-hush"}


@pytest.fixture
def services() -> Iterator[Services]:
    """Connections of this test alone."""
    made = Services()
    yield made
    made.close()


def plain(body: bytes | str = SWITCH, status: int = 200, **headers: str):
    return lambda to: send(to, body, status, headers)


def failure(services: Services, asked: Asked) -> str:
    with pytest.raises(OSError, match=r".") as caught:
        services.fetch(asked)
    return str(caught.value)


def of_network() -> list[Recording]:
    return [recording for kind in WITH_URL for recording in recordings(kind.name)]


@pytest.mark.parametrize("recording", of_network(), ids=lambda one: one.name)
def test_every_recording_is_read_the_same_over_a_real_connection(recording: Recording):
    """As a device would answer it, below a path where the address has one."""
    bodies = {path: (status, body) for path, status, body in recording.answers}
    below = "/ha" if recording.options["url"] == "https://home.example/ha/" else ""

    def reply(to: BaseHTTPRequestHandler) -> None:
        known = [path for path in bodies if to.path == below + path or to.path.startswith(f"{below}{path}&user=")]
        status, body = bodies[known[0]]
        send(to, body, status)

    with serving(reply) as service:
        options = {**recording.options, "url": f"{service.url}{below}/"}
        meter = KINDS[recording.meter].find(Board(), options)
        assert recording.expect.watts is not None
        assert list(meter.read().values) == pytest.approx([recording.expect.watts])
        meter.close()


class TestConnections:
    """A plug is asked once a second."""

    def test_a_connection_that_stays_open_is_used_again(self, services: Services):
        """Five requests, one connection."""
        with serving(plain()) as service:
            for _ in range(5):
                assert services.fetch(Asked(service.url, "/x")).body == SWITCH.encode()
            assert service.connections == 1

    @pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
    def test_a_server_that_closes_is_connected_to_again(self, services: Services, protocol: str):
        """Whether it says so, as small devices do, or not."""

        def reply(to: BaseHTTPRequestHandler) -> None:
            send(to, SWITCH)
            to.close_connection = True

        with serving(reply, protocol=protocol) as service:
            for _ in range(4):
                assert services.fetch(Asked(service.url, "/x")).status == 200
                time.sleep(0.02)  # until the server has closed
            assert service.connections == 4

    def test_an_answer_without_a_length_ends_with_the_connection(self, services: Services):
        """As the oldest servers do it; and in pieces, as newer ones do."""

        def until_closed(to: BaseHTTPRequestHandler) -> None:
            to.send_response(200)
            to.end_headers()
            to.wfile.write(SWITCH.encode())
            to.close_connection = True

        def in_pieces(to: BaseHTTPRequestHandler) -> None:
            to.send_response(200)
            to.send_header("Transfer-Encoding", "chunked")
            to.end_headers()
            to.wfile.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")

        with serving(until_closed) as service:
            assert services.fetch(Asked(service.url, "/x")).body == SWITCH.encode()
        with serving(in_pieces) as service:
            assert [services.fetch(Asked(service.url, "/x")).body for _ in range(2)] == [b"hello world"] * 2
            assert service.connections == 1

    def test_threads_do_not_mix_their_answers(self, services: Services):
        """Each gets what it asked for, and the connections that are left over are closed."""
        with serving(lambda to: send(to, to.path)) as service, ThreadPoolExecutor(8) as pool:
            paths = [f"/{number}" for number in range(80)]
            answers = pool.map(lambda path: services.fetch(Asked(service.url, path)).body.decode(), paths)
            assert list(answers) == paths
            assert service.connections <= 80

    def test_what_a_failure_leaves_behind_is_not_read_later(self, services: Services):
        """The rest of an answer that was too long is not the beginning of the next one."""

        def reply(to: BaseHTTPRequestHandler) -> None:
            send(to, b"x" * (BODY_BYTES + 2) if to.path == "/long" else b"short")

        with serving(reply) as service:
            assert "more than" in failure(services, Asked(service.url, "/long"))
            assert services.fetch(Asked(service.url, "/y")).body == b"short"

    def test_a_proxy_of_the_environment_is_not_asked(self, services: Services, monkeypatch: pytest.MonkeyPatch):
        """A meter is on this network, and its password is nobody else's affair."""
        with serving(plain()) as service, serving(plain("proxy")) as proxy:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            monkeypatch.delenv("no_proxy", raising=False)
            assert services.fetch(Asked(service.url, "/x")).body == SWITCH.encode()
            assert proxy.connections == 0

    def test_an_address_may_be_of_the_newer_kind(self, services: Services):
        """IPv6, in brackets."""
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6")
        with serving(plain(), host="::1") as service:
            assert services.fetch(Asked(service.url, "/x")).status == 200
            assert Asked(service.url, "/x").shown == f"{service.url}/x"


class TestBadAnswers:
    """What a server may do instead of answering."""

    def test_an_answer_that_does_not_come_is_not_waited_for(self, services: Services):
        """No byte at all."""
        ended = threading.Event()

        def reply(to: BaseHTTPRequestHandler) -> None:
            ended.wait(5)

        with serving(reply) as service:
            begin_s = time.monotonic()
            assert "no answer within 0.2 s" in failure(services, Asked(service.url, "/x", timeout_s=0.2))
            assert time.monotonic() - begin_s < 2
            ended.set()

    @pytest.mark.parametrize("part", ["head", "body", "endless", "no length"])
    def test_an_answer_that_drips_is_not_waited_for(self, services: Services, part: str):
        """A byte now and then would reset the limit of each read."""
        ended = threading.Event()

        def reply(to: BaseHTTPRequestHandler) -> None:
            if part != "head":
                to.send_response(200)
                if part != "no length":
                    to.send_header("Content-Length", "100000" if part == "body" else "1" + "0" * 15)
                to.end_headers()
            while not ended.wait(0.02):
                to.wfile.write(b"H")
                to.wfile.flush()

        with serving(reply) as service:
            begin_s = time.monotonic()
            assert "no answer within 0.3 s" in failure(services, Asked(service.url, "/x", timeout_s=0.3))
            assert time.monotonic() - begin_s < 2
            ended.set()

    def test_a_service_is_asked_again_after_it_was_late(self, services: Services):
        """The next answer may come in time."""
        late = [True]

        def reply(to: BaseHTTPRequestHandler) -> None:
            if late[0]:
                time.sleep(0.4)
            send(to, SWITCH)

        with serving(reply) as service:
            failure(services, Asked(service.url, "/x", timeout_s=0.1))
            late[0] = False
            assert services.fetch(Asked(service.url, "/x")).status == 200

    def test_an_answer_that_is_cut_off_is_none(self, services: Services):
        """Half a figure is another figure."""

        def reply(to: BaseHTTPRequestHandler) -> None:
            send(to, SWITCH[:20], headers={"Content-Length": "100"})
            to.close_connection = True

        with serving(reply) as service:
            assert "cut off" in failure(services, Asked(service.url, "/x"))

    def test_an_answer_of_the_most_bytes_is_whole(self, services: Services):
        """And one more is too many."""
        with serving(plain(b"x" * BODY_BYTES)) as service:
            assert len(services.fetch(Asked(service.url, "/x")).body) == BODY_BYTES
        with serving(plain(b"x" * (BODY_BYTES + 1))) as service:
            assert f"more than {BODY_BYTES} bytes" in failure(services, Asked(service.url, "/x"))

    def test_what_is_not_http_is_said_to_be_none(self, services: Services):
        """Another service listens at that port."""
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def speak() -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"SSH-2.0-dropbear\r\n")

            speaker = threading.Thread(target=speak, daemon=True)
            speaker.start()
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            assert failure(services, Asked(url, "/x")) == f"{url}/x: the answer is not HTTP"
            speaker.join()

    def test_https_to_a_plain_server_fails_in_words(self, services: Services):
        """No traceback, and no fall back to what is not encrypted."""
        with serving(plain()) as service:
            said = failure(services, Asked(service.url.replace("http:", "https:"), "/x"))
            assert "SSL" in said
            assert service.requests == []

    def test_where_nobody_listens_the_connection_is_refused(self, services: Services):
        """The plug has another address today."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert failure(services, Asked(url, "/x")) == f"{url}/x: Connection refused"
        assert "name" in failure(services, Asked("http://no-such-host.invalid", "/x")).lower()

    def test_a_redirect_is_named_and_not_followed(self, services: Services):
        """A meter that sends elsewhere is another meter; what follows `?`, and a password, stay out."""
        with serving(plain()) as other:
            there = other.url.replace("http://", "http://u:hush-hush@") + "/rpc?token=hush-hush"
            with serving(plain("", 302, Location=there)) as service:
                answer = services.fetch(Asked(service.url, "/x"))
                assert (answer.status, answer.sends_to) == (302, other.url.replace("http://", "") + "/rpc")
                with pytest.raises(NoMeterError, match="sends elsewhere") as caught:
                    GEN2.find(Board(), {"url": service.url})
                assert "hush-hush" not in str(caught.value)
                assert other.connections == 0

    @pytest.mark.parametrize("kind", WITH_URL, ids=lambda kind: kind.name)
    @pytest.mark.parametrize(
        ("body", "status", "reason"),
        [
            ("", 200, "empty"),
            ("<html>", 200, "no JSON object"),
            ("[]", 200, "no JSON object"),
            ("3", 200, "no JSON object"),
            (b"\xff\xfe\x00", 200, "no JSON object"),
            ('{"a": NaN}', 200, "."),
            ("[" * 100_000, 200, "no JSON object"),
            ("", 204, "empty"),
            ("", 403, "does not take|asks for a password"),
            ("", 429, "HTTP status 429"),
            ("oops", 502, "HTTP status 502"),
        ],
    )
    def test_every_kind_says_what_was_wrong(self, kind: MeterKind, body: bytes | str, status: int, reason: str):
        """By where it asked, and never with a secret."""
        with serving(plain(body, status)) as service:
            options = {"url": service.url, "entity": "sensor.plug_power", **SECRETS}
            with pytest.raises(NoMeterError, match=reason) as caught:
                kind.find(Board(), options)
            assert "hush-hush" not in str(caught.value)

    def test_a_plug_that_goes_away_fails_a_reading(self):
        """The meter stays one."""
        with serving(plain(), protocol="HTTP/1.0") as service:
            meter = GEN2.find(Board(), {"url": service.url})
        with pytest.raises(ReadingError, match=r"Connection refused|reset"):
            meter.read()


def digest_server(algorithm: str, nonces: list[str], password: str = "hush-hush"):
    """Replies that want the digest of a password; the first of `nonces` is the one that counts now."""
    hashing = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}[algorithm]

    def hashed(*parts: str) -> str:
        return hashing(":".join(parts).encode()).hexdigest()

    def reply(to: BaseHTTPRequestHandler) -> None:
        words = dict(re.findall(r'(\w+)="?([^",]+)"?', to.headers.get("Authorization", "")))
        secret = hashed("admin", "plug", password)
        between = (nonces[0], words.get("nc", ""), words.get("cnonce", ""), "auth")
        wanted = hashed(secret, *between, hashed("GET", to.path))
        if words.get("response") == wanted and words.get("uri") == to.path:
            send(to, SWITCH)
        else:
            header = f'Digest qop="auth", realm="plug", nonce="{nonces[0]}", algorithm={algorithm}'
            send(to, "", 401, {"WWW-Authenticate": header})

    return reply


class TestPasswords:
    """How a service is told who asks, and that nobody else is."""

    @pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
    def test_a_digest_is_given_where_it_is_asked_for(self, algorithm: str):
        """Once refused, then each request has its own; the password itself never travels."""
        with serving(digest_server(algorithm, ["nonce-1"])) as service:
            meter = GEN2.find(Board(), {"url": service.url, "password": "hush-hush"})
            assert [meter.read().values for _ in range(3)] == [(2.7,)] * 3
            told = [headers.get("Authorization", "") for _, headers in service.requests]
            assert [bool(one) for one in told] == [False, True, True, True, True]
            assert [re.findall(r"nc=(\w+)", one) for one in told[1:]] == [[f"0000000{n}"] for n in (1, 2, 3, 4)]
            assert len({re.findall(r'cnonce="(\w+)"', one)[0] for one in told[1:]}) == 4
            assert "hush-hush" not in repr(service.requests)

    def test_a_nonce_that_is_used_up_is_exchanged(self, services: Services):
        """The device asks anew, and the count begins again."""
        nonces = ["nonce-1"]
        with serving(digest_server("SHA-256", nonces)) as service:
            asked = Asked(service.url, "/x?id=0", login=("admin", "hush-hush"))
            services.fetch(asked)
            nonces[0] = "nonce-2"
            assert services.fetch(asked).status == 200
            assert "nc=00000001" in service.requests[-1][1]["Authorization"]

    def test_a_wrong_password_is_tried_once(self, services: Services):
        """Some devices lock up after a few."""
        with serving(digest_server("SHA-256", ["nonce-1"], password="another")) as service:
            assert services.fetch(Asked(service.url, "/x", login=("admin", "hush-hush"))).status == 401
            assert len(service.requests) == 2
            with pytest.raises(NoMeterError, match="does not take that user and password"):
                GEN2.find(Board(), {"url": service.url, "password": "hush-hush"})

    def test_a_password_that_is_missing_is_asked_for(self):
        """By the key where it belongs."""
        with (
            serving(digest_server("SHA-256", ["nonce-1"])) as service,
            pytest.raises(NoMeterError, match=r"asks for a password: power\.password"),
        ):
            GEN2.find(Board(), {"url": service.url})

    def test_a_basic_password_is_given_where_it_is_asked_for(self):
        """By the first generation of Shelly."""

        def reply(to: BaseHTTPRequestHandler) -> None:
            if to.headers.get("Authorization") == "Basic bGFiOmh1c2gtaHVzaA==":
                send(to, '{"power":9.5,"is_valid":true,"total":1}')
            else:
                send(to, "", 401, {"WWW-Authenticate": 'Basic realm="shelly"'})

        with serving(reply) as service:
            meter = KINDS["shelly_gen1"].find(Board(), {"url": service.url, **SECRETS})
            assert meter.read().values == (9.5,)
            assert len(service.requests) == 3

    def test_a_password_is_not_given_unasked(self, services: Services):
        """A service that does not ask for one does not see it."""
        with serving(plain()) as service:
            services.fetch(Asked(service.url, "/x", login=("admin", "hush-hush")))
            assert "Authorization" not in service.requests[0][1]

    @pytest.mark.parametrize("secret", ["hush\n", "hush\n hush", "hush\r\nX-Evil: 1", "hush – hush", "hush\0hush"])
    def test_a_secret_that_http_does_not_carry_is_not_shown(self, secret: str):
        """As one that was pasted with the end of its line; it is not sent either."""
        with serving(plain("{}")) as service:
            options = {"url": service.url, "entity": "sensor.x", "token": secret}
            with pytest.raises(NoMeterError) as caught:
                KINDS["home_assistant"].find(Board(), options)
            assert "a letter that HTTP does not carry" in str(caught.value)
            assert "hush" not in str(caught.value)
            assert service.requests == []

    def test_a_query_is_sent_and_not_shown(self, services: Services):
        """Tasmota wants its password there."""
        with serving(plain(), protocol="HTTP/1.0") as service:
            services.fetch(Asked(service.url, "/cm?cmnd=Status", "password=hush-hush"))
            services.fetch(Asked(service.url, "/cm", "password=hush-hush"))
            paths = [path for path, _ in service.requests]
            assert paths == ["/cm?cmnd=Status&password=hush-hush", "/cm?password=hush-hush"]
        said = failure(services, Asked(service.url, "/cm", "password=hush-hush"))
        assert "hush-hush" not in said

    def test_a_query_that_http_does_not_carry_is_not_shown(self, services: Services):
        """The library would quote it."""
        with serving(plain()) as service:
            said = failure(services, Asked(service.url, "/cm", "password=hush-hush\n"))
        assert said == f"{service.url}/cm: the address, or a secret that is sent, has a letter that HTTP does not carry"


GOOD = {
    "http://192.168.1.20": Address("http", "192.168.1.20", None),
    "http://192.168.1.20/": Address("http", "192.168.1.20", None),
    "https://Home.example:8123/ha/": Address("https", "home.example", 8123, "/ha"),
    "http://[fe80::1]:80": Address("http", "fe80::1", 80),
}
BAD = {
    "": "http://",
    "plug": "http://",
    "192.168.1.20": "http://",
    "ftp://plug": "http://",
    "file:///etc/passwd": "http://",
    "http://": "no host",
    "http:///rpc": "no host",
    "http://lab:hush-hush@plug": "a user or a password",
    "http://hush-hush@plug": "a user or a password",
    "http://plug:99999": "host or port",
    "http://plug:hush-hush": "host or port",
    "http://[::1": "host or port",
    "http://plug/?password=hush-hush": "more than",
    "http://plug/#x": "more than",
    "http://plug /x": "a blank",
    "http://plug/\x7f": "a blank",
    "http://plug\r\nHost: evil": "a blank",
}


class TestAddresses:
    """What `power.url` may be."""

    @pytest.mark.parametrize("url", GOOD)
    def test_an_address_has_its_parts(self, url: str):
        """Host, port, and the path that comes before every other."""
        assert address_of(url) == GOOD[url]
        assert Asked(url, "/x", "p=hush-hush").shown == GOOD[url].shown + "/x"

    @pytest.mark.parametrize("kind", WITH_URL, ids=lambda kind: kind.name)
    @pytest.mark.parametrize("url", BAD)
    def test_what_is_no_address_is_a_mistake_of_the_person(self, kind: MeterKind, url: str):
        """Nothing is asked, and what may be a secret is not repeated."""
        around = Scripted()
        with pytest.raises(AgentError, match=BAD[url]) as caught:
            kind.find(around, {"url": url, "entity": "sensor.x", "token": "t"})
        assert caught.value.kind == "usage"
        assert "hush-hush" not in repr(caught.value.as_json())
        assert around.asked == []

    @pytest.mark.parametrize("url", BAD)
    def test_what_is_no_address_is_not_asked(self, services: Services, url: str):
        """Whoever asks; and showing it raises nothing."""
        assert BAD[url] in failure(services, Asked(url, "/x"))
        assert Asked(url, "/x").shown == "/x"


def test_every_meter_with_an_address_was_met():
    """The tests above are about all of them."""
    assert {kind.name for kind in WITH_URL} >= {"shelly_gen1", "shelly_gen2", "tasmota", "home_assistant"}
    assert all(kind.on_network and kind.boundary == "wall" and not kind.auto for kind in WITH_URL)
