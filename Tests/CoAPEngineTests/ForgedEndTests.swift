import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Whether four forged bytes end what only a protected answer may end.
struct ForgedEndTests {
    @Test(.requirement("COAP-0062"))
    func aProtectedRegistrationIsNotEndedByAForgedResetOrAcknowledgement() throws {
        var client = Endpoint()
        let (id, sent) = try client.send(get(expects: .manyVerifiedResponses))
        let number = sent.header.messageID.rawValue
        #expect(client.receive(datagram(.reset, .empty, id: number)).failures.isEmpty)
        #expect(client.receive(datagram(.acknowledgement, .empty, id: number)).failures.isEmpty)
        // A forged response that came by whoever saw the token.
        let forged = datagram(.acknowledgement, .content, id: number, token: sent.header.token)
        #expect(client.receive(forged).responses.count == 1)
        #expect(client.advance(by: .seconds(10)).map(\.effect).sent.count == 2)
        client.layer.verified(id, from: Endpoint.peer, at: client.now)
        #expect(client.advance(by: .seconds(300)).isEmpty)
        #expect(client.layer.load.exchanges == 1)
    }
}
