"""Who sends a request: the client's address, forwarded ones only from proxies that are trusted."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's address: behind trusted proxies, the last forwarded one that is not itself trusted."""
    address = request.META.get("REMOTE_ADDR", "")
    if not _is_trusted(address):
        return address
    for forwarded in reversed(request.headers.get("X-Forwarded-For", "")[-1_000:].split(",")):
        candidate = forwarded.strip()
        if not _is_address(candidate):
            return address
        address = candidate
        if not _is_trusted(address):
            break
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(text: str) -> bool:
    if not settings.RESERVO_TRUSTED_PROXIES or not _is_address(text):
        return False
    address = ip_address(text)
    return any(address in network for network in _networks(tuple(settings.RESERVO_TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(proxy, strict=False) for proxy in proxies)
