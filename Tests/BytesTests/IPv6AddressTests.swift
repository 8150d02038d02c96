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
}
