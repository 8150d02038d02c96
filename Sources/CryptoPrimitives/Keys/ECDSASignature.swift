import Bytes

/// An ECDSA signature in the form that OpenSSL wants: `SEQUENCE { r INTEGER, s INTEGER }` in DER.
///
/// On the wire stands r | s in the width of the curve (RFC 9053 §2.1). DER is made and taken apart here alone: each pair
/// of numbers has one encoding, and nobody can send another.
internal struct ECDSASignature {
    /// A head of 3 bytes and two numbers of 2 + 1 + 66.
    internal static let maximumLength = 141

    private var storage = InlineArray<141, UInt8>(repeating: 0)
    private var count = 0

    /// Encodes r | s, whatever they are.
    ///
    /// - Parameter fixedWidth: Twice the width of a coordinate, at most 132 bytes.
    internal init(fixedWidth: Span<UInt8>) {
        let width = fixedWidth.count / 2
        let (r, s) = (fixedWidth.extracting(first: width), fixedWidth.extracting(droppingFirst: width))
        let content = 4 + Self.contentLength(r) + Self.contentLength(s)
        append(Tag.sequence)
        if content > 127 { append(Tag.oneLengthByte) }
        append(UInt8(content))
        append(integer: r)
        append(integer: s)
    }

    internal var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting(first: count) }
    }

    /// Decodes what OpenSSL signed and appends r | s.
    ///
    /// - Parameter width: The width of a coordinate.
    /// - Throws: ``CryptoError/backendFailure`` for anything but strict DER of two numbers that fit.
    @_lifetime(output: copy output)
    internal static func decode(
        _ der: Span<UInt8>, width: Int, into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        var reader = ByteReader(der)
        guard reader.readByte() == Tag.sequence, var length = reader.readByte() else { throw .backendFailure }
        if length == Tag.oneLengthByte {
            guard let long = reader.readByte(), long > 127 else { throw .backendFailure }
            length = long
        } else if length > 127 {
            throw .backendFailure
        }
        guard reader.remaining == Int(length) else { throw .backendFailure }
        let r = try readInteger(from: &reader, width: width)
        let s = try readInteger(from: &reader, width: width)
        guard reader.isAtEnd, output.freeCapacity >= 2 * width else { throw .backendFailure }
        append(r, paddedTo: width, into: &output)
        append(s, paddedTo: width, into: &output)
    }

    // MARK: writing

    private mutating func append(_ byte: UInt8) {
        storage[count] = byte
        count += 1
    }

    private mutating func append(integer number: Span<UInt8>) {
        let content = Self.contentLength(number)
        append(Tag.integer)
        append(UInt8(content))
        let digits = Self.withoutLeadingZeros(number)
        if content > digits.count { append(0) }
        for index in digits.indices { append(digits[index]) }
    }

    /// DER numbers are signed: one byte more if the first bit is set, and for zero.
    private static func contentLength(_ number: Span<UInt8>) -> Int {
        let digits = withoutLeadingZeros(number)
        return digits.count + (digits.isEmpty || digits[0] > 127 ? 1 : 0)
    }

    @_lifetime(copy number)
    private static func withoutLeadingZeros(_ number: Span<UInt8>) -> Span<UInt8> {
        var zeros = 0
        while zeros < number.count, number[zeros] == 0 { zeros += 1 }
        return number.extracting(droppingFirst: zeros)
    }

    // MARK: reading

    @_lifetime(reader: copy reader)
    @_lifetime(copy reader)
    private static func readInteger(
        from reader: inout ByteReader, width: Int
    ) throws(CryptoError) -> Span<UInt8> {
        guard reader.readByte() == Tag.integer, let length = reader.readByte(), (1...127).contains(length),
            let content = reader.read(Int(length)), content[0] <= 127
        else { throw .backendFailure }
        let digits = withoutLeadingZeros(content)
        // The shortest form, so at most one zero, and that only before a first bit that is set.
        guard content.count == contentLength(content), digits.count <= width else { throw .backendFailure }
        return digits
    }

    @_lifetime(output: copy output)
    private static func append(_ digits: Span<UInt8>, paddedTo width: Int, into output: inout OutputSpan<UInt8>) {
        for _ in digits.count..<width { output.append(0) }
        output.append(copying: digits)
    }

    private enum Tag {
        static let integer: UInt8 = 0x02
        static let sequence: UInt8 = 0x30
        static let oneLengthByte: UInt8 = 0x81
    }
}
