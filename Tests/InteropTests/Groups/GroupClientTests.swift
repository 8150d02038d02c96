import Foundation
import TestSupport
import Testing

extension GroupCellsProcessTests {
    /// Our client at two servers on aiocoap.
    @Suite(.inNetworkNamespace, .timeLimit(.minutes(2)))
    struct Client {
        @Test func bothAESCCM() throws { try play(.bothCCM) }
        @Test func bothChaCha() throws { try play(.bothChaCha) }
        @Test func groupAESCCMPairwiseChaCha() throws { try play(.groupCCM) }
        @Test func groupChaChaPairwiseAESCCM() throws { try play(.groupChaCha) }

        private func play(_ pair: GroupCells.Pair) throws {
            let fixture = try GroupFixture(pair)
            let right = try GoscMember(
                fixture, context: try fixture.context(of: GroupFixture.client), as: GroupFixture.client)
            // The same member with another's key in the place of the second server's.
            let mistaken = try GoscMember(
                fixture, context: try fixture.context(of: GroupFixture.client, mistaken: GroupFixture.other),
                as: GroupFixture.client)
            for response in GroupCells.Mode.allCases {
                // Pairwise is what aiocoap answers in by itself.
                let answer: GroupCells.Mode? = response == .group ? .group : nil
                try playPairwise(fixture, pair, right, mistaken, response, answer)
                try playGroup(fixture, pair, right, mistaken, response, answer)
            }
        }

        /// B3 and B4: requests to one member.
        private func playPairwise(
            _ fixture: GroupFixture, _ pair: GroupCells.Pair, _ right: GoscMember, _ mistaken: GoscMember,
            _ response: GroupCells.Mode, _ answer: GroupCells.Mode?
        ) throws {
            let first = try server(fixture, GroupFixture.server).serve(answer: answer, inGroup: false)
            defer { first.stop() }
            let second = try server(fixture, GroupFixture.other).serve(answer: answer, port: 5684, inGroup: false)
            defer { second.stop() }
            let options = ["--mode", "pairwise", "--timeout", "5s"]
            let (status, output) = try right.post(
                GroupCellsProcessTests.text, to: "coap://[::1]/echo", ["--peer", GroupFixture.server] + options)
            let twin = try mistaken.post(
                GroupCellsProcessTests.text, to: "coap://[::1]:5684/echo",
                ["--peer", GroupFixture.other, "--mode", "pairwise", "--timeout", "1s"])
            // Nothing else is wrong with that member; and its numbers run ahead of the other one's, which has the same.
            let control = try mistaken.post(
                GroupCellsProcessTests.text, to: "coap://[::1]/echo", ["--peer", GroupFixture.server] + options)
            let expected = [GroupCellsProcessTests.answer(of: GroupFixture.server, response)]
            try CellRecord.note(
                .init(direction: .fromGosc, pair: pair, exchange: .init(request: .pairwise, response: response)),
                isVerified: status == 0 && GroupResponse.all(in: output) == expected
                    && GroupResponse.all(in: control.output) == expected,
                isTwinRefused: twin.status != 0 && GroupResponse.all(in: twin.output).isEmpty
                    && AiocoapMember.requests(of: second).contains {
                        $0.refused?.hasPrefix("ProtectionInvalid") == true
                    },
                "\(output)\nthe twin: \(twin.output)\ncontrol: \(control.output)\nservers: \(first.output)\(second.output)"
            )
        }

        /// B1 and B2: requests to everybody.
        private func playGroup(
            _ fixture: GroupFixture, _ pair: GroupCells.Pair, _ right: GoscMember, _ mistaken: GoscMember,
            _ response: GroupCells.Mode, _ answer: GroupCells.Mode?
        ) throws {
            let first = try server(fixture, GroupFixture.server).serve(answer: answer, inGroup: true)
            defer { first.stop() }
            let second = try server(fixture, GroupFixture.other).serve(answer: answer, inGroup: true)
            defer { second.stop() }
            let uri = "coap://[\(GroupFixture.address)]/echo"
            let options = ["--mode", "group", "--interface", "lo", "--timeout", "2s"]
            let (status, output) = try right.post(GroupCellsProcessTests.text, to: uri, options)
            let twin = try mistaken.post(GroupCellsProcessTests.text, to: uri, options)
            let answers = GroupResponse.all(in: output).sorted { $0.sender < $1.sender }
            // Both servers have accepted both requests, and answered: what is missing in the twin, our client has refused.
            let accepted = AiocoapMember.requests(of: second).count { $0.request == "/echo" }
            try CellRecord.note(
                .init(direction: .fromGosc, pair: pair, exchange: .init(request: .group, response: response)),
                isVerified: status == 0
                    && answers == [
                        GroupCellsProcessTests.answer(of: GroupFixture.server, response),
                        GroupCellsProcessTests.answer(of: GroupFixture.other, response),
                    ],
                isTwinRefused: accepted == 2
                    && GroupResponse.all(in: twin.output) == [
                        GroupCellsProcessTests.answer(of: GroupFixture.server, response)
                    ],
                "\(output)\nthe twin: \(twin.output)\nservers: \(first.output)\(second.output)")
        }

        private func server(_ fixture: GroupFixture, _ identifier: String) throws -> AiocoapMember {
            AiocoapMember(context: try fixture.context(of: identifier), identifier: identifier)
        }
    }
}
