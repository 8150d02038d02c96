import Bytes
import CBOR

/// Takes credentials out of what they are distributed in, and takes their tags off.
internal enum CredentialContainer {
    /// The credentials, each exactly as members keep it. A single one is a list of one.
    internal static func items(
        in bytes: Span<UInt8>, _ encoding: CredentialEncoding
    ) throws(CredentialError) -> [[UInt8]] {
        switch encoding {
        case .ccs: try claimsSets(bytes)
        case .cwt: try webTokens(bytes)
        case .x509: try certificates(bytes)
        case .c509: try c509Certificates(bytes)
        }
    }

    // GOSC-0059, GOSC-0333, RFC 10021 §2.4: the untagged form is what is stored and authenticated.
    private static func claimsSets(_ bytes: Span<UInt8>) throws(CredentialError) -> [[UInt8]] {
        guard let list = try list(bytes) else { return [[UInt8](copying: try withoutTag(CWTClaim.tags, bytes))] }
        return try list.mapItems { item throws(CredentialError) in
            [UInt8](copying: try withoutTag(CWTClaim.tags, item.span))
        }
    }

    /// A CWT is an array itself: it begins with a byte string, a list of them does not.
    private static func webTokens(_ bytes: Span<UInt8>) throws(CredentialError) -> [[UInt8]] {
        guard try beginsWith([.array, .tag], bytes), let list = try list(bytes) else {
            return [[UInt8](copying: try untaggedToken(bytes))]
        }
        return try list.mapItems { item throws(CredentialError) in
            [UInt8](copying: try untaggedToken(item.span))
        }
    }

    /// DER begins with 0x30, which is neither a byte string nor an array of CBOR: whatever is neither, the decoder judges.
    private static func certificates(_ bytes: Span<UInt8>) throws(CredentialError) -> [[UInt8]] {
        guard !bytes.isEmpty else { throw .malformed(.truncated) }
        let reader = CBORReader(bytes)
        switch reader.nextMajorType {
        case .bytes: return [try content(bytes)]
        case .array:
            guard let list = try list(bytes) else { return [] }
            return try list.mapItems { item throws(CredentialError) in try content(item.span) }
        default: return [[UInt8](copying: bytes)]
        }
    }

    /// A C509 certificate is an array itself: it begins with a number, a COSE_C509 of several with a byte string.
    private static func c509Certificates(_ bytes: Span<UInt8>) throws(CredentialError) -> [[UInt8]] {
        if CBORReader(bytes).nextMajorType == .bytes { return [certificate(in: try content(bytes))] }
        guard try beginsWith([.bytes], bytes), let list = try list(bytes) else { return [[UInt8](copying: bytes)] }
        return try list.mapItems { item throws(CredentialError) in certificate(in: try content(item.span)) }
    }

    // Up to draft 19 a C509CertData had the eleven items without the array around them, which RFC 10021 asks for.
    private static func certificate(in data: [UInt8]) -> [UInt8] {
        let isArray = data.span.isEmpty || CBORReader(data.span).nextMajorType == .array
        return isArray ? data : [C509Decoder.arrayHead] + data
    }

    /// A CWT without the tag of CWTs and that of its COSE message, each of which may be there.
    @_lifetime(copy bytes)
    private static func untaggedToken(_ bytes: Span<UInt8>) throws(CredentialError) -> Span<UInt8> {
        let message = tag(of: bytes) == CWTClaim.tag ? try withoutTag([CWTClaim.tag], bytes) : bytes
        if let tag = tag(of: message), COSETag.encrypted.contains(tag) { throw .encrypted }
        return try withoutTag(COSETag.readable, message)
    }

    private static func tag(of bytes: Span<UInt8>) -> UInt64? {
        var reader = CBORReader(bytes)
        return reader.nextMajorType == .tag ? try? reader.readTag() : nil
    }

    /// Takes off one tag, if there is one; it must be one of these.
    @_lifetime(copy bytes)
    private static func withoutTag(_ tags: Set<UInt64>, _ bytes: Span<UInt8>) throws(CredentialError) -> Span<UInt8> {
        var reader = CBORReader(bytes)
        guard reader.nextMajorType == .tag else { return bytes }
        do throws(CBORError) {
            guard tags.contains(try reader.readTag()) else { throw CBORError.wrongType }
        } catch {
            throw .malformed(error)
        }
        return bytes.extracting(droppingFirst: bytes.count - reader.remaining)
    }

    /// Whether the bytes are an array whose first item is one of these.
    private static func beginsWith(_ types: Set<MajorType>, _ bytes: Span<UInt8>) throws(CredentialError) -> Bool {
        var reader = CBORReader(bytes)
        guard reader.nextMajorType == .array else { return false }
        do throws(CBORError) {
            guard try reader.readArrayHeader() > 0 else { return false }
        } catch {
            throw .malformed(error)
        }
        return reader.nextMajorType.map(types.contains) ?? false
    }

    /// The encoded items of an array of two or more; `nil` if the bytes are no array.
    private static func list(_ bytes: Span<UInt8>) throws(CredentialError) -> [[UInt8]]? {
        var reader = CBORReader(bytes)
        guard reader.nextMajorType == .array else { return nil }
        var items: [[UInt8]] = []
        do throws(CBORError) {
            let count = try reader.readArrayHeader()
            guard count <= maximumCount else { throw CBORError.tooLarge }
            for _ in 0..<count {
                items.append([UInt8](copying: try reader.readEncodedItem()))
            }
            try reader.finish()
        } catch {
            throw .malformed(error)
        }
        // RFC 9360 §2: one credential has no array around it.
        guard items.count > 1 else { throw .notAContainer }
        return items
    }

    /// How many credentials a chain or bag has at most. Each key in it costs whoever reads it a check, on large curves more
    /// than a signature; chains of three are long.
    private static let maximumCount = 8

    /// The content of exactly one byte string.
    private static func content(_ bytes: Span<UInt8>) throws(CredentialError) -> [UInt8] {
        var reader = CBORReader(bytes)
        guard reader.nextMajorType == .bytes else { throw .notAContainer }
        do throws(CBORError) {
            let content = [UInt8](copying: try reader.readBytes())
            try reader.finish()
            return content
        } catch {
            throw .malformed(error)
        }
    }
}

extension Array<[UInt8]> {
    /// `map` with the error's type kept.
    fileprivate func mapItems(
        _ transform: ([UInt8]) throws(CredentialError) -> [UInt8]
    ) throws(CredentialError) -> [[UInt8]] {
        var items: [[UInt8]] = []
        for item in self { items.append(try transform(item)) }
        return items
    }
}
