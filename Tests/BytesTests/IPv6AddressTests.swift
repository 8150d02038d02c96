import Bytes
import Testing

struct IPv6AddressTests {
    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("ff35:30:fd00::1", "ff35:30:fd00::1"),
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("::ffff:192.0.2.1", "::ffff:c000:201"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:0:0:4:5:6:7:8", "1::4:5:6:7:8"),
        ("fe80::", "fe80::"),
    ])
    func textFormIsCanonical(text: String, canonical: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == canonical)
        #expect(IPv6Address(address.bytes.span) == address)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "::1.2.3",
        "::1.2.3.256",
        "1:2:3:4:5:6:7::8", "fe80::1%eth0", "::1.2.3.4:5", "+1::",
    ])
    func otherTextIsRefused(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test func ipv4AddressIsMapped() throws {
        let address = IPv6Address(ipv4: 0xc000_0201)
        #expect(address == IPv6Address("::ffff:192.0.2.1"))
        #expect(address.isIPv4Mapped)
        #expect(!address.isIPv4Multicast)
        let groups = try ["224.0.0.0", "239.255.255.255"].map { try #require(IPv6Address("::ffff:\($0)")) }
        #expect(groups.filter(\.isIPv4Multicast) == groups)
        let others = try ["::1", "::fffe:1.2.3.4", "1::ffff:224.0.0.1", "::224.0.0.1"].map {
            try #require(IPv6Address($0))
        }
        #expect(others.filter(\.isIPv4Mapped).isEmpty)
        #expect(others.filter(\.isIPv4Multicast).isEmpty)
        #expect(!IPv6Address(ipv4: 0xdfff_ffff).isIPv4Multicast)
        #expect(!IPv6Address(ipv4: 0xf000_0000).isIPv4Multicast)
    }
}
