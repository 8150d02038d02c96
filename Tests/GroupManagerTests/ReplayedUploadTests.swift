import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// A token that somebody has recorded, sent again and again from addresses that he has invented.
struct ReplayedUploadTests {
    private let fixture: Fixture
    private let manager: TestManager
    private let client: TestClient
    private let address: IPv6Address

    init() throws {
        fixture = try Fixture(seed: 451) {
            $0.uploadRate = ManagerSettings().uploadRate
            $0.repeatedUploadRate = ManagerSettings().repeatedUploadRate
        }
        manager = fixture.manager
        address = IPv6Address(high: 0x2001_0db8_0000_0000, low: 9)
        client = try fixture.stranger("n1", address: address)
        client.token = try fixture.token(for: client, "n1", [("g7", 6)])
    }

    @Test(.requirement("GM-0045", "COAP-0196"))
    func replaysFromForgedAddressesAreLimitedTogether() throws {
        let codes = try flood(1_000)
        // The first is none, and those that came too early are told to show where they are.
        #expect(codes == [.created: 201, .unauthorized: 799])
        #expect(manager.events.last.map { if case .uploadRefused(_, .unproven) = $0 { true } else { false } } == true)
        #expect(manager.pass(.seconds(1)) == [])
        #expect(try flood(500)[.created] == 100)
    }

    /// Whoever is where he says is let in, however many are not.
    @Test(.requirement("GM-0045"))
    func theRightfulClientGetsThrough() throws {
        _ = try flood(1_000)
        let upload = TokenUpload(
            token: client.token, nonce1: [1, 2, 3, 4, 5, 6, 7, 8], clientRecipientID: [1], asksForSignInfo: false,
            asksForECDHInfo: false, asksForDHCredentials: false)
        var message = client.uploadMessage(upload)
        let challenge = try client.open.askOpenly(manager, message)
        #expect(challenge.code == .unauthorized && challenge.payload.isEmpty)
        let echo: [UInt8] = try #require(challenge.options.echo)
        message.options.echo = echo
        let answer = try client.open.askOpenly(manager, message)
        #expect(answer.code == .created)
        let payload = answer.payload
        try client.takeUp(
            TokenUploadAnswer(decoding: payload.span), nonce1: [1, 2, 3, 4, 5, 6, 7, 8], recipientID: [1])
        #expect(try client.join(manager, group: "g7", roles: [.requester, .responder]).code == .created)
        // The value is good for that address alone.
        _ = try flood(10)
        let thief = try fixture.stranger("thief", address: IPv6Address(high: address.high, low: 77))
        #expect(try thief.open.askOpenly(manager, message).options.echo != nil)
        // From its own address it is bound to the rate of that.
        var codes: [Code: Int] = [:]
        for _ in 0..<100 { codes[try fixture.upload(client.token, as: client).code, default: 0] += 1 }
        #expect(codes.keys.contains(.tooManyRequests) && codes[.unauthorized] == nil)
    }

    /// Somebody sends anything at all under the address of a client: that uses up nothing of the client's.
    @Test(.requirement("GM-0045", "COAP-0196"))
    func aForgedAddressDeniesItsOwnerNothing() throws {
        for _ in 0..<200 { _ = try fixture.upload([1], as: client) }
        let upload = TokenUpload(
            token: client.token, nonce1: [1, 2, 3, 4, 5, 6, 7, 8], clientRecipientID: [1], asksForSignInfo: false,
            asksForECDHInfo: false, asksForDHCredentials: false)
        var message = client.uploadMessage(upload)
        let challenge = try client.open.askOpenly(manager, message)
        #expect(challenge.code == .unauthorized)
        let echo: [UInt8] = try #require(challenge.options.echo)
        message.options.echo = echo
        #expect(try client.open.askOpenly(manager, message).code == .created)
    }

    /// A building that comes back has tokens that nobody has uploaded yet: no flood keeps it out.
    @Test(.requirement("GM-0045"))
    func otherTokensAreNotConcerned() throws {
        _ = try flood(1_000)
        for index in 0..<300 {
            let place = IPv6Address(high: address.high, low: 10_000 + UInt64(index))
            let other = try fixture.stranger("m\(index)", address: place)
            other.token = try fixture.token(for: other, "m\(index)", [("g7", 6)])
            #expect(try fixture.upload(other.token, as: other).code == .created)
        }
        #expect(try fixture.upload(client.token, as: client).code == .unauthorized)
    }

    /// So many uploads of one token, each from another address.
    private func flood(_ count: Int) throws -> [Code: Int] {
        var codes: [Code: Int] = [:]
        for index in 0..<count {
            let thief = try fixture.stranger(
                "thief", address: IPv6Address(high: address.high, low: 1_000_000 + UInt64(index)))
            codes[try fixture.upload(client.token, as: thief).code, default: 0] += 1
        }
        return codes
    }
}
