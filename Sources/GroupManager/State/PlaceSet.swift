/// Which of many places are taken, a bit each.
struct PlaceSet: Hashable, Sendable {
    // No zero at the end: sets of the same places are equal.
    private var words: [UInt64] = []

    func contains(_ place: Int) -> Bool {
        let (word, bit) = place.quotientAndRemainder(dividingBy: 64)
        return word < words.count && words[word] & 1 << bit != 0
    }

    /// Takes a place; `false` if it was taken.
    mutating func insert(_ place: Int) -> Bool {
        guard !contains(place) else { return false }
        let (word, bit) = place.quotientAndRemainder(dividingBy: 64)
        if word >= words.count { words += repeatElement(0, count: word + 1 - words.count) }
        words[word] |= 1 << bit
        return true
    }

    mutating func remove(_ place: Int) {
        guard contains(place) else { return }
        let (word, bit) = place.quotientAndRemainder(dividingBy: 64)
        words[word] &= ~(1 << bit)
        while words.last == 0 { words.removeLast() }
    }
}
