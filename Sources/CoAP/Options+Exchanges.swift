// Accessors of the options that conditional, block-wise and repeated exchanges use. Values of a wrong length read as
// absent: where such an option is critical, ``Options/firstUnprocessableOption(understood:)`` has refused the message.
extension Options {
    /// The ETag of a response: 1 to 8 opaque bytes, the first if there are several (RFC 7252 §5.10.6).
    public var eTag: [UInt8]? {
        get { eTags.first }
        set { eTags = newValue.map { [$0] } ?? [] }
    }

    /// The ETags of a request, each 1 to 8 bytes.
    public var eTags: [[UInt8]] {
        get { values(of: .eTag).filter { (1...8).contains($0.count) } }
        set { replaceAll(.eTag, with: newValue) }
    }

    /// The conditions of which one must hold: ETags of 1 to 8 bytes, empty for "exists" (RFC 7252 §5.10.8.1).
    public var ifMatch: [[UInt8]] {
        get { values(of: .ifMatch).filter { $0.count <= 8 } }
        set { replaceAll(.ifMatch, with: newValue) }
    }

    /// Whether the request wants the resource not to exist (RFC 7252 §5.10.8.2).
    public var ifNoneMatch: Bool {
        get { contains(.ifNoneMatch) }
        set { replaceAll(.ifNoneMatch, with: newValue ? [[]] : []) }
    }

    /// Which block of the request's body this is (RFC 7959 §2.1); `nil` if absent or SZX is reserved.
    public var block1: BlockOption? {
        get { first(of: .block1).flatMap { BlockOption($0) } }
        set { replaceAll(.block1, with: newValue.map { [$0.value] } ?? []) }
    }

    /// Which block of the response's body this is or is wanted (RFC 7959 §2.1).
    public var block2: BlockOption? {
        get { first(of: .block2).flatMap { BlockOption($0) } }
        set { replaceAll(.block2, with: newValue.map { [$0.value] } ?? []) }
    }

    /// Whether there is a Block1 or Block2 option whose value is none: SZX 7, which only streams have, or too long.
    ///
    /// ``block1`` and ``block2`` read as absent then, but a request is not what it would be without them: 4.00.
    public var hasMalformedBlock: Bool {
        // COAP-0161
        contains(.block1) && block1 == nil || contains(.block2) && block2 == nil
    }

    /// The length of the request's body, or the longest that is taken (RFC 7959 §4).
    public var size1: UInt32? {
        get { length(.size1) }
        set { replaceAll(.size1, with: newValue.map { [OptionUInt.encode(UInt64($0))] } ?? []) }
    }

    /// The length of the response's body; 0 in a request asks for it (RFC 7959 §4).
    public var size2: UInt32? {
        get { length(.size2) }
        set { replaceAll(.size2, with: newValue.map { [OptionUInt.encode(UInt64($0))] } ?? []) }
    }

    /// What tells operations on one resource apart, each 0 to 8 bytes, in order (RFC 9175 §3).
    public var requestTags: [[UInt8]] {
        get { values(of: .requestTag).filter { $0.count <= 8 } }
        set { replaceAll(.requestTag, with: newValue) }
    }

    /// The query of the created resource; setting it replaces the query.
    public var locationQuery: [String] {
        get { values(of: .locationQuery).map { String(decoding: $0, as: UTF8.self) } }
        set { replaceAll(.locationQuery, with: newValue.map { Array($0.utf8) }) }
    }

    /// How many proxies may still pass the request on, 1 to 255 (RFC 8768).
    public var hopLimit: UInt8? {
        get { first(of: .hopLimit).flatMap { $0.count == 1 && $0[0] > 0 ? $0[0] : nil } }
        set { replaceAll(.hopLimit, with: newValue.map { [[$0]] } ?? []) }
    }

    private func length(_ number: OptionNumber) -> UInt32? {
        withFirst(number) { $0.count <= 4 ? OptionUInt.decode($0).map { UInt32(truncatingIfNeeded: $0) } : nil }
    }

    private mutating func replaceAll(_ number: OptionNumber, with values: [[UInt8]]) {
        remove(number)
        for value in values { append(number, value) }
    }
}
