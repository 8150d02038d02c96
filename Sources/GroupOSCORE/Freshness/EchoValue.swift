import Bytes

/// The value of an Echo option; opaque to whoever gives it back (RFC 9175 §2.2.1).
public struct EchoValue: Sendable {
    /// 1 to 40 bytes.
    public let bytes: [UInt8]

    // ECHO-0001
    /// The lengths that the option may have, in bytes.
    public static let lengths = 1...40

    /// Takes a received value; `nil` if it is empty or too long, which counts as no Echo option.
    public init?(_ bytes: [UInt8]) {
        guard Self.lengths.contains(bytes.count) else { return nil }
        self.bytes = bytes
    }

    /// Makes a value of 64 random bits.
    init(random: inout some RandomNumberGenerator) {
        // ECHO-0014: shorter values can be guessed.
        let number = random.next() as UInt64
        self.bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// Whether both are the same. Takes a time that does not depend on where they differ.
    public func matches(_ other: EchoValue) -> Bool {
        ConstantTime.equal(bytes.span, other.bytes.span)
    }
}
