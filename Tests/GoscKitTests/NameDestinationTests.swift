import CoAP
import GoscKit
import TestSupport
import Testing

/// Where a name leads.
struct NameDestinationTests {
    /// The resolver takes numbers for names, too; a name of the DNS may have any address.
    @Test(.requirement("COAP-0118"))
    func aNameIsNoWayToAGroupOfIPv4() async throws {
        let uri = "coap://0xe00001bb/light"
        await #expect(throws: CoAPError.invalidURI(uri, .ipv4Group)) { _ = try await Destination(uri) }
        _ = try await Destination("coap://0x7f000001/light")
    }
}
