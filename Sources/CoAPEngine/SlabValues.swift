/// Values under the numbers of a ``Slab`` that somebody else owns: as good as never a hash.
///
/// The owner of the numbers may have given a place to its next element before the value of the one before is fetched, such
/// as when two exchanges fail at once. Such values are put aside.
internal struct SlabValues<Value> {
    private struct Place {
        var number: UInt64
        var value: Value?
    }

    private var places: [Place] = []
    private var aside: [UInt64: Value] = [:]
    private(set) var count = 0

    subscript(number: UInt64) -> Value? {
        if let index = index(of: number) { return places[index].value }
        return aside.isEmpty ? nil : aside[number]
    }

    mutating func set(_ number: UInt64, _ value: Value) {
        remove(number)
        count += 1
        let index = Int(truncatingIfNeeded: number & 0xffff_ffff)
        while places.count <= index { places.append(Place(number: 0, value: nil)) }
        if let other = places[index].value.take() { aside[places[index].number] = other }
        places[index].number = number
        places[index].value = value
    }

    @discardableResult
    mutating func remove(_ number: UInt64) -> Value? {
        var removed: Value?
        if let index = index(of: number) {
            removed = places[index].value.take()
        } else if !aside.isEmpty {
            removed = aside.removeValue(forKey: number)
        }
        if removed != nil { count -= 1 }
        return removed
    }

    @inline(__always)
    private func index(of number: UInt64) -> Int? {
        let index = Int(truncatingIfNeeded: number & 0xffff_ffff)
        guard index < places.count, places[index].number == number else { return nil }
        return index
    }
}
