"""From where a request comes, as far as that can be believed."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address; of IPv6 the network of 64 bits, all of which one client can have.

    Each proxy appends the address that it was called from to X-Forwarded-For. Only the last ``TRUSTED_PROXIES``
    entries were written by proxies of ours; what stands before them is what the client says of himself.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    said = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    hops = [*said, peer]
    return _network(hops[-min(settings.TRUSTED_PROXIES + 1, len(hops))]) or _network(peer) or "unknown"


def _network(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)
