import Bytes
import CBOR

extension CredentialFormat {
    /// Tells from its first bytes in which format a credential is, or a chain or bag of several; `nil` if it is like none.
    ///
    /// For tools that show what somebody has found. In a group the format is agreed on, and never guessed.
    public init?(recognizing bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return nil }
        if bytes[0] == Self.sequence {
            self = .x509
            return
        }
        var reader = CBORReader(bytes)
        while reader.nextMajorType == .tag {
            guard (try? reader.readTag()) != nil else { return nil }
        }
        switch reader.nextMajorType {
        case .map: self = .ccs
        case .bytes:
            guard let content = try? reader.readBytes() else { return nil }
            self = Self.certificate(content)
        case .array:
            guard let format = Self.array(&reader) else { return nil }
            self = format
        default: return nil
        }
    }

    /// The first byte of every certificate in DER.
    private static let sequence: UInt8 = 0x30

    @_lifetime(reader: copy reader)
    private static func array(_ reader: inout CBORReader) -> CredentialFormat? {
        guard let count = try? reader.readArrayHeader(), count > 1 else { return nil }
        switch reader.nextMajorType {
        case .unsigned: return .c509
        case .map: return .ccs
        case .array: return .cwt
        // A list of tagged ones.
        case .tag:
            guard let item = try? reader.readEncodedItem() else { return nil }
            return Self(recognizing: item)
        case .bytes:
            guard let first = try? reader.readBytes() else { return nil }
            // The protected header of a COSE message, before the other one.
            return reader.nextMajorType == .map ? .cwt : certificate(first)
        default: return nil
        }
    }

    private static func certificate(_ content: Span<UInt8>) -> CredentialFormat {
        !content.isEmpty && content[0] == sequence ? .x509 : .c509
    }
}
