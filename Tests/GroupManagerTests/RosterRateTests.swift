import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// Rosters are long: each client reads them now and then.
struct RosterRateTests {
    @Test(.requirement("GM-0180"))
    func readingTheRosterIsLimited() throws {
        let fixture = try Fixture(seed: 441) {
            $0.rosterRate = ManagerSettings().rosterRate
            $0.clientRate = ManagerSettings().clientRate
        }
        let manager = fixture.manager
        let client = try fixture.member("a")
        let other = try fixture.member("b")
        let filter = try #require(
            CredentialsRequest(filter: .matching(including: false, roles: [], senderIDs: [[0x7f]])))
        var codes: [Code: Int] = [:]
        for index in 0..<200 {
            // Everybody, or all but somebody.
            let answer =
                index.isMultiple(of: 2)
                ? try client.ask(manager, .get, "ace-group/g7/creds")
                : try client.ask(manager, .fetch, "ace-group/g7/creds", filter.encoded(), format: .aceGroupcomm)
            codes[answer.code, default: 0] += 1
            if answer.code == Code.tooManyRequests { #expect(try #require(answer.options.maxAge) > 0) }
        }
        #expect(codes == [.content: 30, .tooManyRequests: 170])
        // Others are served, and what else it asks for is another matter.
        #expect(try other.ask(manager, .get, "ace-group/g7/creds").code == .content)
        #expect(try client.ask(manager, .get, "ace-group/g7/num").code == .content)
        #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
        #expect(manager.pass(.seconds(1)) == [])
        #expect(try client.ask(manager, .get, "ace-group/g7/creds").code == .content)
    }

    /// The manager signs each answer, or agrees on a secret for it.
    @Test(.requirement("GM-0293"), arguments: ["g7", "pw"])
    func readingTheCredentialOfTheManagerIsLimited(group: String) throws {
        let fixture = try Fixture(seed: 443) { $0.clientRate = ManagerSettings().clientRate }
        let manager = fixture.manager
        let client = try fixture.member("a", in: group)
        let other = try fixture.member("b", in: group)
        #expect(manager.pass(.seconds(10)) == [])
        var codes: [Code: Int] = [:]
        for _ in 0..<200 {
            let answer = try client.ask(manager, .get, "ace-group/\(group)/kdc-cred")
            codes[answer.code, default: 0] += 1
            if answer.code == Code.tooManyRequests { #expect(try #require(answer.options.maxAge) > 0) }
        }
        #expect(codes == [.content: 10, .tooManyRequests: 190])
        #expect(try other.ask(manager, .get, "ace-group/\(group)/kdc-cred").code == .content)
        #expect(try client.ask(manager, .get, "ace-group/\(group)/num").code == .content)
        #expect(manager.pass(.seconds(1)) == [])
        #expect(try client.ask(manager, .get, "ace-group/\(group)/kdc-cred").code == .content)
    }

    /// A large group's roster is many blocks, and one question.
    @Test(.requirement("GM-0189"))
    func allBlocksOfARosterAreOneQuestion() throws {
        let fixture = try Fixture(seed: 442) { $0.rosterRate = AnswerRate(perSecond: 1, burst: 1) }
        let manager = fixture.manager
        let client = try fixture.member("a")
        for index in 0..<60 { _ = try fixture.member("n\(index)") }
        var blocks = 0
        var isMore = true
        while isMore {
            let answer = try client.ask(manager, .get, "ace-group/g7/creds") {
                $0.block2 = BlockOption(number: UInt32(blocks), isMore: false, size: .bytes64)
            }
            try #require(answer.code == .content)
            isMore = try #require(answer.options.block2).isMore
            blocks += 1
        }
        #expect(blocks > 50)
        #expect(manager.events.count { if case .rosterRead = $0 { true } else { false } } == 1)
        #expect(try client.ask(manager, .get, "ace-group/g7/creds").code == .tooManyRequests)
    }
}
