import Bytes
import CBOR
import CryptoPrimitives
import OSCORE

/// Which context something was received in, or under which Sender Key it was sent: a digest, so that what is remembered holds
/// no secret, and so that a line that lists fewer members means the same context.
struct ContextIdentity: Hashable {
    let digest: [UInt8]

    init(digest: [UInt8]) {
        self.digest = digest
    }

    /// A pair, with the roles of the endpoint that remembers.
    init(_ pair: PairContextInput) throws(WorkbenchFailure) {
        try self.init(
            masterSecret: pair.masterSecret,
            [
                "pair", pair.idContext.map { .bytes($0) } ?? .null, .bytes(pair.senderID.bytes),
                .bytes(pair.recipientID.bytes), CBORValue(pair.aead), CBORValue(pair.hkdf), .bytes(pair.masterSalt),
            ])
    }

    /// A group, and the member that remembers.
    init(_ group: GroupContextInput, me: SenderID?) throws(WorkbenchFailure) {
        let number = { (number: Int?) -> CBORValue in number.map { CBORValue($0) } ?? .null }
        try self.init(
            masterSecret: group.masterSecret,
            [
                "group", .bytes(group.groupID), me.map { .bytes($0.bytes) } ?? .null, CBORValue(group.hkdf),
                number(group.groupEncryption), number(group.aead), number(group.signature), number(group.keyAgreement),
                .bytes(group.masterSalt),
            ])
    }

    // OSC-0069
    /// The Sender Key of an endpoint: whatever else two contexts differ in, with one key they share their numbers.
    ///
    /// Derived as that key is, so that no two ways to write the same key go unnoticed.
    private init(senderKeyOf id: SenderID, _ schedule: KeySchedule, algorithm: Int) throws(WorkbenchFailure) {
        // No key has the type.
        digest = try schedule.derive("identity", id: id.bytes, algorithm: algorithm, type: "Numbers", count: 32).value
    }

    /// The Sender Key of a pair.
    init(senderKeyOf pair: PairContextInput) throws(WorkbenchFailure) {
        try self.init(senderKeyOf: pair.senderID, pair.schedule(), algorithm: pair.aead)
    }

    /// The Sender Key of a member of a group.
    init(senderKeyOf id: SenderID, in group: GroupContextInput) throws(WorkbenchFailure) {
        guard let main = group.groupEncryption ?? group.aead else { throw WorkbenchFailure(ContextError.noMode) }
        try self.init(senderKeyOf: id, group.schedule(), algorithm: main)
    }

    private init(masterSecret: [UInt8], _ parameters: [CBORValue]) throws(WorkbenchFailure) {
        let info = CBORValue.array(parameters).encoded()
        do throws(CryptoError) {
            digest = try [UInt8](capacity: 32) { output throws(CryptoError) in
                try HKDF.derive(
                    .sha256, salt: Array("gosc message".utf8).span, secret: masterSecret.span, info: info.span,
                    count: 32, into: &output)
            }
        } catch {
            throw WorkbenchFailure(.context, "\"master_secret\" cannot be derived from")
        }
    }
}
