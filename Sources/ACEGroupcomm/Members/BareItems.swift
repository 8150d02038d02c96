import CBOR

/// The payload of `/ace-group/GROUPNAME/num`: the key generation number alone (RFC 9594 §4.7.1).
public enum VersionNumber: Sendable {
    /// Decodes a payload.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is an unsigned integer.
    public static func decode(_ payload: Span<UInt8>) throws(GroupcommError) -> UInt64 {
        guard let version = try CBORValue.decode(payload).unsignedInteger else { throw .wrongShape }
        return version
    }

    // GM-0269
    /// The payload in deterministic CBOR.
    public static func encode(_ version: UInt64) -> [UInt8] {
        CBORValue.unsigned(version).encoded()
    }
}

/// The payload of `/ace-group/GROUPNAME/active`, Content-Format 60: one truth value
/// (draft-ietf-ace-key-groupcomm-oscore §8.1).
public enum ActiveStatus: Sendable {
    /// Decodes a payload.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a truth value.
    public static func decode(_ payload: Span<UInt8>) throws(GroupcommError) -> Bool {
        guard let isActive = try CBORValue.decode(payload).boolean else { throw .wrongShape }
        return isActive
    }

    // GM-0275
    /// The payload in deterministic CBOR.
    public static func encode(_ isActive: Bool) -> [UInt8] {
        CBORValue.bool(isActive).encoded()
    }
}

/// The payloads of `/ace-group/GROUPNAME/stale-sids`, Content-Format 60 (draft-ietf-ace-key-groupcomm-oscore §9.3).
public enum StaleSenderIDs: Sendable {
    /// Decodes a request: the key generation number of the member.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is an unsigned integer.
    public static func decodeRequest(_ payload: Span<UInt8>) throws(GroupcommError) -> UInt64 {
        // GM-0251
        try VersionNumber.decode(payload)
    }

    /// The request in deterministic CBOR.
    public static func encodeRequest(version: UInt64) -> [UInt8] {
        VersionNumber.encode(version)
    }

    /// Decodes an answer.
    ///
    /// - Returns: The Sender IDs whose contexts go, in no particular order, each once; `nil` if there is no payload: the
    ///   manager does not know any more, so all go.
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is an array of byte strings.
    public static func decodeAnswer(_ payload: Span<UInt8>) throws(GroupcommError) -> Set<[UInt8]>? {
        // GM-0255: an empty array is something else.
        guard !payload.isEmpty else { return nil }
        guard let senderIDs = try CBORValue.decode(payload).byteStrings else { throw .wrongShape }
        // GM-0256
        return Set(senderIDs)
    }

    /// The answer in deterministic CBOR, each Sender ID once and the first of the list first.
    ///
    /// - Parameter senderIDs: `nil` for an answer without payload.
    public static func encodeAnswer(_ senderIDs: [[UInt8]]?) -> [UInt8] {
        guard let senderIDs else { return [] }
        // GM-0254
        var seen: Set<[UInt8]> = []
        return CBORValue.array(senderIDs.filter { seen.insert($0).inserted }.map { .bytes($0) }).encoded()
    }
}
