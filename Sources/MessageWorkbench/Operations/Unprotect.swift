import Bytes
import CoAP
import GroupOSCORE
import OSCORE

/// A message that was accepted.
struct AcceptedMessage {
    var code: Code
    /// Options, 0xff, payload.
    var body: [UInt8]
    var sender: SenderID
    var mode: MessageMode
    var partialIV: PartialIV?

    /// What an answer says of it.
    func described(in datagram: PlainDatagram) -> JSONObject {
        [
            "message": .text(datagram.encoded(code: code, body: body)), "kid": .text(sender.description),
            "mode": .text(mode.rawValue), "partial_iv": partialIV.map { .integer(Int64($0.value)) } ?? .null,
        ]
    }
}

extension Workbench {
    /// `{"op":"unprotect",…}`: from a protected to a plain message.
    func unprotect(_ fields: Fields) throws(WorkbenchFailure) -> JSONObject {
        let input = try MessageInput(fields, remembers: remembersByDefault)
        let datagram = try PlainDatagram(decoding: input.message)
        try datagram.require(input.direction)
        let accepted: AcceptedMessage
        switch input.context {
        case .pair(let pair):
            let pair = try pair.seen(by: input.me)
            accepted = try remembering(input, sender: pair.recipientID) { () throws(WorkbenchFailure) in
                try ContextIdentity(pair)
            } unprotect: { window throws(WorkbenchFailure) in
                try Self.unprotect(datagram, input, with: self.context(pair), window: &window)
            }
        case .group(let group):
            let bench = try bench(group, me: input.me, needsPrivateKey: false)
            accepted = try remembering(input, sender: datagram.kid) { () throws(WorkbenchFailure) in
                try ContextIdentity(group, me: input.me)
            } unprotect: { window throws(WorkbenchFailure) in
                try Self.unprotect(datagram, input, with: bench, window: &window)
            }
        }
        var answer: JSONObject = ["ok": .bool(true)]
        for member in accepted.described(in: datagram).members { answer.append(member.name, member.value) }
        return answer
    }

    /// Lends the window that counts for a line, and keeps it afterwards if the line asks for that.
    private func remembering(
        _ input: MessageInput, sender: SenderID?, in identity: () throws(WorkbenchFailure) -> ContextIdentity,
        unprotect: (inout ReplayWindow) throws(WorkbenchFailure) -> AcceptedMessage
    ) throws(WorkbenchFailure) -> AcceptedMessage {
        var window = try Self.freshWindow()
        guard input.remembers else { return try unprotect(&window) }
        let context = try identity()
        let sender = sender.map { Memory.Endpoint(context: context, id: $0) }
        window = sender.flatMap { memory.window(of: $0) } ?? window
        let accepted = try unprotect(&window)
        var isNew = true
        if let request = input.request {
            let exchange = Memory.Exchange(
                context: context,
                request: RequestBinding(kid: request.kid ?? accepted.sender, partialIV: request.partialIV),
                kidContext: request.kidContext ?? input.context.groupID)
            isNew = try memory.remember(.answered(exchange, accepted.sender, accepted.partialIV))
        } else if let sender {
            isNew = try memory.remember(.received(sender, window))
        }
        guard isNew else { throw Self.replay }
        return accepted
    }

    static let replay = WorkbenchFailure(.replay, "this Partial IV was accepted from this sender before, or is too old")

    static func freshWindow() throws(WorkbenchFailure) -> ReplayWindow {
        do throws(ContextError) {
            return try ReplayWindow()
        } catch {
            throw WorkbenchFailure(error)
        }
    }

    /// Verifies in plain OSCORE; `window` is used and updated.
    static func unprotect(
        _ datagram: PlainDatagram, _ input: MessageInput, with context: SecurityContext, window: inout ReplayWindow
    ) throws(WorkbenchFailure) -> AcceptedMessage {
        try input.requirePairMode()
        let body = datagram.body
        let message = try protectedMessage(body.span)
        context.replaceReplayWindow(with: window)
        defer { window = context.replayWindow }
        if let request = input.request {
            var outcome = ResponseOutcome.rejected(.malformed)
            let binding = request.binding(kid: context.senderID)
            let plain = [UInt8](capacity: body.count) { output in
                outcome = context.verifyResponse(message, to: binding, into: &output)
            }
            switch outcome {
            case .rejected(let failure): throw WorkbenchFailure(failure)
            case .verified(let code, let partialIV), .notification(let code, let partialIV):
                return AcceptedMessage(
                    code: code, body: plain, sender: context.recipientID, mode: .oscore, partialIV: partialIV)
            }
        }
        var outcome = RequestOutcome.rejected(.malformed)
        let plain = [UInt8](capacity: body.count) { output in
            outcome = context.verifyRequest(message, into: &output)
        }
        switch outcome {
        case .replay: throw replay
        // Windows here are made whole, or come from this run.
        case .unproven: throw WorkbenchFailure(VerificationFailure.invalidWindow)
        case .rejected(let failure): throw WorkbenchFailure(failure)
        case .verified(let code, let binding):
            return AcceptedMessage(
                code: code, body: plain, sender: context.recipientID, mode: .oscore, partialIV: binding.partialIV)
        }
    }

    @_lifetime(copy body)
    static func protectedMessage(_ body: Span<UInt8>) throws(WorkbenchFailure) -> ProtectedMessage {
        do throws(VerificationFailure) {
            return try ProtectedMessage(body)
        } catch {
            throw WorkbenchFailure(error)
        }
    }
}

extension PlainDatagram {
    /// The kid of a protected message; `nil` if there is none, or the message is malformed.
    var kid: SenderID? {
        guard let message = try? ProtectedMessage(body.span), let kid = message.option.kid else { return nil }
        return SenderID(kid)
    }
}
