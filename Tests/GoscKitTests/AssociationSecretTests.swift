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
    @Test(.requirement("OSC-0114"))
    func nothingPrintsAMasterSecret() throws {
        let association = try TestAssociation.make(1, 2, secret: 0xa0)
        var configuration = EndpointConfiguration()
        configuration.associations = [association]
        let values: [Any] = [association, configuration]
        for value in values { #expect(!SecretScan.finds(association.masterSecret, in: value), "\(type(of: value))") }
    }
}
