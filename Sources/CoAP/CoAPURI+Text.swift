import Bytes

extension CoAPURI: CustomStringConvertible {
    /// Parses `coap://[ff35::1%25eth0]:5683/path?query`; a zone may also follow a bare `%`.
    ///
    /// - Throws: ``CoAPURIError/tooLong`` for text over ``maximumLength``; ``CoAPURIError/fragment`` for a `#`;
    ///   ``CoAPURIError/unsupportedScheme`` unless it begins with `coap://` or `coaps://`; ``CoAPURIError/invalidHost``
    ///   or ``CoAPURIError/invalidPort`` for an authority that is none; ``CoAPURIError/invalidCharacter`` for what
    ///   should be percent-encoded; ``CoAPURIError/invalidPercentEncoding`` for `%` without two digits, or bytes that
    ///   are not UTF-8; what ``init(scheme:host:port:path:query:)`` throws.
    public init(parsing text: String) throws(CoAPURIError) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        // COAP-0035
        guard !text.utf8.contains(UInt8(ascii: "#")) else { throw .fragment }
        guard let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased()),
            text[colon...].hasPrefix("://")
        else { throw .unsupportedScheme }
        let rest = text[colon...].dropFirst(3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let pathAndQuery = rest[authority.endIndex...]
        let path = pathAndQuery.prefix { $0 != "?" }
        let query = pathAndQuery[path.endIndex...]
        let (host, port) = try CoAPURIText.authority(authority)
        // COAP-0032: a lone slash is no path; a slash at the end is an empty segment.
        let segments =
            path.isEmpty || path == "/" ? [] : path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let arguments = query.isEmpty ? [] : query.dropFirst().split(separator: "&", omittingEmptySubsequences: false)
        #if GOSC_PLANTED_TRAP
            PlantedTrap.uri.spring(if: segments.count == 6, arguments.count == 3, segments.last?.isEmpty == true)
        #endif
        try self.init(
            scheme: scheme, host: host, port: port,
            path: CoAPURIText.decode(segments, allowing: CoAPURIText.segmentCharacters),
            query: CoAPURIText.decode(arguments, allowing: CoAPURIText.queryCharacters + [UInt8(ascii: "&")]))
    }

    /// The text of RFC 7252 §6.5: the default port left out, at least `/` as path.
    public var description: String {
        var text = "\(scheme.rawValue)://\(authority)"
        text += path.isEmpty ? "/" : ""
        // COAP-0034
        for segment in path { text += "/" + CoAPURIText.encode(segment, allowing: CoAPURIText.segmentCharacters) }
        for (index, argument) in query.enumerated() {
            text += (index == 0 ? "?" : "&") + CoAPURIText.encode(argument, allowing: CoAPURIText.queryCharacters)
        }
        return text
    }

    /// Host and port, the default port left out.
    internal var authority: String {
        let text =
            switch host {
            case .address(let address, let zone): CoAPURIText.format(address, zone: zone)
            case .name(let name): CoAPURIText.encode(name, allowing: CoAPURIText.hostCharacters)
            }
        return port == scheme.defaultPort ? text : "\(text):\(port)"
    }
}

/// The characters of URIs (RFC 3986).
internal enum CoAPURIText: Sendable {
    static let hostCharacters = Array("-._~!$&'()*+,;=".utf8)
    static let segmentCharacters = hostCharacters + Array(":@".utf8)
    // Without "&", which separates the arguments.
    static let queryCharacters = segmentCharacters.filter { $0 != UInt8(ascii: "&") } + Array("/?".utf8)

