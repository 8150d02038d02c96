import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import CoAPEngine
@testable import GoscKit

/// What is printed of an association.
struct AssociationSecretTests {
    private struct NothingKept: SequenceNumberStore {
        func reserve(below end: UInt64) throws {}
    }

    private func association(_ sender: UInt8, _ recipient: UInt8, secret: UInt8 = 1) throws -> OSCOREAssociation {
        OSCOREAssociation(
            masterSecret: Array(secret..<secret + 16), senderID: try #require(SenderID([sender])),
            recipientID: try #require(SenderID([recipient])), reservedEnd: 0, store: NothingKept())
    }

    @Test(.requirement("OSC-0114"))
    func nothingPrintsAMasterSecret() throws {
        let association = try association(1, 2, secret: 0xa0)
        var configuration = EndpointConfiguration()
        configuration.associations = [association]
        let values: [Any] = [association, configuration]
        for value in values { #expect(!SecretScan.finds(association.masterSecret, in: value), "\(type(of: value))") }
    }
}
