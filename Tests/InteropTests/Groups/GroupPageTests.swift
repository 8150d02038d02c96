import Foundation
import Testing

/// The table in docs/interop.md is the one that the live tests hold their cells against.
///
/// With `GOSC_WRITE_INTEROP` set, as `scripts/interop` does, it is written before it is compared.
struct GroupPageProcessTests {
    private let page = Surroundings.checkout.appending(path: "docs/interop.md")

    @Test func tableOfCellsIsWhatIsPlayed() throws {
        let outcomes = Dictionary(uniqueKeysWithValues: GroupCells.all.map { ($0, GroupCells.expected($0)) })
        let table = GroupCells.table(outcomes)
        let text = try String(contentsOf: page, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- cells: written by scripts/interop -->\n")
        let rest = try #require(parts.count == 2 ? parts.last : nil, "the page has no place for the table")
        let behind = try #require(rest.range(of: "<!-- end of cells -->\n"), "the place for the table has no end")
        if ProcessInfo.processInfo.environment["GOSC_WRITE_INTEROP"] != nil {
            let written =
                parts[0] + "<!-- cells: written by scripts/interop -->\n" + table + rest[behind.lowerBound...]
            try written.write(to: page, atomically: true, encoding: .utf8)
        } else {
            let isCurrent = rest[..<behind.lowerBound] == table[...]
            #expect(isCurrent, "docs/interop.md is not what the tests play now: run scripts/interop")
        }
    }

    @Test func everyCellIsInTheTable() {
        #expect(GroupCells.all.count == 32 && Set(GroupCells.all).count == 32)
        #expect(!GroupCells.all.contains { GroupCells.expected($0) == .failed })
        for (request, response, name) in [
            (GroupCells.Mode.group, GroupCells.Mode.group, "B1"), (.group, .pairwise, "B2"), (.pairwise, .group, "B3"),
            (.pairwise, .pairwise, "B4"),
        ] {
            let exchange = GroupCells.Exchange(request: request, response: response)
            #expect(exchange.rawValue == name && exchange.request == request && exchange.response == response)
        }
    }
}
