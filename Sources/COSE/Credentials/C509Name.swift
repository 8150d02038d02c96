import Bytes
import CBOR

/// A Name of a C509 certificate: attributes in pairs, or a single common name for itself.
internal struct C509Name {
    /// As it stands in the certificate.
    internal let encoded: [UInt8]
    /// The text of the first common name; `nil` if there is none.
    internal let commonName: String?

    @_lifetime(reader: copy reader)
    internal init(_ reader: inout CBORReader) throws(CBORError) {
        let item = try reader.readEncodedItem()
        encoded = [UInt8](copying: item)
        let value = try CBORValue(decoding: item)
        guard let attributes = value.arrayItems else {
            commonName = try Self.text(value)
            return
        }
        guard attributes.count.isMultiple(of: 2) else { throw .wrongType }
        var commonName: String?
        for index in stride(from: 0, to: attributes.count, by: 2) {
            let (type, value) = (attributes[index], attributes[index + 1])
            guard let number = type.integer else {
                // An OID, whose value is DER.
                guard type.byteString != nil, value.byteString != nil else { throw .wrongType }
                continue
            }
            let text = try Self.text(value)
            // The sign tells a printableString from a utf8String.
            if number.magnitude == Self.commonNameType, commonName == nil { commonName = text }
        }
        self.commonName = commonName
    }

    /// The Name that is a single common name, in the shortest of its forms (§3.1.4 of the draft).
    internal static func value(commonName text: String) -> CBORValue {
        let isHex = text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        if isHex, !text.isEmpty, let digits = Hex.decode(text) { return .bytes(digits) }
        return address(text).map { .tagged(addressTag, .bytes($0)) } ?? .text(text)
    }

    /// The bytes of an EUI-64 in text; those of a 48-bit MAC address without FF-FE in the middle.
    private static func address(_ text: String) -> [UInt8]? {
        let pairs = text.split(separator: "-", omittingEmptySubsequences: false)
        let isUppercase = text.utf8.allSatisfy { "0123456789ABCDEF-".utf8.contains($0) }
        guard isUppercase, pairs.count == 8, pairs.allSatisfy({ $0.utf8.count == 2 }),
            let address = Hex.decode(pairs.joined())
        else { return nil }
        return address[3...4].elementsEqual([0xff, 0xfe]) ? Array(address[..<3] + address[5...]) : address
    }

    /// MAC addresses (RFC 9542 §2.4).
    private static let addressTag: UInt64 = 48
    private static let commonNameType: UInt64 = 1

    /// A SpecialText: text, hex digits as bytes, or an EUI-64 under the tag of MAC addresses (RFC 9542 §2.4).
    private static func text(_ value: CBORValue) throws(CBORError) -> String {
        switch value {
        case .text(let text): return text
        case .bytes(let bytes): return Hex.encode(bytes)
        case .tagged(addressTag, .bytes(let address)):
            switch address.count {
            case 6: return eui64(address[..<3] + [0xff, 0xfe] + address[3...])
            case 8: return eui64(address[...])
            default: throw .wrongType
            }
        default: throw .wrongType
        }
    }

    private static func eui64(_ address: ArraySlice<UInt8>) -> String {
        address.map { Hex.encode([$0]).uppercased() }.joined(separator: "-")
    }
}
