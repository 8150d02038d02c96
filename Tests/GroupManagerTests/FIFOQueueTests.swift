import TestSupport
import Testing

@testable import GroupManager

struct FIFOQueueTests {
    private final class Item {}

    private struct Weak {
        weak var item: Item?
    }

    /// Of what was taken, less is kept than waits.
    @Test func whatWasTakenGoes() {
        var queue = FIFOQueue<Item>()
        var all: [Weak] = []
        for _ in 0..<100 {
            let item = Item()
            all.append(Weak(item: item))
            queue.append(item)
        }
        for taken in 1...100 {
            _ = queue.popFirst()
            #expect(all.count { $0.item != nil } <= 2 * (100 - taken) + 1)
        }
        #expect(queue.isEmpty)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func itKeepsTheOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (queue, model) = (FIFOQueue<Int>(), [Int]())
        for number in 0..<2_000 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                var other = FIFOQueue<Int>()
                for element in [-number, number] { other.append(element) }
                queue.prepend(&other)
                model = [-number, number] + model
            case 1...9:
                queue.append(number)
                model.append(number)
            default:
                let (element, expected) = (queue.popFirst(), model.isEmpty ? nil : model.removeFirst())
                #expect(element == expected, "\(number)")
            }
            #expect(queue.isEmpty == model.isEmpty)
        }
    }
}
