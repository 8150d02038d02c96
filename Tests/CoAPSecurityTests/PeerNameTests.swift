import Bytes
import CoAP
import CoAPSecurity
import OSCORE
import TestSupport
import Testing

@testable import CoAPEngine

/// Whether two peers can be taken for each other.
struct PeerNameTests {
    /// They would share uploads, kept answers and observations, and a request to the one would be protected for the other.
    @Test func twoPeersCannotHaveTheSameName() throws {
        let (one, other) = (try TestAssociation.make(1, 2), try TestAssociation.make(1, 2, secret: 100))
        #expect(one.peer == other.peer)
        #expect(throws: InvalidAssociation.self) { _ = try EndpointSecurity(associations: [one, other]) }
        var distinct = other
        distinct.idContext = [1]
        _ = try EndpointSecurity(associations: [one, distinct])
    }
}
