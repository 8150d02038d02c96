import Bytes
import CoAP
import CoAPSecurity
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

    @Test(.requirement("OSC-0114"))
    func nothingPrintsAMasterSecret() throws {
        let association = OSCOREAssociation(
            masterSecret: Array(0xa0..<0xb0), senderID: try #require(SenderID([1])),
            recipientID: try #require(SenderID([2])), reservedEnd: 0, store: NothingKept())
        var configuration = EndpointConfiguration()
        configuration.associations = [association]
        let values: [Any] = [association, configuration]
        for value in values { #expect(!SecretScan.finds(association.masterSecret, in: value), "\(type(of: value))") }
    }
}
