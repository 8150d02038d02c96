import Foundation
import TestSupport
import Testing

/// Nodes with a fixed context, and requests as one of them, over real multicast.
@Suite(.serialized, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct UnmanagedProcessTests {
    private let laboratory: Laboratory

    init() throws {
        laboratory = try Laboratory()
    }

    @Test func everybodyAnswersAGroupRequestInItsOwnMode() throws {
        try laboratory.lampsAndSwitch()
        defer { laboratory.stopAll() }
        let put = try laboratory.answers("put coap://[ff35::1234]/light -e on --interface lo --timeout 3s")
        #expect(put.exitCode == 0)
        #expect(Set(put.answers.map(\.summary)) == ["25 group 2.04 on", "52 pairwise 2.04 on"])
        let list = try laboratory.request(
            "get coap://[ff35::1234]/light --interface lo --timeout 3s --mode group --output json")
        let array = try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]]
        #expect(Set(array?.map(\.summary) ?? []) == ["25 group 2.05 on", "52 pairwise 2.05 on"])
        let table = try laboratory.request("get coap://[ff35::1234]/light --interface lo --timeout 3s")
        #expect(table.output.hasPrefix("SENDER "), "\(table)")
        #expect(table.output.contains(#/\n25 +group +\[::1\]:5683 +2\.05 .* on\n/#), "\(table)")
        // Members are silent about errors, and nobody else is there.
        let nobody = try laboratory.request("get coap://[ff35::1234]/nowhere --interface lo --timeout 2s")
        #expect(nobody.exitCode == 1)
        #expect(nobody.output == "")
        #expect(nobody.errors.contains("nobody answered coap://[ff35::1234]/nowhere"), "\(nobody)")
        #expect(try laboratory.counters("lamp-1")["requests_handled"] as? Int == 3)
    }

    @Test func oneMemberIsAskedInEitherModeByEitherAddress() throws {
        try laboratory.lampsAndSwitch()
        defer { laboratory.stopAll() }
        for (words, answer) in [
            ("get coap://[::1]/hello --peer 25", "25 pairwise 2.05 Hello World!"),
            ("get coap://[::1]/hello --peer 25 --mode pairwise", "25 pairwise 2.05 Hello World!"),
            ("get coap://[::1]/hello --peer 25 --mode group", "25 group 2.05 Hello World!"),
            ("post coap://[::1]:5690/echo -e same --peer 52 --mode group", "52 pairwise 2.04 same"),
            // Ends with the answer, long before the time is over.
            ("get coap://[ff35::1234]/hello --interface lo --peer 52 --timeout 100s", "52 pairwise 2.05 Hello World!"),
            (
                "get coap://[ff35::1234]/hello --interface lo --peer 25 --mode group --timeout 100s",
                "25 group 2.05 Hello World!"
            ),
            ("observe coap://[::1]/light --peer 25 --count 1", "25 pairwise 2.05 off"),
        ] {
            let (exitCode, answers) = try laboratory.answers(words)
            #expect(exitCode == 0, "\(words)")
            #expect(answers.map(\.summary) == [answer], "\(words)")
        }
        let refused = try laboratory.answers("put coap://[::1]/light -e dim --peer 25")
        #expect(refused.exitCode == 1)
        #expect(refused.answers.first?["code"] as? String == "4.00")
    }

    /// What is asked for, and nobody is there who could.
    @Test func whoCannotVerifyIsSilentAndCounted() throws {
        try laboratory.lampsAndSwitch()
        defer { laboratory.stopAll() }
        let other = try laboratory.request("get coap://[::1]/hello --peer 52 --timeout 2s")
        #expect(other.exitCode == 1)
        #expect(other.output == "")
        #expect(other.errors.contains("nobody answered coap://[::1]/hello as 52"), "\(other)")
        #expect(try laboratory.counters("lamp-1")["requests_refused"] as? Int == 1)
        // Without protection nothing is to be had.
        let plain = try laboratory.gosc.run(["get", "coap://[::1]/light"])
        #expect(plain.exitCode == 77)
        let toGroup = try laboratory.gosc.run(
            ["get", "coap://[ff35::1234]/light", "--interface", "lo", "--timeout", "2s"])
        #expect(toGroup.exitCode == 1)
        #expect(try laboratory.counters("lamp-1")["requests_refused"] as? Int == 3)
        #expect(try laboratory.counters("lamp-1")["requests_handled"] as? Int == 0)
    }

    @Test(.requirement("GOSC-0080", "GOSC-0093"))
    func aRestartedNodeAsksForEchoOnce() throws {
        try laboratory.lampsAndSwitch()
        defer { laboratory.stopAll() }
        #expect(try laboratory.answers("get coap://[::1]/hello --peer 25").exitCode == 0)
        #expect(try laboratory.counters("lamp-1")["challenges"] as? Int == 0)
        #expect(laboratory.stop("lamp-1") == 0)
        let reserved = try #require(try laboratory.status("lamp-2")["reserved_end"] as? Int)
        #expect(reserved > 0)
        try laboratory.runLamp1()
        for (request, challenges) in [(1, 1), (2, 1)] {
            let answers = try laboratory.answers("get coap://[::1]/hello --peer 25").answers
            #expect(answers.map(\.summary) == ["25 pairwise 2.05 Hello World!"], "\(request)")
            #expect(try laboratory.counters("lamp-1")["challenges"] as? Int == challenges, "\(request)")
        }
        // It never goes back.
        #expect(try #require(try laboratory.status("lamp-1")["reserved_end"] as? Int) > reserved)
        // By multicast the same.
        #expect(laboratory.stop("lamp-1") == 0)
        try laboratory.runLamp1()
        let all = try laboratory.answers("get coap://[ff35::1234]/hello --interface lo --timeout 3s").answers
        #expect(Set(all.compactMap { $0["sender_id"] as? String }) == ["25", "52"])
    }

    /// The directory of a member is lost, and another one is made from the same file: no number is used again, and what the
    /// first has accepted is not believed.
    @Test(.requirement("OSC-0075"))
    func aMemberThatIsMadeAnewBeginsWhereNoOtherWas() throws {
        for (id, name) in [("25", "lamp-1"), ("01", "switch")] { try laboratory.member(id, name, newKeys: false) }
        try laboratory.runLamp1()
        defer { laboratory.stopAll() }
        let first = try laboratory.answers("get coap://[::1]/hello --peer 25").answers
        #expect(first.map(\.summary) == ["25 pairwise 2.05 Hello World!"])
        #expect(try laboratory.counters("lamp-1")["challenges"] as? Int == 1)
        let used = try #require(try laboratory.status("lamp-1")["next_sequence_number"] as? Int)
        laboratory.stop("lamp-1")
        try FileManager.default.removeItem(at: laboratory.gosc.folder.appending(path: "lamp-1"))
        try laboratory.member("25", "lamp-1", newKeys: false)
        try laboratory.runLamp1()
        let status = try laboratory.status("lamp-1")
        #expect(try #require(status["next_sequence_number"] as? Int) >= used)
        let second = try laboratory.answers("get coap://[::1]/hello --peer 25").answers
        #expect(second.map(\.summary) == ["25 pairwise 2.05 Hello World!"])
        #expect(try laboratory.counters("lamp-1")["challenges"] as? Int == 1)
    }

    /// What a member sees while another one changes it.
    @Test func aMemberObservesWhatAnotherChanges() throws {
        try laboratory.lampsAndSwitch()
        defer { laboratory.stopAll() }
        // The second lamp is stopped, so that its member can make a request.
        laboratory.stop("lamp-2")
        for (mode, state) in [("pairwise", "on"), ("group", "off")] {
            let outcome = try laboratory.gosc.run(
                [
                    "observe", "coap://[::1]/light", "--peer", "25", "--mode", mode, "--count", "2", "--for", "60s",
                    "--state", "switch", "--output", "jsonl",
                ],
                atFirstOutput: { _ in
                    let put = try laboratory.answers("put coap://[::1]/light -e \(state) --peer 25", as: "lamp-2")
                    #expect(put.answers.map(\.summary) == ["25 pairwise 2.04 \(state)"])
                })
            #expect(outcome.exitCode == 0, "\(outcome)")
            let shown = try Laboratory.objects(outcome.output).map(\.summary)
            #expect(shown == ["25 \(mode) 2.05 \(state == "on" ? "off" : "on")", "25 \(mode) 2.05 \(state)"])
        }
    }

    @Test(.requirement("OSC-0075"))
    func whateverEndsARequestNoNumberIsUsedTwice() throws {
        try laboratory.lampsAndSwitch()
        defer { laboratory.stopAll() }
        let words = "get coap://[ff35::1234]/hello --interface lo --timeout 100s --state switch"
        for (count, signal) in [SIGINT, SIGKILL].enumerated() {
            let outcome = try laboratory.gosc.run(words.split(separator: " ").map(String.init)) { kill($0, signal) }
            #expect(outcome.exitCode == 128 + signal, "\(outcome)")
            #expect(try laboratory.answers("get coap://[::1]/hello --peer 25").exitCode == 0)
            // One with a number of before would be a replay.
            let counters = try laboratory.counters("lamp-1")
            #expect(counters["replays"] as? Int == 0)
            #expect(counters["requests_handled"] as? Int == 2 * (count + 1))
        }
    }

    @Test func plainOSCOREHasOnePeer() throws {
        try laboratory.member("02", "server", of: "pair")
        try laboratory.member("01", "client", of: "pair")
        let log = try laboratory.gosc.file("log")
        try laboratory.run("server", "--bind ::1 --port 5700", log: log)
        defer { laboratory.stopAll() }
        #expect(try laboratory.request("get coap://[::1]:5700/hello", as: "client").output == "Hello World!\n")
        let put = try laboratory.answers("put coap://[::1]:5700/light -e on", as: "client")
        #expect(put.answers.map(\.summary) == ["02 oscore 2.04 on"])
        let status = try laboratory.status("server")
        #expect(status["context"] as? String == "oscore")
        #expect(status["sender_id"] as? String == "02")
        // Another context at the same port: nothing comes back that could be believed.
        let context = try String(contentsOf: Laboratory.contexts.appending(path: "pair.json"), encoding: .utf8)
            .replacing("0001020304050607\"", with: "0001020304050608\"")
        try Data(context.utf8).write(to: laboratory.gosc.folder.appending(path: "other.json"))
        try laboratory.succeed(["node", "init", "--context", "other.json", "--as", "01", "--state", "stranger"])
        let stranger = try laboratory.request("get coap://[::1]:5700/hello --timeout 2s", as: "stranger")
        #expect(stranger.exitCode == 1)
        #expect(stranger.errors.contains("nobody answered"), "\(stranger)")
        laboratory.stopAll()
        // Who, how, what; neither payloads nor keys.
        let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
        #expect(lines.count >= 4)
        #expect(lines.allSatisfy { $0.contains("kind=unmanaged") }, "\(lines)")
        #expect(lines.count { $0.contains("request handled") && $0.contains("mode=oscore") } == 2, "\(lines)")
        #expect(lines.allSatisfy { !$0.contains("Hello") && !$0.contains("000102") }, "\(lines)")
    }

    @Test func aDirectoryIsUsedByOneProcessAndNeverAsACopy() throws {
        try laboratory.member("25", "lamp-1")
        try laboratory.runLamp1()
        let words = "get coap://[ff35::1234]/hello --interface lo --timeout 1s"
        let busy = try laboratory.request(words, as: "lamp-1")
        #expect(busy.exitCode == 75)
        #expect(
            busy.errors.contains(#/in use by process [0-9]+, which is gosc node run; stop that process/#), "\(busy)")
        let send = try laboratory.gosc.run(["send", "dd11", "light", "on", "--state", "lamp-1"])
        #expect(send.exitCode == 78)
        #expect(send.errors.contains("is unmanaged"), "\(send)")
        let status = try laboratory.gosc.run(["node", "status", "--state", "lamp-1"])
        #expect(status.output.contains(#/\A *kind +unmanaged\n/#), "\(status)")
        laboratory.stopAll()

        let copy = laboratory.gosc.folder.appending(path: "copy")
        try FileManager.default.copyItem(at: laboratory.gosc.folder.appending(path: "lamp-1"), to: copy)
        for arguments in [words.split(separator: " ").map(String.init), ["node", "run"]] {
            let outcome = try laboratory.gosc.run(arguments + ["--state", "copy"])
            #expect(outcome.exitCode == 78)
            #expect(outcome.errors.contains("is a copy"), "\(outcome)")
        }
    }
}
