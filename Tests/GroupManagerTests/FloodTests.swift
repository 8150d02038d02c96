import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// Much of everything: memory stays bounded, and who has the right gets through.
struct FloodTests {
    /// A token travels in the clear: whoever saw it can upload it, and gets nothing by that.
    @Test(.requirement("GM-0039", "GM-0045", "GM-0069"))
    func aTokenThatOthersUploadIsNotTakenAway() throws {
        let fixture = try Fixture(seed: 311)
        let manager = fixture.manager
        let client = try fixture.member("a")
        #expect(try client.ask(manager, .get, "ace-group/g7", change: { $0.observe = 0 }).options.observe != nil)
        let thief = try fixture.stranger("thief")
        for _ in 0..<1_000 { #expect(try fixture.upload(client.token, as: thief).code == .created) }
        #expect(manager.engine.status.candidates == 8)
        // The association that it has is the one that counts.
        #expect(try client.ask(manager, .get, "ace-group/g7").code == .content)
        #expect(manager.engine.status.observers == 1 && manager.store.clients.count == 1)
        // And another upload of its own goes through at once.
        try client.upload(manager)
        let datagram = try client.link().protect(TestClient.message(.get, "ace-group/g7"))
        let sent = manager.deliver(datagram, from: client.address)
        #expect(try client.link().openOwn(sent).map(\.code) == [.content])
        #expect(manager.store.clients.count == 1)
    }

    @Test(.requirement("GM-0045"))
    func halfOpenUploadsAreBounded() throws {
        let fixture = try Fixture(seed: 312) { $0.candidateLimit = 200 }
        let manager = fixture.manager
        let member = try fixture.member("a")
        let strangers = try (0..<300).map { index in
            let client = try fixture.stranger("n\(index)")
            client.token = try fixture.token(for: client, "n\(index)", [("g7", 6)])
            return client
        }
        for count in 0..<10_000 {
            #expect(try fixture.upload(strangers[count % 300].token, as: strangers[count % 300]).code == .created)
            if count % 500 == 0 {
                #expect(manager.engine.status.candidates <= 200)
                // Somebody new gets through, and who is there stays.
                _ = try fixture.member("late-\(count)")
                #expect(try member.ask(manager, .get, "ace-group/g7/num").code == .content)
            }
        }
        #expect(manager.engine.status.candidates == 200)
        // The oldest have gone: they are told to come again.
        let first = strangers[1]
        try first.upload(manager)
        #expect(try first.ask(manager, .get, "ace-group/g7").problem == 0)
        #expect(manager.store.clients.count == 22)
    }

    /// Whoever has shown to have the keys is not put aside by those who have not.
    @Test(.requirement("GM-0045", "GM-0493"))
    func aFloodDoesNotPutAsideWhoeverHasTheKeys() throws {
        let fixture = try Fixture(seed: 313) { $0.candidateLimit = 10 }
        let manager = fixture.manager
        let client = try fixture.member("a")
        try client.upload(manager)
        let next = try client.link()
        // A request and a flood, all decided on in one turn.
        let first = try next.protect(TestClient.message(.post, "ace-group/g7/nodes/a"))
        let second = try next.protect(TestClient.message(.post, "ace-group/g7/nodes/a"))
        var flood: [([UInt8], from: SocketAddress)] = [(first, client.address)]
        for index in 0..<40 {
            let thief = try fixture.stranger("thief-\(index)")
            // The same token, and others.
            let token = index < 20 ? client.token : try fixture.token(for: thief, "t\(index)", [("g7", 6)])
            let upload = TokenUpload(
                token: token, nonce1: thief.bytes(8), clientRecipientID: [3], asksForSignInfo: false,
                asksForECDHInfo: false, asksForDHCredentials: false)
            flood.append((thief.open.frame(thief.uploadMessage(upload)), thief.address))
        }
        flood.append((second, client.address))
        let sent = manager.deliver(flood)
        #expect(try next.openOwn(sent).map(\.payload) == [hex("a1154101"), hex("a1154102")])
        // Each of them counted once.
        for datagram in [first, second] {
            let again = try TestAssociation.outer(manager.deliver(next.reframe(datagram), from: client.address))
            #expect(again.code == .unauthorized && again.options.oscore == nil)
            #expect(manager.events.last == .rejected(from: client.address, reason: .replay))
        }
        #expect(manager.member("a")?.senderID == [2] && manager.engine.status.candidates <= 10)
    }

    @Test(.requirement("GM-0045"))
    func uploadsOfOneAddressAreLimited() throws {
        let fixture = try Fixture(seed: 314) { $0.uploadRate = ManagerSettings().uploadRate }
        let manager = fixture.manager
        let client = try fixture.stranger("n1")
        client.token = try fixture.token(for: client, "n1", [("g7", 6)])
        var codes: [Code: Int] = [:]
        for _ in 0..<200 {
            let answer = try fixture.upload(client.token, as: client)
            codes[answer.code, default: 0] += 1
            if answer.code == .tooManyRequests { #expect(try #require(answer.options.maxAge) > 0) }
        }
        #expect(codes == [.created: 50, .tooManyRequests: 150])
        // Bad ones cost as much as good ones.
        #expect(try fixture.upload([1], as: client).code == .tooManyRequests)
        let address = try #require(IPv6Address("2001:db8::9"))
        let other = try fixture.stranger("n2", address: address)
        other.token = try fixture.token(for: other, "n2", [("g7", 6)])
        try other.upload(manager)
        #expect(try other.ask(manager, .get, "ace-group/g7").problem == 0)
        #expect(manager.pass(.seconds(1)) == [])
        #expect(try fixture.upload(client.token, as: client).code == .created)
    }

    @Test(.requirement("GM-0177"))
    func probingForNamesIsLimited() throws {
        let fixture = try Fixture(seed: 315) { $0.clientRate = ManagerSettings().clientRate }
        let manager = fixture.manager
        let client = try fixture.client("x", [("g8", 6)])
        let other = try fixture.client("y", [("g8", 6)])
        var codes: [Code: Int] = [:]
        for _ in 0..<1_000 {
            let answer = try client.ask(
                manager, .fetch, "ace-group", hex("a1008143b10000"), format: .aceGroupcomm)
            codes[answer.code, default: 0] += 1
            if answer.code == .tooManyRequests { #expect(try #require(answer.options.maxAge) > 0) }
        }
        #expect(codes == [.content: 10, .tooManyRequests: 990])
        let served = try other.ask(manager, .fetch, "ace-group", hex("a1008143b10000"), format: .aceGroupcomm)
        #expect(served.code == .content)
        // A new association is no new client.
        try client.upload(manager)
        let again = try client.ask(manager, .fetch, "ace-group", hex("a1008143b10000"), format: .aceGroupcomm)
        #expect(again.code == .tooManyRequests)
    }
}
