/// Elements under numbers that it gives out itself: no hashing, and a number that has been given back names nothing.
internal struct Slab<Element> {
    fileprivate struct Place {
        /// How often the place has been taken: the upper half of the numbers.
        var generation: UInt32 = 0
        var element: Element?
    }

    private var places: [Place] = []
    private var free: [Int] = []

    var count: Int { places.count - free.count }

    mutating func insert(_ element: Element) -> UInt64 {
        let index = free.popLast() ?? places.count
        if index == places.count { places.append(Place()) }
        places[index].generation &+= 1
        places[index].element = element
        return UInt64(places[index].generation) << 32 | UInt64(index)
    }

    @discardableResult
    mutating func remove(_ number: UInt64) -> Element? {
        guard let index = index(of: number), let element = places[index].element else { return nil }
        places[index].element = nil
        free.append(index)
        return element
    }

    subscript(number: UInt64) -> Element? { index(of: number).flatMap { places[$0].element } }

    /// Changes the element with this number in place; ``remove(_:)`` takes it out, and nothing else does. No accessor with
    /// a coroutine, for each use of one would allocate.
    @discardableResult
    @inline(__always)
    mutating func update<Result>(_ number: UInt64, _ change: (inout Element?) -> Result) -> Result {
        guard let index = index(of: number) else {
            var nothing: Element?
            return change(&nothing)
        }
        return change(&places[index].element)
    }

    /// All numbers that name an element, in no useful order.
    var numbers: [UInt64] {
        places.indices.compactMap { index in
            places[index].element == nil ? nil : UInt64(places[index].generation) << 32 | UInt64(index)
        }
    }

    @inline(__always)
    private func index(of number: UInt64) -> Int? {
        let index = Int(truncatingIfNeeded: number & 0xffff_ffff)
        guard index < places.count, places[index].generation == number >> 32 else { return nil }
        return index
    }
}

extension Slab: Sendable where Element: Sendable {}
extension Slab.Place: Sendable where Element: Sendable {}
