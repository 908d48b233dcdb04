"""Digest authentication against the worked examples of RFC 7616, and headers of every form."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.power.channels.digest import Challenge, authorization, chosen_challenge

# https://www.rfc-editor.org/rfc/rfc7616#section-3.9.1
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
OWN_NONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
MUFASA = ("Mufasa", "Circle of Life")
SHA = (
    f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="{NONCE}", opaque="{OPAQUE}"'
)
MD5 = SHA.replace("SHA-256", "MD5")


def told(header: str, uri: str = "/dir/index.html", count: int = 1) -> dict[str, str]:
    challenge = chosen_challenge([header])
    assert challenge is not None
    words = re.findall(r'(\w+)=(?:"([^"]*)"|([^ ,]+))', authorization(challenge, MUFASA, uri, count, OWN_NONCE))
    return {name: quoted or plain for name, quoted, plain in words}


@pytest.mark.parametrize(
    ("header", "response"),
    [
        (MD5, "8ca523f5e9506fed4657c9700eebdbec"),
        (SHA, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_the_standard(header: str, response: str):
    """Both algorithms, with all that goes with the response."""
    assert told(header) == {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "nonce": NONCE,
        "uri": "/dir/index.html",
        "response": response,
        "opaque": OPAQUE,
        "algorithm": "SHA-256" if header == SHA else "MD5",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": OWN_NONCE,
    }


def test_the_older_form_has_no_count():
    """RFC 2069's example, as https://www.rfc-editor.org/errata/eid749 corrects it: no qop, and MD5 if none is named."""
    challenge = chosen_challenge(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
    assert challenge is not None
    header = authorization(challenge, ("Mufasa", "CircleOfLife"), "/dir/index.html", 1, OWN_NONCE)
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in header
    assert not {"qop", "nc", "cnonce", "opaque"} & set(re.findall(r"(\w+)=", header))
    assert header.endswith("algorithm=MD5")


def test_each_request_has_its_number():
    """In hexadecimal, as the response is made of it."""
    assert told(SHA, count=26)["nc"] == "0000001a"
    assert told(SHA, count=26)["response"] != told(SHA)["response"]


def test_basic_is_the_example_of_its_standard():
    """It is in https://www.rfc-editor.org/rfc/rfc7617, section 2."""
    challenge = chosen_challenge(['Basic realm="WallyWorld"'])
    assert challenge == Challenge()
    assert authorization(challenge, ("Aladdin", "open sesame"), "/", 1, "") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize(
    "headers", [[MD5, SHA], [SHA, MD5], [f"{MD5}, {SHA}"], ["Basic realm=x", SHA], [f'Basic realm="a, Digest", {SHA}']]
)
def test_the_safest_offer_is_taken(headers: list[str]):
    """SHA-256 before MD5, and basic last, whatever their order and however they are packed."""
    challenge = chosen_challenge(headers)
    assert challenge is not None
    assert (challenge.algorithm, challenge.nonce, challenge.counts) == ("SHA-256", NONCE, True)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        'Bearer realm="x"',
        "Digest",
        'Digest realm="x"',
        'Digest realm="x", nonce="n", algorithm=SHA-512-256',
        'Digest realm="x", nonce="n", algorithm=MD5-sess',
        'Digest realm="x", nonce="n", qop="auth-int"',
        'nonce="n"',
    ],
)
def test_what_is_not_known_is_not_taken(header: str):
    """Another scheme or algorithm, no nonce, or a signature of the body."""
    assert chosen_challenge([header]) is None


def test_a_quote_in_a_name_stays_one():
    """It is escaped on both ways."""
    challenge = chosen_challenge([r'Digest realm="the \"best\" \\ plug", nonce="n"'])
    assert challenge is not None
    assert challenge.realm == r'the "best" \ plug'
    assert r'realm="the \"best\" \\ plug"' in authorization(challenge, MUFASA, "/", 1, "")


@given(st.lists(st.text(max_size=60) | st.text('Dd igestBac=",\\nor', max_size=60), max_size=3))
def test_any_header_is_a_challenge_or_none(headers: list[str]):
    """Nothing is raised."""
    challenge = chosen_challenge(headers)
    assert challenge is None or authorization(challenge, MUFASA, "/", 1, "")


def test_a_header_made_for_harm_takes_no_time():
    """A long run of blanks, quotes or backslashes."""
    for piece in (" ", '"', "\\", "a ", ", a=", '="\\'):
        chosen_challenge(["Digest " + piece * 100_000])
