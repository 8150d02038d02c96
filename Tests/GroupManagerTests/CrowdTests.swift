import ACEGroupcomm
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// A building full of nodes that all want something.
struct CrowdTests {
    /// Later blocks of an answer are served without a decision, so nothing of them is stored, and the associations that they
    /// come over cannot be forgotten. That must not be at the expense of others, nor go on for ever.
    @Test(.requirement("GM-0493"))
    func whoReadsInBlocksCrowdsNobodyOut() throws {
        let fixture = try Fixture(seed: 331) { $0.liveAssociations = 16 }
        let manager = fixture.manager
        let readers = try (0..<40).map { try fixture.member("reader-\($0)") }
        for reader in readers {
            for number in 0..<3 as Range<UInt32> {
                let answer = try reader.ask(manager, .get, "ace-group/g7") {
                    $0.block2 = BlockOption(number: number, isMore: false, size: .bytes16)
                }
                try #require(answer.code == .content && answer.options.block2?.number == number)
            }
        }
        // Verified, decided on, stored and answered in one turn.
        let newcomers = try (0..<6).map { try fixture.client("newcomer-\($0)", [("g7", 6)]) }
        let sent = manager.deliver(
            try newcomers.map { ($0, try $0.link().protect(TestClient.message(.get, "ace-group/g7/num"))) }
                .map { ($1, from: $0.address) })
        for newcomer in newcomers {
            let answers = try newcomer.link().openOwn(sent)
            #expect(answers.map(\.problem) == [0], "only the manager can have said that")
        }
        // By now the store knows of all that was read.
        for reader in readers { #expect(try reader.ask(manager, .get, "ace-group/g7/num").code == .content) }
        #expect(manager.engine.liveAssociationCount <= 17)
    }
}
