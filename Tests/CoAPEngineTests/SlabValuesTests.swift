import Testing

@testable import CoAPEngine

struct SlabValuesTests {
    @Test func aValueOutlivesTheElementThatItsPlaceWasOf() {
        var slab = Slab<Int>()
        var values = SlabValues<String>()
        let first = slab.insert(1)
        values.set(first, "first")
        slab.remove(first)
        // The same place, and another number.
        let second = slab.insert(2)
        values.set(second, "second")
        #expect(values[first] == "first")
        #expect(values[second] == "second")
        #expect(values.count == 2)
        values.set(first, "changed")
        #expect(values[first] == "changed")
        #expect(values[second] == "second")
        #expect(values.remove(second) == "second")
        #expect(values.remove(second) == nil)
        #expect(values.remove(first) == "changed")
        #expect(values.count == 0)
    }

    @Test func whatWasNeverSetIsNotThere() {
        var values = SlabValues<Int>()
        values.set(7, 1)
        #expect(values[6] == nil)
        #expect(values[8] == nil)
        #expect(values[1 << 32 | 7] == nil)
        #expect(values.remove(0) == nil)
        #expect(values.count == 1)
    }
}
