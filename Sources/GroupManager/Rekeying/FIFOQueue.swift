/// What waits, the earliest first; taking one costs the same however many wait.
struct FIFOQueue<Element> {
    private var elements: [Element] = []
    private var first = 0
    /// What comes before them, the latest first.
    private var front: [Element] = []

    var isEmpty: Bool { front.isEmpty && first == elements.count }

    mutating func append(_ element: Element) { elements.append(element) }

    /// Puts all of another queue in front, in its order.
    mutating func prepend(_ other: inout Self) {
        front += (other.front.reversed() + other.elements[other.first...]).reversed()
        other = Self()
    }

    mutating func popFirst() -> Element? {
        if let element = front.popLast() { return element }
        guard first < elements.count else { return nil }
        let element = elements[first]
        first += 1
        // What was taken goes as soon as it is the greater part, so that this costs nothing beside having put it there.
        if first * 2 > elements.count {
            elements.removeFirst(first)
            first = 0
        }
        return element
    }
}

extension FIFOQueue: Sendable where Element: Sendable {}
