import Foundation
import TestSupport
import Testing

extension GroupCellsProcessTests {
    /// aiocoap's client at our server.
    @Suite(.inNetworkNamespace, .timeLimit(.minutes(2)))
    struct Server {
        @Test func bothAESCCM() throws { try play(.bothCCM) }
        @Test func bothChaCha() throws { try play(.bothChaCha) }
        @Test func groupAESCCMPairwiseChaCha() throws { try play(.groupCCM) }
        @Test func groupChaChaPairwiseAESCCM() throws { try play(.groupChaCha) }

        private func play(_ pair: GroupCells.Pair) throws {
            let (place, twinPlace) = (try Surroundings.address("fd00::52"), try Surroundings.address("fd00::77"))
            let fixture = try GroupFixture(pair)
            let client = AiocoapMember(
                context: try fixture.context(of: GroupFixture.client), identifier: GroupFixture.client)
            // A member that takes another's key for the client's: it must not answer anything.
            let mistaken = try GoscMember(
                fixture, context: try fixture.context(of: GroupFixture.other, mistaken: GroupFixture.client),
                as: GroupFixture.other)
            let silent = try mistaken.serve(answer: "same", at: twinPlace)
            defer { silent.stop() }

            var sequence = 0
            for response in GroupCells.Mode.allCases {
                let member = try GoscMember(
                    fixture, context: try fixture.context(of: GroupFixture.server), as: GroupFixture.server)
                let server = try member.serve(answer: response.rawValue, at: place)
                defer { server.stop() }
                for request in GroupCells.Mode.allCases {
                    let before = try mistaken.rejections()
                    let (status, output) = try client.post(
                        GroupCellsProcessTests.text,
                        to: request == .group ? "coap://[\(GroupFixture.address)%lo]/echo" : "coap://[\(place)]/echo",
                        peer: request == .group ? nil : GroupFixture.server, sequence: sequence)
                    sequence += 1
                    var refusal = ""
                    var isTwinRefused = true
                    if request == .pairwise {
                        let twin = try client.post(
                            GroupCellsProcessTests.text, to: "coap://[\(twinPlace)]/echo", peer: GroupFixture.other,
                            sequence: sequence, seconds: 3)
                        sequence += 1
                        refusal = twin.output
                        isTwinRefused = twin.status == 1 && GroupResponse.all(in: twin.output).isEmpty
                    }
                    // The datagram has arrived and was judged.
                    let rejections = try mistaken.rejections() - before
                    isTwinRefused = isTwinRefused && rejections > 0
                    try CellRecord.note(
                        .init(direction: .toGosc, pair: pair, exchange: .init(request: request, response: response)),
                        isVerified: status == 0
                            && GroupResponse.all(in: output) == [
                                GroupCellsProcessTests.answer(of: GroupFixture.server, response)
                            ],
                        isTwinRefused: isTwinRefused,
                        "\(output)\nthe twin: \(refusal)\n\(rejections) rejected; \(silent.output.suffix(1000))")
                }
            }
        }
    }
}
