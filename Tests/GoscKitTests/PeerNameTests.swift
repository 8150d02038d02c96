import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import CoAPEngine
@testable import GoscKit

/// Whether two peers can be taken for each other.
struct PeerNameTests {
    private struct NothingKept: SequenceNumberStore {
        func reserve(below end: UInt64) throws {}
    }

    private func association(_ sender: UInt8, _ recipient: UInt8, secret: UInt8 = 1) throws -> OSCOREAssociation {
        OSCOREAssociation(
            masterSecret: Array(secret..<secret + 16), senderID: try #require(SenderID([sender])),
            recipientID: try #require(SenderID([recipient])), reservedEnd: 0, store: NothingKept())
    }

    /// They would share uploads, kept answers and observations, and a request to the one would be protected for the other.
    @Test func twoPeersCannotHaveTheSameName() throws {
        let (one, other) = (try association(1, 2), try association(1, 2, secret: 100))
        #expect(one.peer == other.peer)
        #expect(throws: CoAPError.self) { _ = try OSCOREProtection([one, other]) }
        var distinct = other
        distinct.idContext = [1]
        _ = try OSCOREProtection([one, distinct])
    }
}
