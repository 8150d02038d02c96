import TestSupport
import Testing

@testable import GroupOSCORE

/// The table against a list, under random changes.
struct BoundedTableTests {
    @Test(arguments: 1...4)
    func holdsTheKeysThatCameLast(capacity: Int) {
        var random = SeededGenerator(seed: UInt64(capacity))
        var table = BoundedTable<Int, Int>(capacity: capacity)
        var model: [(key: Int, value: Int)] = []
        for _ in 0..<5000 {
            let key = Int.random(in: 0..<7, using: &random)
            var value = Int.random(in: 0..<1000, using: &random)
            if Bool.random(using: &random) {
                table.keep(value, for: key)
            } else {
                value = table.change(key, first: 0) { value in
                    value += 1
                    return value
                }
                #expect(value == (model.first { $0.key == key }?.value ?? 0) + 1)
            }
            if let index = model.firstIndex(where: { $0.key == key }) {
                model[index].value = value
            } else {
                if model.count == capacity { model.removeFirst() }
                model.append((key, value))
            }
            #expect(table.count == model.count)
            for key in 0..<7 { #expect(table[key] == model.first { $0.key == key }?.value) }
        }
    }
}
