public import Bytes

/// The value of the OSCORE option, decoded and borrowed (RFC 8613 §6.1, RFC 10021 §4.1).
public struct OSCOREOption: ~Escapable, BitwiseCopyable, Sendable {
    // Flags and what they announce, as they stand there: optional values would be taken apart and put together again.
    @usableFromInline internal let flags: UInt8
    @usableFromInline internal let number: UInt64
    @usableFromInline internal let context: Span<UInt8>
    @usableFromInline internal let identifier: Span<UInt8>

    /// Whether the Group Flag is set: the message is in group mode.
    @inlinable
    public var isGroupMode: Bool { flags & Self.groupFlag != 0 }

    /// The Partial IV, if the message carries one.
    @inlinable
    public var partialIV: PartialIV? {
        flags & Self.partialIVBits != 0 ? PartialIV(unchecked: number) : nil
    }

    /// The kid context, if present; possibly empty.
    @inlinable
    public var kidContext: Span<UInt8>? {
        @_lifetime(copy self)
        get { flags & Self.kidContextFlag != 0 ? context : nil }
    }

    /// The kid, if present; possibly empty.
    @inlinable
    public var kid: Span<UInt8>? {
        @_lifetime(copy self)
        get { flags & Self.kidFlag != 0 ? identifier : nil }
    }

    /// Decodes an option value.
    ///
    /// - Throws: ``OptionError`` for every value that RFC 8613 §6.1 calls malformed.
    @inline(__always)
    @_lifetime(copy value)
    public init(_ value: Span<UInt8>) throws(OptionError) {
        // OSC-0002: all flags zero is an empty value, never a single zero byte.
        guard !value.isEmpty else {
            self.flags = 0
            self.number = 0
            self.context = value
            self.identifier = value
            return
        }
        let flags = value[0]
        // GOSC-0145, OSC-0065: reserved bits are zero.
        guard flags != 0, flags & Self.reservedBits == 0 else { throw .reservedBits }
        // OSC-0063: a length of 6 or 7 is malformed.
        let count = Int(flags & Self.partialIVBits)
        var position = 1 &+ count
        guard count <= 5, position <= value.count else { throw .truncated }
        if count > 0 {
            guard let partialIV = PartialIV(decoding: value.extracting(1..<position)) else {
                throw .partialIVNotShortest
            }
            number = partialIV.value
        } else {
            number = 0
        }
        if flags & Self.kidContextFlag != 0 {
            guard position < value.count else { throw .truncated }
            let start = position &+ 1
            position = start &+ Int(value[position])
            guard position <= value.count else { throw .truncated }
            context = value.extracting(start..<position)
        } else {
            context = value
        }
        // OSC-0066: the kid is all that remains; without the flag nothing may remain.
        guard flags & Self.kidFlag != 0 || position == value.count else { throw .trailingBytes }
        identifier = value.extracting(position...)
        self.flags = flags
        #if GOSC_PLANTED_TRAP
            PlantedTrap.oscoreOption.spring(if: kidContext?.count == 4, isGroupMode, kid?.count == 2)
        #endif
    }

    // OSC-0064, GOSC-0156, GOSC-0157, GOSC-0158
    /// Appends an option value. Nothing at all is appended when nothing is present and the message is not in group mode.
    ///
    /// - Parameters:
    ///   - isGroupMode: Sets the Group Flag.
    ///   - partialIV: Written in its shortest form.
    ///   - kidContext: At most 255 bytes, which contexts guarantee.
    ///   - kid: Written last, without a length.
    @inlinable
    public static func write(
        isGroupMode: Bool, partialIV: PartialIV?, kidContext: Span<UInt8>?, kid: SenderID?,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        var flags: UInt8 = isGroupMode ? groupFlag : 0
        if let partialIV { flags |= UInt8(truncatingIfNeeded: partialIV.encodedCount) }
        if kidContext != nil { flags |= kidContextFlag }
        if kid != nil { flags |= kidFlag }
        guard flags != 0 else { return }
        sink.append(flags)
        partialIV?.write(into: &sink)
        if let kidContext {
            sink.append(UInt8(truncatingIfNeeded: kidContext.count))
            sink.append(copying: kidContext)
        }
        kid?.write(into: &sink)
    }

    /// The first byte of an option value with Partial IV, kid context and kid.
    @inlinable
    package static func requestFlags(isGroupMode: Bool, partialIV: PartialIV) -> UInt8 {
        (isGroupMode ? groupFlag : 0) | kidContextFlag | kidFlag | UInt8(truncatingIfNeeded: partialIV.encodedCount)
    }

    /// The most bytes that an option value can have (RFC 8613 §2).
    public static let maximumCount = 255

    @usableFromInline internal static let partialIVBits: UInt8 = 0x07
    @usableFromInline internal static let kidFlag: UInt8 = 0x08
    @usableFromInline internal static let kidContextFlag: UInt8 = 0x10
    // GOSC-0141, GOSC-0364
    @usableFromInline internal static let groupFlag: UInt8 = 0x20
    @usableFromInline internal static let reservedBits: UInt8 = 0xc0
}

/// What is wrong with the value of an OSCORE option.
public enum OptionError: Error, Hashable, Sendable {
    /// A reserved flag bit is set, or a single zero byte stands for an empty value.
    case reservedBits
    /// A field is longer than the value, or its length is reserved.
    case truncated
    /// The Partial IV has superfluous leading zero bytes.
    case partialIVNotShortest
    /// Bytes remain though no kid is announced.
    case trailingBytes
}
