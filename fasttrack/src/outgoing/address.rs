//! Which addresses are anybody's, and which are of the machine, its networks or its provider.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where connections may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses alone: for what others have chosen.
    Public,
    /// Anywhere: for what the operator has set.
    Any,
}

impl Reach {
    /// Whether a connection to this address may be opened.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        self == Self::Any || is_public(address)
    }
}

/// Networks that are not public, by the registry of special addresses (RFC 6890, RFC 8190), multicast (RFC 5771) and what is
/// reserved; last what a provider has among public ones, and answers machines of its own with (Azure).
const CLOSED_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
    ([168, 63, 129, 16], 32),
];

/// What is public of IPv6 (RFC 4291).
const GLOBAL_V6: ([u16; 2], u32) = ([0x2000, 0], 3);

/// Networks in there that are not: protocol assignments with Teredo, documentation, and 6to4, behind which is an address of
/// IPv4.
const CLOSED_V6: [([u16; 2], u32); 4] =
    [([0x2001, 0], 23), ([0x2001, 0x0db8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];

/// What leads to an address of IPv4, which is its end: a translator (RFC 6052), or the machine itself.
const OF_V4: [[u16; 6]; 2] = [[0x64, 0xff9b, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0xffff]];

/// Whether an address is one that anybody on the Internet may reach as well.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !CLOSED_V4.iter().any(|&(network, bits)| is_in_v4(address, network, bits)),
        IpAddr::V6(address) => {
            let is_in = |&(network, bits): &([u16; 2], u32)| is_in_v6(address, network, bits);
            let is_global = || is_in(&GLOBAL_V6) && !CLOSED_V6.iter().any(is_in);
            behind(address).map_or_else(is_global, |address| is_public(IpAddr::V4(address)))
        }
    }
}

/// The address of IPv4 that one of IPv6 leads to, if it is made of one.
fn behind(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [start @ .., high, low] = address.segments();
    let [[one, two], [three, four]] = [high.to_be_bytes(), low.to_be_bytes()];
    OF_V4.contains(&start).then(|| Ipv4Addr::new(one, two, three, four))
}

/// Whether the first `bits` bits are those of a network, at least one.
fn is_in_v4(address: Ipv4Addr, network: [u8; 4], bits: u32) -> bool {
    (u32::from(address) ^ u32::from_be_bytes(network)) >> (32 - bits) == 0
}

/// The same, of a network whose beginning is in its first 32 bits.
fn is_in_v6(address: Ipv6Addr, [first, second]: [u16; 2], bits: u32) -> bool {
    let [a, b, ..] = address.segments();
    let start = |high: u16, low: u16| (u32::from(high) << 16) | u32::from(low);
    (start(a, b) ^ start(first, second)) >> (32 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], expected: bool) {
        for address in addresses {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn what_is_of_the_machine_its_networks_or_its_provider_is_not_public() {
        check(&["0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "::1", "::"], false);
        check(&["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"], false);
        check(&["169.254.169.254", "169.254.0.1", "168.63.129.16", "100.100.100.200", "192.0.0.192"], false);
        check(&["100.64.0.0", "100.127.255.255", "198.18.0.1", "198.19.255.255", "192.88.99.1"], false);
        check(&["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "3fff:fff::1"], false);
        check(&["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1", "ff0e::1"], false);
        check(&["fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "fdff::1"], false);
        check(&["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1"], false);
        check(&["::127.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::808:808"], false);
        check(&["2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:0:7f00:1::", "2001:1ff::1"], false);
        check(&["100::1", "4000::1", "5f00::1", "0200::1"], false);
    }

    #[test]
    fn what_lies_beside_them_is_public() {
        check(&["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "223.255.255.255"], true);
        check(&["100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"], true);
        check(&["169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255"], true);
        check(&["192.169.0.0", "198.17.255.255", "198.20.0.0", "168.63.129.15", "192.0.1.1"], true);
        check(&["2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2001:200::1", "3ffe::1"], true);
        check(&["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2003::1", "2001:db9::1"], true);
        assert!(Reach::Any.allows("127.0.0.1".parse().unwrap()));
        assert!(!Reach::Public.allows("127.0.0.1".parse().unwrap()));
    }
}
