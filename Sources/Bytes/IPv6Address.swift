/// An IPv6 address, 16 bytes in network order (RFC 4291).
public struct IPv6Address: Hashable, Sendable {
    /// The first eight bytes as a big-endian number.
    public let high: UInt64
    /// The last eight bytes as a big-endian number.
    public let low: UInt64

    /// Creates an address from its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Creates an address from 16 bytes in network order; `nil` for any other length.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var reader = ByteReader(bytes)
        guard let high = reader.readInteger(byteCount: 8), let low = reader.readInteger(byteCount: 8) else {
            return nil
        }
        self.init(high: high, low: low)
    }

    /// The 16 bytes in network order.
    public var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
    }

    /// Whether this is a multicast address, `ff00::/8`.
    public var isMulticast: Bool { high >> 56 == 0xff }

    /// Whether this is `fe80::/10`, valid on one link only.
    public var isLinkLocal: Bool { high >> 54 == 0xfe80 >> 6 }

    /// `::`, every address of this host when a socket is bound to it.
    public static let unspecified = Self(high: 0, low: 0)
    /// `::1`.
    public static let loopback = Self(high: 0, low: 1)
}

extension IPv6Address: LosslessStringConvertible {
    /// Parses the text form of RFC 4291 §2.2 without a zone; `nil` if it is anything else.
    public init?(_ description: String) {
        guard description.utf8.count <= 45 else { return nil }
        let halves = description.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard !description.contains(":::"), halves.count <= 2 else { return nil }
        guard let front = Self.groups(halves[0], mayEndInIPv4: halves.count == 1) else { return nil }
        var groups = front
        if halves.count == 2 {
            guard let back = Self.groups(halves[1], mayEndInIPv4: true), front.count + back.count <= 7 else {
                return nil
            }
            groups += Array(repeating: 0, count: 8 - front.count - back.count) + back
        }
        guard groups.count == 8 else { return nil }
        let join = { (part: ArraySlice<UInt16>) in part.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
        self.init(high: join(groups[0..<4]), low: join(groups[4..<8]))
    }

    /// The canonical text form of RFC 5952.
    public var description: String {
        let groups =
            (0..<4).map { UInt16(truncatingIfNeeded: high >> (48 - 16 * $0)) }
            + (0..<4).map { UInt16(truncatingIfNeeded: low >> (48 - 16 * $0)) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > longest.count { longest = start..<end }
            start = max(end, start + 1)
        }
        let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard longest.count > 1 else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }

    private static func groups(_ text: Substring, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.contains(".") {
                guard let pair = ipv4(part) else { return nil }
                groups += pair
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func ipv4(_ text: Substring) -> [UInt16]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let octets = parts.compactMap { $0.allSatisfy(\.isNumber) && $0.utf8.count <= 3 ? UInt8($0) : nil }
        guard octets.count == 4 else { return nil }
        return [UInt16(octets[0]) << 8 | UInt16(octets[1]), UInt16(octets[2]) << 8 | UInt16(octets[3])]
    }
}
