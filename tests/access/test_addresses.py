"""The address of a client is what proxies of ours say, and nothing that he says himself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from threatdb.access.addresses import client_address

PEER = "192.0.2.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "address"),
    [
        (0, None, PEER, PEER),
        (0, "198.51.100.7", PEER, PEER),
        (1, None, PEER, PEER),
        (1, "", PEER, PEER),
        (1, "198.51.100.7", PEER, "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", PEER, "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", PEER, "203.0.113.9"),
        (2, "6.6.6.6,203.0.113.9 ,198.51.100.7", PEER, "203.0.113.9"),
        (5, "203.0.113.9, 198.51.100.7", PEER, "203.0.113.9"),
        (1, "nonsense", PEER, PEER),
        (1, "198.51.100.7:4711", PEER, PEER),
        (0, None, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, None, "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        (0, None, "::ffff:192.0.2.1", PEER),
        (0, None, "fe80::1%eth0", "fe80::/64"),
        (0, None, "", "unknown"),
    ],
)
def test_it_is(settings: Any, proxies: int, forwarded: str | None, peer: str, address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    assert client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)) == address
