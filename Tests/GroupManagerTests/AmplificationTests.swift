import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// What strangers are told is no longer than three times what they asked with, or 136 bytes: their addresses may be forged.
struct AmplificationTests {
    private let manager: TestManager
    private let victim: SocketAddress

    init() throws {
        manager = try TestManager(seed: 411) {
            $0.advertisesGroups = true
            $0.authorizationServers = [
                AuthorizationServer(
                    issuer: Fixture.issuer, key: Fixture.issuerKey,
                    uri: "coap://as.example/" + String(repeating: "long/", count: 60))
            ]
        }
        for index in 0..<30 { try manager.createGroup("group-\(index)") }
        victim = SocketAddress(try #require(IPv6Address("2001:db8::9")), port: 5683)
    }

    @Test(.requirement("COAP-0196", "GM-0082"))
    func anUnprotectedRefusalIsNoLongerThanAllowed() throws {
        for (code, path) in [
            (Code.get, "ace-group/group-0"), (.post, "ace-group/group-0"), (.get, "ace-group/nowhere"),
        ] {
            let message = TestClient.message(code, path)
            let answer = try longest(framed(message))
            #expect(answer.code == .unauthorized && answer.payload.isEmpty && answer.options.contentFormat == nil)
        }
        // Nor for what only looks protected.
        var message = TestClient.message(.get, "ace-group/group-0")
        message.options.oscore = [0x09, 0x00, 0x01, 0x02, 0x03]
        message.payload = [UInt8](repeating: 7, count: 12)
        #expect(try longest(framed(message)).code == .unauthorized)
        // Whoever asks at length may be told.
        message.payload = [UInt8](repeating: 7, count: 150)
        #expect(try longest(framed(message)).options.contentFormat == .ace)
    }

    @Test(.requirement("COAP-0196", "GM-0167"))
    func discoveryComesInBlocksThatAreShortEnough() throws {
        let answer = try longest(framed(TestClient.message(.get, ".well-known/core")))
        #expect(answer.code == .content && answer.options.block2?.isMore == true)
    }

    private func framed(_ message: Message) throws -> [UInt8] {
        let end = try TestAssociation(
            secret: [1], senderID: [1], recipientID: [2], address: victim, firstMessageID: 1)
        return end.frame(message)
    }

    /// The answer to a request, which has to be short enough.
    private func longest(_ request: [UInt8]) throws -> Message {
        let sent = manager.deliver(request, from: victim)
        try #require(sent.count == 1)
        let length = sent[0].bytes.count
        #expect(length <= max(136, 3 * request.count), "\(length) bytes for \(request.count)")
        return try TestAssociation.message(in: sent[0].bytes)
    }
}
