import Bytes

extension LinkFormat {
    /// Reads a list of links.
    ///
    /// White space between the parts is an error, as the grammar has none. Names of attributes are read in lower case. Of
    /// an attribute that a link has once only the first occurrence is kept.
    ///
    /// - Parameter bytes: The whole payload; nothing is an empty list.
    /// - Throws: The first thing that is wrong. Nothing is kept then: half a list would hide resources.
    public static func decode(_ bytes: Span<UInt8>) throws(LinkFormatError) -> [Link] {
        guard bytes.count <= maximumLength else { throw .tooLong }
        var reader = ByteReader(bytes)
        guard !reader.isAtEnd else { return [] }
        var links = [try link(&reader)]
        while let byte = reader.readByte() {
            guard byte == UInt8(ascii: ",") else { throw .missingSeparator }
            guard links.count < maximumLinkCount else { throw .tooManyLinks }
            links.append(try link(&reader))
        }
        return links
    }

    /// `<reference>` and attributes, each after `;`.
    @_lifetime(reader: copy reader)
    private static func link(_ reader: inout ByteReader) throws(LinkFormatError) -> Link {
        var link = Link(target: try target(&reader))
        var names: Set<String> = []
        var count = 0
        while reader.next == UInt8(ascii: ";") {
            _ = reader.readByte()
            guard count < maximumAttributeCount else { throw .tooManyAttributes }
            count += 1
            let attribute = try attribute(&reader)
            #if GOSC_PLANTED_TRAP
                PlantedTrap.linkFormat.spring(
                    if: link.target.utf8.count == 3, count == 2, attribute.value?.isEmpty == true)
            #endif
            let isFirst = names.insert(attribute.name).inserted
            if isFirst || !LinkCharacters.onceNames.contains(attribute.name) { link.attributes.append(attribute) }
        }
        return link
    }

    @_lifetime(reader: copy reader)
    private static func target(_ reader: inout ByteReader) throws(LinkFormatError) -> String {
        guard reader.readByte() == UInt8(ascii: "<") else { throw .missingTarget }
        var target: [UInt8] = []
        while let byte = reader.readByte() {
            if byte == UInt8(ascii: ">") { return String(decoding: target, as: UTF8.self) }
            guard LinkCharacters.isURI(byte) else { throw .invalidTarget }
            target.append(byte)
            guard byte == UInt8(ascii: "%") else { continue }
            guard let high = reader.readByte(), let low = reader.readByte(),
                Hex.decode(String(decoding: [high, low], as: UTF8.self)) != nil
            else { throw .invalidTarget }
            target += [high, low]
        }
        throw .missingTarget
    }

    @_lifetime(reader: copy reader)
    private static func attribute(_ reader: inout ByteReader) throws(LinkFormatError) -> LinkAttribute {
        let ends = "=;,".utf8
        var bytes: [UInt8] = []
        while let byte = reader.next, !ends.contains(byte) {
            bytes.append(byte)
            _ = reader.readByte()
        }
        let name = String(decoding: bytes, as: UTF8.self)
        guard LinkCharacters.isName(name) else { throw .invalidName }
        guard reader.next == UInt8(ascii: "=") else { return LinkAttribute(name.lowercased()) }
        _ = reader.readByte()
        let value = reader.next == UInt8(ascii: "\"") ? try quotation(&reader) : try token(&reader)
        return LinkAttribute(name.lowercased(), value)
    }

    @_lifetime(reader: copy reader)
    private static func token(_ reader: inout ByteReader) throws(LinkFormatError) -> String {
        var bytes: [UInt8] = []
        while let byte = reader.next, byte != UInt8(ascii: ","), byte != UInt8(ascii: ";") {
            guard LinkCharacters.isToken(byte) else { throw .invalidValue }
            bytes.append(byte)
            _ = reader.readByte()
        }
        guard !bytes.isEmpty else { throw .invalidValue }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// COAP-0222: between quotation marks commas and semicolons separate nothing; a backslash takes away any meaning.
    @_lifetime(reader: copy reader)
    private static func quotation(_ reader: inout ByteReader) throws(LinkFormatError) -> String {
        _ = reader.readByte()
        var bytes: [UInt8] = []
        while let byte = reader.readByte() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidText }
                return text
            case UInt8(ascii: "\\"):
                guard let escaped = reader.readByte() else { throw .unclosedQuotation }
                guard escaped < 0x80 else { throw .invalidText }
                bytes.append(escaped)
            default:
                guard !LinkCharacters.isControl(byte) else { throw .unclosedQuotation }
                bytes.append(byte)
            }
        }
        throw .unclosedQuotation
    }
}
