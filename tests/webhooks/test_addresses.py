"""Which addresses webhooks may be sent to."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from threatdb.webhooks.addresses import Refused, Target, is_public, refuse_literal, resolve, target_of


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104  # an address to be refused
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_an_address_inside_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_a_host_on_the_internet_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.org", Target("https", "example.org", 443, "/")),
        ("https://Example.org:443/a/b?c=d%20e", Target("https", "example.org", 443, "/a/b?c=d%20e")),
        ("https://[2606:4700::1111]/x", Target("https", "2606:4700::1111", 443, "/x")),
        ("https://1.1.1.1:80/", Target("https", "1.1.1.1", 80, "/")),
    ],
)
def test_an_address_is_taken_apart(url: str, target: Target) -> None:
    assert target_of(url) == target


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://example.org/", "example.org"),
        ("https://example.org:80/", "example.org:80"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]"),
    ],
)
def test_the_host_header_is_the_authority(url: str, authority: str) -> None:
    assert target_of(url).authority == authority


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://example.org/", "has to begin with https://"),
        ("ftp://example.org/", "has to begin with https://"),
        ("file:///etc/passwd", "has to begin with https://"),
        ("example.org", "has to begin with https://"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://exa$mple.org/", "names no host"),
        ("https://a..b/", "names no host"),
        ("https://example.org:8443/", "Port 8443 is not among those that webhooks may be sent to: 80, 443"),
        ("https://example.org:0/", "Port 0 is not among"),
        ("https://example.org:99999/", "not one of the web"),
        ("https://[::1/", "not one of the web"),
        ("https://me:secret@example.org/", "no user name or password"),
        ("https://example.org/#part", "no “#”"),
        ("https://example.org/a b", "without spaces"),
        ("https://example.org/\r\nX: y", "without spaces"),
        ("https://bücher.example/", "xn--"),
        ("https://example.org/" + "a" * 481, "longer than 500 characters"),
    ],
)
def test_other_addresses_are_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        target_of(url)


def test_plain_http_is_taken_where_the_setting_says_so(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_HTTP = True

    assert target_of("http://example.org/") == Target("http", "example.org", 80, "/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "::1"])  # noqa: S104
def test_a_name_that_leads_inside_is_refused(host: str) -> None:
    with pytest.raises(Refused, match=r"not on the public internet|leads to no address"):
        resolve(Target("https", host, 443, "/"))


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Makes names lead to those addresses, call by call; returns the names that were asked for."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_one_address_inside_among_others_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(Refused, match=r"receiver\.example leads to an address that is not on the public internet"):
        resolve(Target("https", "receiver.example", 443, "/"))


def test_addresses_on_the_internet_are_given_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["8.8.8.8", "8.8.4.4", "8.8.8.8"])

    found = resolve(Target("https", "receiver.example", 443, "/"))

    assert found == [ip_address("8.8.8.8"), ip_address("8.8.4.4")]


def test_a_name_without_addresses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(Refused, match=r"The name receiver\.example leads to no address"):
        resolve(Target("https", "receiver.example", 443, "/"))


def test_a_label_longer_than_names_may_be_is_refused() -> None:
    with pytest.raises(Refused, match="leads to no address"):
        resolve(target_of(f"https://{'a' * 64}.example/"))


def test_the_setting_lets_webhooks_go_inside(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True

    assert resolve(Target("http", "127.0.0.1", 80, "/")) == [ip_address("127.0.0.1")]


class TestNumbers:
    """An address that is written in numbers needs no name server, so it is refused before anything is sent to it."""

    @pytest.fixture(autouse=True)
    def _no_name_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = socket.getaddrinfo

        def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
            assert kwargs["flags"] & socket.AI_NUMERICHOST
            return real(host, port, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    @pytest.mark.parametrize(
        "host",
        [
            *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "169.254.169.254", "10.0.0.1"),
            *("[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[64:ff9b::a00:1]"),
        ],
    )
    def test_one_inside_is_refused_in_any_form(self, host: str) -> None:
        with pytest.raises(Refused, match="not on the public internet"):
            refuse_literal(target_of(f"https://{host}/"))

    @pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "receiver.example", "localhost", "10.example"])
    def test_one_outside_and_any_name_is_left_to_the_worker(self, host: str) -> None:
        refuse_literal(target_of(f"https://{host}/"))

    def test_the_setting_lets_it_go_inside(self, settings: Any) -> None:
        settings.WEBHOOK_ALLOW_PRIVATE = True

        refuse_literal(target_of("https://127.0.0.1/"))
