import Bytes
import CoAP
import GroupOSCORE
import OSCORE

extension Workbench {
    /// Verifies for a member of a group; `window` is used and updated.
    static func unprotect(
        _ datagram: PlainDatagram, _ input: MessageInput, with bench: GroupBench, window: inout ReplayWindow
    ) throws(WorkbenchFailure) -> AcceptedMessage {
        let body = datagram.body
        let message = try protectedMessage(body.span)
        let isGroupMode = message.option.isGroupMode
        if input.request == nil, bench.context.isDeterministicRequest(message) {
            guard input.mode ?? .deterministic == .deterministic else {
                throw WorkbenchFailure(.mode, "the message is a deterministic request")
            }
            return try unprotectDeterministic(message, with: bench)
        }
        if let request = input.request, request.mode == .deterministic {
            for responder in [datagram.kid, input.peer].compactMap(\.self) { try prepare(responder, in: bench) }
            return try unprotectDeterministic(message, to: request, asked: input.peer, with: bench)
        }
        try requireMode(isGroupMode, input, bench)
        if let me = bench.me?.id, datagram.kid == me { throw WorkbenchFailure(VerificationFailure.ownMessage) }
        let mode = isGroupMode ? MessageMode.group : .pairwise
        guard let request = input.request else {
            let sender = datagram.kid
            if let sender {
                try prepare(sender, in: bench)
                bench.context.replaceReplayWindow(of: sender, with: window)
            }
            defer { if let sender { window = bench.context.replayWindow(of: sender) ?? window } }
            return try verifyRequest(message, with: bench, mode: mode)
        }
        guard let requester = request.kid ?? bench.me?.id else {
            throw WorkbenchFailure(.field, "\"request.kid\" or \"me\" is missing: who asked")
        }
        let binding = try bench.binding(
            to: request, kid: requester, defaultMode: bench.context.algorithms.hasGroupMode ? .group : .pairwise)
        // Whoever was asked is known where the response says nothing.
        let asked = binding.isGroupMode ? nil : input.peer
        guard message.option.kid != nil || binding.isGroupMode || asked != nil else {
            throw WorkbenchFailure(.field, "the response has no kid: \"peer\" must say who was asked")
        }
        for responder in [datagram.kid, asked].compactMap(\.self) { try prepare(responder, in: bench) }
        return try verifyResponse(message, with: bench, to: binding, asked: asked, mode: mode)
    }

    /// Checks what a group and its member can receive at all.
    private static func requireMode(
        _ isGroupMode: Bool, _ input: MessageInput, _ bench: GroupBench
    ) throws(WorkbenchFailure) {
        if let mode = input.mode, mode != (isGroupMode ? .group : .pairwise) {
            throw WorkbenchFailure(
                .mode, "\"mode\" is \"\(mode.rawValue)\", but the Group Flag of the message is \(isGroupMode ? 1 : 0)")
        }
        let algorithms = bench.context.algorithms
        guard isGroupMode ? algorithms.hasGroupMode : algorithms.hasPairwiseMode else {
            throw WorkbenchFailure(
                .mode, "the message is in \(isGroupMode ? "group" : "pairwise") mode, which the group does not use")
        }
        guard isGroupMode || bench.me?.privateKey != nil else {
            throw WorkbenchFailure(
                .context, "\"me\" needs its \"private_key\" in \"context.members\" for a pairwise message")
        }
    }

    private static func verifyRequest(
        _ message: borrowing ProtectedMessage, with bench: GroupBench, mode: MessageMode
    ) throws(WorkbenchFailure) -> AcceptedMessage {
        var outcome = GroupRequestOutcome.rejected(.malformed)
        let plain = [UInt8](capacity: message.body.count) { output in
            outcome = bench.context.verifyRequest(message, into: &output)
        }
        switch outcome {
        case .replay: throw replay
        // Windows here are made whole, or come from this run.
        case .unproven: throw WorkbenchFailure(VerificationFailure.invalidWindow)
        case .rejected(let failure): throw WorkbenchFailure(failure)
        case .verified(let code, let binding):
            return AcceptedMessage(
                code: code, body: plain, sender: binding.request.kid, mode: mode, partialIV: binding.request.partialIV)
        }
    }

    private static func verifyResponse(
        _ message: borrowing ProtectedMessage, with bench: GroupBench, to binding: GroupRequestBinding,
        asked: SenderID?, mode: MessageMode
    ) throws(WorkbenchFailure) -> AcceptedMessage {
        var outcome = GroupResponseOutcome.rejected(.malformed)
        let plain = [UInt8](capacity: message.body.count) { output in
            outcome =
                mode == .group
                ? bench.context.verifyGroupResponse(message, to: binding, assumedResponder: asked, into: &output)
                : bench.context.verifyPairwiseResponse(message, to: binding, assumedResponder: asked, into: &output)
        }
        switch outcome {
        case .rejected(let failure): throw WorkbenchFailure(failure)
        case .verified(let code, let sender, let partialIV):
            return AcceptedMessage(code: code, body: plain, sender: sender, mode: mode, partialIV: partialIV)
        }
    }
}
