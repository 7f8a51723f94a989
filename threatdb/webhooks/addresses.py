"""Where a webhook may go: which addresses are taken, and which of the internet's they lead to.

A receiver's address is typed by a user and called from inside the operator's network, so it must not reach what
only that network can. A name is resolved once, each address that it has is checked, and the connection
goes to one of those; asking the name again would let it answer otherwise.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

IPAddress = IPv4Address | IPv6Address

# Characters of the address of a receiver.
MAX_URL = 500

_PORTS = {"http": 80, "https": 443}
# Letters, digits and hyphens between dots, or an IPv6 address in brackets.
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
_NAT64 = IPv6Network("64:ff9b::/96")
_ROUTED = IPv6Network("2000::/3")
# What the standard library of some Python versions takes for public: protocol assignments, documentation, and
# tunnels, which hold an IPv4 address that a relay would go to.
_SPECIAL = [ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")]


class Refused(Exception):
    """The address may not be called; the message is a sentence for the subscription's owner."""


class NoAddress(Refused):
    """The host has no address, or none that the resolver knows without asking where it is not to ask."""


@dataclass(frozen=True)
class Target:
    """A receiver's address taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header: the port is left out where it is the scheme's own."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


def target_of(url: str) -> Target:
    """The parts of the address; raises ``Refused`` with a sentence where it is not one that is called."""
    if len(url) > MAX_URL:
        raise Refused(f"The address is longer than {MAX_URL} characters.")
    if not re.fullmatch(r"[!-~]+", url):
        raise Refused("Write the address in ASCII without spaces: percent-encode the path, and the host as xn--...")
    parts = _split(url)
    if parts.scheme == "http" and not settings.WEBHOOK_ALLOW_HTTP:
        raise Refused("The address has to begin with https://.")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    if port not in settings.WEBHOOK_PORTS:
        allowed = ", ".join(map(str, settings.WEBHOOK_PORTS))
        raise Refused(f"Port {port} is not among those that webhooks may be sent to: {allowed}.")
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, parts.hostname or "", port, (parts.path or "/") + query)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Refused("The address is not one of the web.") from None
    if parts.scheme not in _PORTS:
        raise Refused("The address has to begin with https://.")
    if "@" in parts.netloc:
        raise Refused("The address may hold no user name or password: the signature says who sends.")
    if "#" in url:
        raise Refused("The address may hold no “#”: what follows it is never sent.")
    name = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
    if not _HOST.fullmatch(name.removesuffix(":")):
        raise Refused("The address names no host.")
    return parts


def refuse_literal(target: Target) -> None:
    """Raise ``Refused`` for a host that is written in numbers and may not be called.

    A name is asked when something is sent: what it leads to then is what counts, and asking may take long.
    """
    try:
        resolve(target, socket.AI_NUMERICHOST)
    except NoAddress:
        # It is a name.
        return


def resolve(target: Target, flags: int = 0) -> list[IPAddress]:
    """The addresses of the host, asked once; raises ``Refused`` unless every one of them may be called.

    ``flags`` are those of the system's resolver, which also reads the odder ways to write an address in numbers.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        raise NoAddress(f"The name {target.host} leads to no address.") from None
    # A link-local address comes with the interface that it holds on.
    addresses = list(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in found))
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(map(is_public, addresses)):
        raise Refused(f"The name {target.host} leads to an address that is not on the public internet.")
    return addresses


def is_public(address: IPAddress) -> bool:
    """Whether the address is one host on the public internet."""
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    # This leaves out loopback, link-local, unique local, multicast and those that are an IPv4 address in another form.
    if isinstance(address, IPv6Address) and address not in _ROUTED:
        return False
    special = address.is_multicast or address.is_reserved or any(address in network for network in _SPECIAL)
    return address.is_global and not special
