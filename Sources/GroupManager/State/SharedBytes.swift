/// Bytes that many records have in common, kept once: a thousand members of a building have one scope, and an array of one byte
/// takes forty-eight.
///
/// Says nothing of the records, so that all of its values are equal.
struct SharedBytes: Hashable, Sendable {
    private var known: Set<[UInt8]> = []

    /// The same bytes, in memory that they share with those of earlier calls.
    mutating func shared(_ bytes: [UInt8]) -> [UInt8] {
        // Whoever issues tokens may make a scope for each; then there is nothing to share.
        guard known.count < Self.capacity else { return known.firstIndex(of: bytes).map { known[$0] } ?? bytes }
        return known.insert(bytes).memberAfterInsert
    }

    static func == (left: Self, right: Self) -> Bool { true }

    func hash(into hasher: inout Hasher) {}

    private static let capacity = 256
}
