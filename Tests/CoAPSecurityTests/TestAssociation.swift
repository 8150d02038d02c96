import CoAPSecurity
import OSCORE
import Testing

/// Associations whose numbers nobody keeps.
enum TestAssociation {
    static func make(_ sender: UInt8, _ recipient: UInt8, secret: UInt8 = 1) throws -> OSCOREAssociation {
        OSCOREAssociation(
            masterSecret: Array(secret..<secret + 16), senderID: try #require(SenderID([sender])),
            recipientID: try #require(SenderID([recipient])), reservedEnd: 0, store: TestDisk())
    }
}
