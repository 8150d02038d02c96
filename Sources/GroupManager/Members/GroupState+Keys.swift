import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives
import OSCORE

extension GroupState {
    /// The key map for one member. Holds the Master Secret.
    func keyMap(senderID: [UInt8]?) -> GroupKeyMap {
        // GM-0109, GM-0111
        GroupKeyMap(
            masterSecret: [UInt8](copying: record.masterSecret.bytes), masterSalt: record.masterSalt,
            groupID: record.groupID,
            senderID: senderID, credentialFormat: configuration.credentialFormat, hkdf: configuration.hkdf,
            groupMode: configuration.groupMode, pairwiseMode: configuration.pairwiseMode)
    }

    // GM-0290
    /// What uncovers countersignatures, and nothing else.
    func signatureEncryptionKey() throws(ContextError) -> [UInt8] {
        guard let hash = configuration.hkdf.hash, let mode = configuration.groupMode,
            let count = mode.encryption.keyLength
        else { throw .unsupportedAlgorithm }
        let key = try KeyDerivation.derive(
            hash, salt: record.masterSalt.span, secret: record.masterSecret.bytes, id: [UInt8]().span,
            idContext: record.groupID, algorithm: mode.encryption.rawValue, type: "SEKey", count: count)
        return [UInt8](copying: key.bytes)
    }
}
