"""Requests forged through us: every spelling of a forbidden address, names that lead there, and redirects."""

from __future__ import annotations

import pytest

from app.hooks.ports import AddressRefused, HookUnreachable
from app.hooks.rules.addresses import Reach, Target, refusal, take_apart
from app.integrations.hooks.connections import CheckedBackend, resolve
from app.integrations.hooks.wire import HttpWire

FORGED = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",  # decimal
    "https://0x7f000001/",  # hexadecimal
    "https://0x7f.0.0.1/",
    "https://0x7F.1/",
    "https://017700000001/",  # octal
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.01/",
    "https://0/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:7f00:0001]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[100::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "http://8.8.8.8/",  # public, but in clear
    "http://a.example/",
    "ftp://a.example/",
    "file:///etc/passwd",
    "gopher://a.example/",
    "//a.example/",
    "a.example",
    "",
    "https://",
    "https:///path",
    "https://user@a.example/",
    "https://user:word@a.example/",
    "https://a.example@127.0.0.1/",
    "https://127.0.0.1#@a.example/",
    "https://a.example\\@127.0.0.1/",
    "https://a.example:0/",
    "https://a.example:/",
    "https://a.example:99999/",
    "https://a.example:80:80/",
    "https://a.example/ /",
    "https://a.example/\r\nX-Evil: 1",
    "https://a.example\t/",
    " https://a.example/",
    "https://①②⑦.0.0.1/",
    "https://127。0。0。1/",
    "https://ｌocalhost/",
    "https://a.example%00.b.example/",
    "https://127.0.0.1%2f@a.example/",
    "https://[127.0.0.1]/",
    "https://[::1/",
    "https://-/",
    "https://a..example/",
    "https://" + "a" * 2100,
]


def nobody(host: str, port: int) -> list[str]:
    return ["93.184.216.34"]


@pytest.mark.parametrize("url", FORGED)
def test_no_spelling_of_a_forbidden_address_passes(url: str) -> None:
    with pytest.raises(AddressRefused):
        HttpWire(resolver=nobody).check(url)
    with pytest.raises(AddressRefused):
        HttpWire(resolver=nobody).post(url, b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/",
        "https://A.Example:8443/hooks?x=1",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://xn--mller-kva.example/",
        "https://1password.example/",
        "https://a.example./",
    ],
)
def test_a_public_address_passes(url: str) -> None:
    HttpWire(resolver=lambda host, port: [host if host[0] in "82" else "93.184.216.34"]).check(url)


INSIDE = [
    "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0",
    "64:ff9b::10.0.0.1", "0.0.0.0", "224.0.0.251", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_also_if_only_one_of_its_addresses_does(address: str) -> None:
    for found in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        wire = HttpWire(resolver=lambda host, port, found=found: found)  # type: ignore[misc]
        with pytest.raises(AddressRefused):
            wire.check("https://a.example/")
        with pytest.raises(AddressRefused):
            wire.post("https://a.example/", b"{}", {})


def test_a_network_without_ipv4_reaches_public_addresses_through_nat64() -> None:
    assert refusal("64:ff9b::8.8.8.8", "https", Reach.PUBLIC) is None


def test_a_name_that_is_not_known_cannot_be_added_and_counts_as_unreachable_later() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(AddressRefused):
        HttpWire(resolver=unknown).check("https://a.example/")
    with pytest.raises(HookUnreachable):
        HttpWire(resolver=unknown).post("https://a.example/", b"{}", {})


@pytest.mark.parametrize("reach", list(Reach))
@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "224.0.0.1", "0.0.0.0"],
)
def test_a_clouds_metadata_is_out_of_reach_whatever_is_allowed(reach: Reach, address: str) -> None:
    assert refusal(address, "https", reach) is not None
    assert refusal(address, "http", reach) is not None


def test_how_far_messages_may_go_is_what_the_settings_say() -> None:
    near = ["127.0.0.1", "::1"]
    house = ["10.0.0.1", "192.168.1.1", "172.20.0.1", "fc00::1"]
    for scheme in ("http", "https"):
        assert [refusal(a, scheme, Reach.LOOPBACK) is None for a in near + house] == [True] * 2 + [False] * 4
        assert [refusal(a, scheme, Reach.PRIVATE) is None for a in near + house] == [True] * 6
        assert not any(refusal(a, scheme, Reach.PUBLIC) is None for a in near + house)
    assert refusal("8.8.8.8", "http", Reach.PRIVATE) is not None, "in clear only to one's own network"


def test_the_systems_resolver_reads_all_the_odd_spellings_which_is_why_they_are_refused() -> None:
    assert resolve("127.1", 443) == ["127.0.0.1"]


def test_an_address_is_taken_apart_once() -> None:
    target = take_apart("https://Shop.Example:8443/a/b?c=d")
    assert target == Target("https", "shop.example", 8443, "/a/b?c=d")
    assert isinstance(target, Target)
    assert target.authority == "shop.example:8443"
    v6 = take_apart("https://[2606:4700:0::1111]")
    assert isinstance(v6, Target)
    assert (v6.authority, v6.path) == ("[2606:4700::1111]", "/")
    backend = CheckedBackend(v6, Reach.PUBLIC, lambda host, port: ["::1"], 1)
    with pytest.raises(AddressRefused):
        backend.connect_tcp("2606:4700::1111", 443)
