import TestSupport
import Testing

/// What tshark makes of the messages of a group, our client's and our server's.
@Suite(.present("tshark", of: "tshark"), .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct GroupDissectionProcessTests {
    @Test func nothingButTheGroupFlagIsStrangeToTshark() throws {
        let fixture = try GroupFixture(.bothCCM)
        let capture = try CaptureFile()
        let client = try GoscMember(
            fixture, context: try fixture.context(of: GroupFixture.client), as: GroupFixture.client)
        for answer in GroupCells.Mode.allCases {
            let member = try GoscMember(
                fixture, context: try fixture.context(of: GroupFixture.server), as: GroupFixture.server)
            let server = try member.serve(answer: answer.rawValue, at: "::1")
            defer { server.stop() }
            let toAll = try client.post(
                "on", to: "coap://[\(GroupFixture.address)]/echo",
                ["--mode", "group", "--interface", "lo", "--timeout", "2s"])
            #expect(GroupResponse.all(in: toAll.output) == [GroupResponse(GroupFixture.server, answer, "2.04", "on")])
            let toOne = try client.post(
                "on", to: "coap://[::1]/echo", ["--peer", GroupFixture.server, "--mode", "pairwise"])
            #expect(GroupResponse.all(in: toOne.output) == [GroupResponse(GroupFixture.server, answer, "2.04", "on")])
        }
        try capture.stop()

        let packets = try Dissection.packets(in: capture).filter {
            $0.has("coap.code") && !$0.values("coap.code").contains("0")
        }
        let odd = packets.filter { !$0.isWellFormedInGroup }
        #expect(odd.isEmpty, "\(odd.prefix(3))")
        // What is seen is what was sent: two requests and two responses of each mode, and their names.
        #expect(packets.count == 8 && packets.count { $0.isInGroupMode } == 4)
        let requests = packets.filter(\.isRequest)
        #expect(requests.map { $0.values("coap.opt.object_security_kid") } == Array(repeating: ["25"], count: 4))
        #expect(
            requests.map { $0.values("coap.opt.object_security_kid_context") } == Array(repeating: ["dd11"], count: 4))
        #expect(requests.allSatisfy { $0.has("coap.opt.object_security_piv") })
        // All are POST, all are answered with 2.04.
        #expect(Set(packets.flatMap { $0.values("coap.code") }) == ["2", "68"])
    }
}
