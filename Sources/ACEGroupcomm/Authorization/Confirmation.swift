import CBOR

/// The key that a token is bound to: the claim and parameter `cnf` (RFC 8747 §3.1, RFC 9203 §3.2.1).
public enum Confirmation: Hashable, Sendable {
    /// `osc` (4): new keying material. Secret.
    case inputMaterial(OSCOREInputMaterial)
    /// `kid` (3): the ``OSCOREInputMaterial/id`` of material that both have already.
    case keyID([UInt8])

    /// Overwrites the Master Secret, if there is one.
    public mutating func wipe() {
        guard case .inputMaterial(var material) = self else { return }
        self = .keyID([])
        material.wipe()
    }

    /// - Parameter label: Names the confirmation in an error.
    init(_ value: CBORValue, label: Int64) throws(GroupcommError) {
        guard case .map = value else { throw .wrongType(label) }
        let map = try WireMap<ConfirmationLabel>(value)
        if let material = map[.osc] {
            self = .inputMaterial(try OSCOREInputMaterial(material))
        } else if let keyID = map[.kid]?.byteString {
            self = .keyID(keyID)
        } else {
            // A COSE_Key, for one: this profile has no use for it.
            throw .invalid(label)
        }
    }

    var value: CBORValue {
        var map = WireMap<ConfirmationLabel>()
        switch self {
        case .inputMaterial(let material): map[.osc] = material.value
        case .keyID(let keyID): map[.kid] = .bytes(keyID)
        }
        return map.value
    }
}
