import CoAP
import ServiceShell

/// What came back on one group request.
struct Answers {
    var responses: [SendResponse] = []
    var summary: SendSummary
}

extension Stage {
    /// Has the switch set all lamps, or somebody else, and collects their verified answers.
    func send(
        _ state: String, from player: Player? = nil, answer: (LampRow) -> Void = { _ in }
    ) async throws -> Answers {
        let request = SendRequest(
            group: DemoGroup.name, path: [DemoGroup.resource], payload: Array(state.utf8), contentFormat: .textPlain)
        var responses: [SendResponse] = []
        for await update in try NodeRemote.send(request, stateDirectory: (player ?? lightSwitch).state) {
            switch update {
            case .response(let response):
                responses.append(response)
                answer(LampRow(response))
            case .completed(let summary):
                return Answers(responses: responses, summary: summary)
            case .failed(let message, _):
                throw DemoError("the \((player ?? lightSwitch).name) did not send: \(message)")
            }
        }
        throw DemoError("the \((player ?? lightSwitch).name) said nothing more")
    }

    /// Sends until so many have answered, or they had time enough to learn who is who.
    ///
    /// - Returns: How many have answered the last one.
    func sendUntil(_ count: Int, have state: String, from player: Player? = nil) async throws -> Int {
        let end = ContinuousClock.now + Self.timeLimit * 2
        while true {
            let answered = try await send(state, from: player).responses.count
            if answered >= count || .now >= end { return answered }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Has the switch send a number of requests, some at a time, and waits for all answers.
    func sendMany(_ count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= 4 { try await group.next() }
                group.addTask { _ = try await self.send(number.isMultiple(of: 2) ? "on" : "off") }
            }
            try await group.waitForAll()
        }
    }

    /// One row a lamp, in order, also for lamps that did not answer.
    func rows(_ answers: Answers) -> [LampRow] {
        lamps.map { lamp in
            answers.responses.first { $0.name == lamp.name }.map(LampRow.init)
                ?? LampRow(name: lamp.name, senderID: "", verified: false, isOn: nil, milliseconds: nil)
        }
    }
}

extension LampRow {
    /// What the switch hands out, it has verified.
    init(_ response: SendResponse) {
        self.init(
            name: response.name ?? response.senderID, senderID: response.senderID, verified: true,
            isOn: response.isSuccess ? response.payload == Array("on".utf8) : nil,
            milliseconds: Duration.nanoseconds(response.latency).milliseconds)
    }
}
