import CoAPEngine
import OSCORE

/// Messages that wait for keys. Nobody can tell yet whom they are from, so the room is shared: whoever has most of it gives
/// way, and where all have as much, chance decides: whoever was first may be a stranger who wants to keep a member out.
struct EarlyMessages {
    enum Outcome {
        case kept
        /// Somebody who had more of the room, or who was unlucky, has lost this one.
        case keptInPlace(of: HeldMessage)
        /// There is no room at all.
        case refused
    }

    private var messages: [(sender: SenderID?, message: HeldMessage)] = []

    /// Keeps a message, as far as that is fair.
    ///
    /// - Parameters:
    ///   - sender: The member that it claims to be from; `nil` for all that claim nothing, or to be nobody who is known.
    ///   - room: How many messages there are at most.
    mutating func keep(
        _ message: HeldMessage, of sender: SenderID?, room: Int, random: inout some RandomNumberGenerator
    ) -> Outcome {
        guard messages.count >= room else {
            messages.append((sender, message))
            return .kept
        }
        guard let place = placeOfMost(besides: message, of: sender) ?? placesOfMost.randomElement(using: &random)
        else { return .refused }
        let former = messages.remove(at: place).message
        messages.append((sender, message))
        return .keptInPlace(of: former)
    }

    /// All of them, in the order in which they came; none is left.
    mutating func takeAll() -> [HeldMessage] {
        defer { messages = [] }
        return messages.map(\.message)
    }

    /// Forgets the responses to a request that has come to its end.
    mutating func end(_ exchange: ExchangeID) {
        messages.removeAll { $0.message.kind.isResponse(to: exchange) }
    }

    /// The newest message of the address that has most, of the claimed sender that has most; `nil` if neither would have
    /// more than the newcomer then.
    private func placeOfMost(besides message: HeldMessage, of sender: SenderID?) -> Int? {
        let bySender = Dictionary(grouping: messages.indices) { messages[$0].sender }
        let own = bySender[sender] ?? []
        guard let most = bySender.values.max(by: { $0.count < $1.count }) else { return nil }
        if most.count > own.count + 1 { return mostOfOneAddress(most).last }
        let fromThere = own.count { messages[$0].message.source == message.source }
        let crowd = mostOfOneAddress(own)
        return crowd.count > fromThere + 1 ? crowd.last : nil
    }

    /// The messages of the addresses that have most, of the claimed senders that have most, in the order in which they came.
    private var placesOfMost: [Int] {
        Self.fullest(Array(messages.indices)) { messages[$0].sender }
            .flatMap { places in Self.fullest(places) { messages[$0].message.source }.joined() }
            .sorted()
    }

    private static func fullest(_ places: [Int], by key: (Int) -> some Hashable) -> [[Int]] {
        let groups = Dictionary(grouping: places, by: key).values
        let most = groups.map(\.count).max()
        return groups.filter { $0.count == most }
    }

    private func mostOfOneAddress(_ places: [Int]) -> [Int] {
        let bySource = Dictionary(grouping: places) { messages[$0].message.source }
        // The one that has come last, where two have as many.
        return bySource.values.max { ($0.count, $0.last ?? 0) < ($1.count, $1.last ?? 0) } ?? []
    }
}