    static func authority(_ text: Substring) throws(CoAPURIError) -> (CoAPURI.Host, UInt16?) {
        guard text.first == "[" else {
            let name = text.prefix { $0 != ":" }
            // An address without brackets, or a user: the port is not what is wrong.
            guard !text[name.endIndex...].dropFirst().contains(where: { $0 == ":" || $0 == "@" }) else {
                throw .invalidHost
            }
            let port = try port(text[name.endIndex...])
            if let address = ipv4(name) { return (.address(address, zone: nil), port) }
            return (.name(try decode([name], allowing: hostCharacters)[0]), port)
        }
        guard let bracket = text.firstIndex(of: "]"), let host = literal(text[...bracket]) else { throw .invalidHost }
        return (host, try port(text[text.index(after: bracket)...]))
    }

    /// `[address]`, `[address%zone]` or an IPv4 literal; `nil` for anything else.
    static func literal(_ text: some StringProtocol) -> CoAPURI.Host? {
        guard text.first == "[", text.last == "]" else { return ipv4(text).map { .address($0, zone: nil) } }
        let inner = text.dropFirst().dropLast()
        let digits = inner.prefix { $0 != "%" }
        guard let address = IPv6Address(String(digits)) else { return nil }
        guard digits.endIndex != inner.endIndex else { return .address(address, zone: nil) }
        var zone = inner[digits.endIndex...].dropFirst()
        // COAP-0113: RFC 6874 writes the percent sign encoded; people do not.
        if zone.hasPrefix("25"), zone.count > 2 { zone = zone.dropFirst(2) }
        guard (1...15).contains(zone.utf8.count), zone.utf8.allSatisfy({ isUnreserved($0) }) else { return nil }
        return .address(address, zone: String(zone))
    }

    static func format(_ address: IPv6Address, zone: String?) -> String {
        if let text = address.ipv4Text { return text }
        return zone.map { "[\(address)%25\($0)]" } ?? "[\(address)]"
    }

    static func decode(_ parts: [Substring], allowing allowed: [UInt8]) throws(CoAPURIError) -> [String] {
        var texts: [String] = []
        for part in parts {
            var bytes: [UInt8] = []
            var rest = Array(part.utf8)[...]
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "%") {
                    guard rest.count >= 2,
                        let decoded = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self))
                    else { throw .invalidPercentEncoding }
                    bytes += decoded
                    rest = rest.dropFirst(2)
                } else {
                    guard isUnreserved(byte) || allowed.contains(byte) else { throw .invalidCharacter }
                    bytes.append(byte)
                }
            }
            guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidPercentEncoding }
            texts.append(text)
        }
        return texts
    }

    /// The values of all options with a number, as text.
    static func texts(_ number: OptionNumber, of options: Options) throws(CoAPURIError) -> [String] {
        var texts: [String] = []
        for value in options.values(of: number) {
            guard let text = String(validating: value, as: UTF8.self) else { throw .invalidPercentEncoding }
            texts.append(text)
        }
        return texts
    }

    static func encode(_ text: String, allowing allowed: [UInt8]) -> String {
        text.utf8.reduce(into: "") { result, byte in
            if isUnreserved(byte) || allowed.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + Hex.encode([byte]).uppercased()
            }
        }
    }

    /// The length of ``encode(_:allowing:)`` without making the text.
    static func encodedLength(_ text: Span<UInt8>, isQuery: Bool) -> Int {
        var length = 0
        for index in text.indices {
            let isKept =
                isUnreserved(text[index]) || (isQuery ? queryCharacters : segmentCharacters).contains(text[index])
            length += isKept ? 1 : 3
        }
        return length
    }

    private static func port(_ text: Substring) throws(CoAPURIError) -> UInt16? {
        guard let colon = text.first else { return nil }
        let digits = text.dropFirst()
        guard colon == ":" else { throw .invalidHost }
        guard !digits.isEmpty else { return nil }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits), port != 0
        else { throw .invalidPort }
        return port
    }

    private static func ipv4(_ text: some StringProtocol) -> IPv6Address? {
        guard text.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || isDigit($0) }) else { return nil }
        return IPv6Address("::ffff:\(text)").flatMap { $0.low >> 32 == 0xffff && text.contains(".") ? $0 : nil }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
