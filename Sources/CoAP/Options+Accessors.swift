extension Options {
    /// The path, one segment an option, not percent-encoded; setting it replaces the path.
    ///
    /// Bytes that are not UTF-8 read as U+FFFD, which no registered path contains (COAP-0017).
    public var uriPath: [String] {
        get { text(of: .uriPath) }
        set { replace(.uriPath, with: newValue.map { Array($0.utf8) }) }
    }

    /// The query arguments, not percent-encoded; setting it replaces them.
    public var uriQuery: [String] {
        get { text(of: .uriQuery) }
        set { replace(.uriQuery, with: newValue.map { Array($0.utf8) }) }
    }

    /// The path of the created resource; setting it replaces the path.
    public var locationPath: [String] {
        get { text(of: .locationPath) }
        set { replace(.locationPath, with: newValue.map { Array($0.utf8) }) }
    }

    /// The format of the payload; `nil` if absent or out of range (elective: then ignored, COAP-0027).
    public var contentFormat: ContentFormat? {
        get { number(.contentFormat, in: 0...2).map { ContentFormat(rawValue: UInt16(truncatingIfNeeded: $0)) } }
        set { replace(.contentFormat, with: newValue.map { [OptionUInt.encode(UInt64($0.rawValue))] } ?? []) }
    }

    /// The format that the client wants; `nil` if absent or out of range.
    public var accept: ContentFormat? {
        get { number(.accept, in: 0...2).map { ContentFormat(rawValue: UInt16(truncatingIfNeeded: $0)) } }
        set { replace(.accept, with: newValue.map { [OptionUInt.encode(UInt64($0.rawValue))] } ?? []) }
    }

    /// Register (0), deregister (1), or the 24-bit sequence number of a notification (RFC 7641 §2).
    public var observe: UInt32? {
        get { number(.observe, in: 0...3).map { UInt32(truncatingIfNeeded: $0) } }
        set { replace(.observe, with: newValue.map { [OptionUInt.encode(UInt64($0))] } ?? []) }
    }

    /// How long a response is fresh, in seconds; absent means 60 (COAP-0037).
    public var maxAge: UInt32? {
        get { number(.maxAge, in: 0...4).map { UInt32(truncatingIfNeeded: $0) } }
        set { replace(.maxAge, with: newValue.map { [OptionUInt.encode(UInt64($0))] } ?? []) }
    }

    /// The OSCORE option (RFC 8613 §2); its presence says that the message is protected.
    public var oscore: [UInt8]? {
        get { first(of: .oscore) }
        set { replace(.oscore, with: newValue.map { [$0] } ?? []) }
    }

    /// The Echo option (RFC 9175 §2): 1 to 40 opaque bytes; `nil` if absent or out of range.
    public var echo: [UInt8]? {
        get { first(of: .echo).flatMap { (1...40).contains($0.count) ? $0 : nil } }
        set { replace(.echo, with: newValue.map { [$0] } ?? []) }
    }

    /// The classes of responses that the client does not want, as the bits of RFC 7967 §2; `nil` if absent.
    public var noResponse: UInt8? {
        get { number(.noResponse, in: 0...1).map { UInt8(truncatingIfNeeded: $0) } }
        set { replace(.noResponse, with: newValue.map { [OptionUInt.encode(UInt64($0))] } ?? []) }
    }

    private func text(of number: OptionNumber) -> [String] {
        values(of: number).map { String(decoding: $0, as: UTF8.self) }
    }

    private func number(_ number: OptionNumber, in lengths: ClosedRange<Int>) -> UInt64? {
        withFirst(number) { lengths.contains($0.count) ? OptionUInt.decode($0) : nil }
    }

    private mutating func replace(_ number: OptionNumber, with values: [[UInt8]]) {
        remove(number)
        for value in values { append(number, value) }
    }
}
