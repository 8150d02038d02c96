import COSE
import CoAPSecurity
import CryptoPrimitives
import GoscKit
import OSCORE

extension Arguments {
    /// Security Contexts B and D of the OSCORE interoperability test specification, version 5, section 2.
    var associations: [OSCOREAssociation] {
        guard let client = SenderID([]), let server = SenderID([0x01]) else { return [] }
        let idContexts: [(Context, [UInt8]?)] = [(.b, nil), (.d, [0x37, 0xCB, 0xF3, 0x21, 0x00, 0x17, 0xA2, 0xD3])]
        return idContexts.filter { contexts.contains($0.0) }.map { _, idContext in
            OSCOREAssociation(
                masterSecret: Array(0x01...0x10), masterSalt: [0x9E, 0x7C, 0xA9, 0x22, 0x23, 0x78, 0x63, 0x40],
                idContext: idContext, senderID: server, recipientID: client, reservedEnd: 0, store: Forgetful())
        }
    }
}

/// Keeps no sequence number. These keys stand in a public document and protect nothing, so using a number twice gives
/// nothing away; and the tests expect that the server begins at 0 with an empty replay window whenever it is started.
///
/// Nothing else may have such a store.
private struct Forgetful: SequenceNumberStore {
    func reserve(below end: UInt64) throws {}
}
