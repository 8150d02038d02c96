import Bytes
import TestSupport
import Testing

struct MulticastTests {
    @Test(
        .requirement("COAP-0109"),
        arguments: [
            ("ff02::fd", 2, "", 0xfd), ("ff05::1", 5, "", 1), ("ff15::1:2", 5, "T", 0x1_0002),
            ("ff35:30:fdab:cdef:1::a01", 5, "TP", 0xa01), ("ff78:140:2001:db8::1", 8, "TPR", 1),
            ("ff2e::1", 14, "P", 1),
            ("ff01::1", 1, "", 1), ("ff83::1", 3, "", 1), ("ff0f::", 15, "", 0),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 15, "TPR", 0xffff_ffff),
        ] as [(String, UInt8, String, UInt32)])
    func flagsScopeAndGroupStandInTheirBits(text: String, scope: UInt8, flags: String, group: UInt32) throws {
        let address = try #require(IPv6Address(text))
        let layout = try #require(address.multicastLayout)
        #expect(layout.scope == MulticastScope(rawValue: scope))
        #expect(address.multicastScope == layout.scope)
        #expect(layout.isTransient == flags.contains("T"))
        #expect(layout.isPrefixBased == flags.contains("P"))
        #expect(layout.hasRendezvousPoint == flags.contains("R"))
        #expect(layout.groupID == group)
    }

    @Test(.requirement("COAP-0109"), arguments: ["::1", "fe80::1", "feff::", "::ffff:224.0.1.187"])
    func unicastAddressesHaveNoLayout(text: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.multicastLayout == nil)
        #expect(address.multicastScope == nil)
    }

    @Test(.requirement("COAP-0109"))
    func scopesHaveTheirNumbersAndNames() {
        let table: [(MulticastScope, UInt8, String)] = [
            (.interfaceLocal, 1, "interface-local"), (.linkLocal, 2, "link-local"), (.realmLocal, 3, "realm-local"),
            (.adminLocal, 4, "admin-local"), (.siteLocal, 5, "site-local"),
            (.organizationLocal, 8, "organization-local"),
            (.global, 14, "global"),
        ]
        for (scope, number, name) in table {
            #expect(scope.rawValue == number)
            #expect(scope.description == name)
        }
        #expect(MulticastScope(rawValue: 6)?.description == "scope 6")
        #expect(MulticastScope(rawValue: 16) == nil)
        #expect(MulticastScope.siteLocal < .organizationLocal)
    }

    @Test(
        .requirement("COAP-0110"),
        arguments: [
            ("fdab:cdef:1:2::99", 48, "ff35:30:fdab:cdef:1::a01", "fdab:cdef:1::"),
            ("2001:db8:1:2::", 64, "ff35:40:2001:db8:1:2:0:a01", "2001:db8:1:2::"),
            ("2001:db8:1:2::", 0, "ff35::a01", "::"), ("ffff:ffff::", 1, "ff35:1:8000::a01", "8000::"),
        ])
    func prefixesMakeAddresses(network: String, length: Int, text: String, kept: String) throws {
        let host = try #require(IPv6Address(network))
        let prefix = try #require(NetworkPrefix(host, length: length))
        let address = IPv6Address(multicastOf: prefix, scope: .siteLocal, groupID: 0xa01)
        #expect(address == IPv6Address(text))
        let layout = try #require(address.multicastLayout)
        #expect(layout.prefix == prefix)
        #expect(layout.prefix?.address == IPv6Address(kept))
        #expect(layout.groupID == 0xa01 && layout.isTransient && layout.isPrefixBased)
    }

    @Test(.requirement("COAP-0110"))
    func whatIsNoPrefixIsNone() throws {
        // Longer than 64 bits; P without T; T without P.
        for text in ["ff35:41:fdab::1", "ff35:ff:fdab::1", "ff25:30:fdab::1", "ff15:30:fdab::1"] {
            #expect(try #require(IPv6Address(text)?.multicastLayout).prefix == nil, "\(text)")
        }
        #expect(NetworkPrefix(.loopback, length: 65) == nil)
        #expect(NetworkPrefix(.loopback, length: -1) == nil)
    }
}

struct SocketAddressTests {
    @Test(
        arguments: [
            ("::1", 0, "[::1]:5683"), ("fe80::1", 3, "[fe80::1%3]:5683"), ("::ffff:192.0.2.1", 0, "192.0.2.1:5683"),
            ("::ffff:c000:201", 3, "192.0.2.1:5683"), ("::fffe:192.0.2.1", 0, "[::fffe:c000:201]:5683"),
            ("1::ffff:c000:201", 0, "[1::ffff:c000:201]:5683"),
        ] as [(String, UInt32, String)])
    func addressesAreShownAsPeopleWriteThem(text: String, interface: UInt32, shown: String) throws {
        let address = SocketAddress(
            try #require(IPv6Address(text)), port: 5683, interface: InterfaceIndex(interface))
        #expect(address.description == shown)
    }

    @Test(
        arguments: [
            (0xe000_01bb, "224.0.1.187", true), (0xefff_ffff, "239.255.255.255", true),
            (0xdfff_ffff, "223.255.255.255", false),
            (0xf000_0000, "240.0.0.0", false), (0, "0.0.0.0", false),
        ] as [(UInt32, String, Bool)])
    func ipv4AddressesAreKnown(number: UInt32, text: String, isMulticast: Bool) {
        let address = IPv6Address(ipv4: number)
        #expect(address.ipv4 == number)
        #expect(address.ipv4Text == text)
        #expect(address.isIPv4Multicast == isMulticast)
        #expect(IPv6Address("::ffff:\(text)") == address)
        #expect(!address.isMulticast)
    }
}
