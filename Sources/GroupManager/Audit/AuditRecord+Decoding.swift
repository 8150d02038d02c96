import Bytes
import CBOR

extension AuditRecord {
    /// Reads a record as a store or an export has it.
    ///
    /// - Parameters:
    ///   - encoded: What is hashed.
    ///   - confidential: The confidential part; `nil` where there is none or it was redacted.
    /// - Returns: `nil` unless these are exactly the bytes of a record and of the confidential part that it names: an array of
    ///   nine items and one of two, in deterministic CBOR. Whether it is the record that was appended is for
    ///   ``AuditVerifier`` to say.
    public init?(decoding encoded: Span<UInt8>, confidential: [UInt8]?) {
        guard let items = (try? CBORValue(decodingDeterministic: encoded))?.arrayItems, items.count == 9,
            items[0].unsignedInteger == Self.version, let sequence = items[1].unsignedInteger,
            let previous = items[2].byteString, previous.count == 32, let time = items[3].unsignedInteger,
            let kind = items[4].textString, items[5].isNull || items[5].textString != nil,
            items[6].isNull || items[6].textString != nil, let details = items[7].mapValue?.auditDetails,
            items[8].isNull || items[8].byteString?.count == 32
        else { return nil }
        var entry = AuditEntry(
            AuditKind(rawValue: kind), group: items[5].textString, subject: items[6].textString, details: details)
        var salt: [UInt8]?
        if let confidential {
            guard let parts = (try? CBORValue(decodingDeterministic: confidential.span))?.arrayItems, parts.count == 2,
                let bytes = parts[0].byteString, bytes.count == Self.saltCount,
                let hidden = parts[1].mapValue?.auditDetails, !hidden.isEmpty
            else { return nil }
            salt = bytes
            entry.confidential = hidden
        }
        self.init(
            sequence: sequence, previous: previous, time: time, entry: entry, salt: salt,
            confidentialHash: items[8].byteString)
        // Computed where there is a confidential part: what is not that part is none.
        guard self.confidentialHash == items[8].byteString else { return nil }
    }

    /// Puts a record together from what an export says of it.
    ///
    /// - Parameters:
    ///   - salt: 16 bytes; `nil` without a confidential part, and where it was redacted.
    ///   - confidentialHash: Of a redacted part; not looked at where there is a salt.
    /// - Returns: `nil` for lengths that no record has, and for a confidential part without salt or a salt without such a part.
    public init?(
        sequence: UInt64, previous: [UInt8], time: UInt64, stating entry: AuditEntry, salt: [UInt8]?,
        confidentialHash: [UInt8]?
    ) {
        guard previous.count == 32, salt?.count ?? Self.saltCount == Self.saltCount,
            confidentialHash?.count ?? 32 == 32, entry.confidential.isEmpty == (salt == nil)
        else { return nil }
        self.init(
            sequence: sequence, previous: previous, time: time, entry: entry, salt: salt,
            confidentialHash: confidentialHash)
    }
}

extension CBORMap {
    /// `nil` for anything but texts and numbers under names.
    fileprivate var auditDetails: [String: AuditValue]? {
        var details: [String: AuditValue] = [:]
        for entry in entries {
            guard let name = entry.key.textString else { return nil }
            switch entry.value {
            case .text(let text): details[name] = .text(text)
            case .unsigned(let number): details[name] = .number(number)
            default: return nil
            }
        }
        return details
    }
}
