import Bytes
import COSE
import CoAP
import GroupOSCORE
import OSCORE

// Deterministic requests and what answers them (draft-ietf-core-cacheable-oscore §3). They come in group contexts that name
// their Deterministic Client.

extension Workbench {
    /// Protects a deterministic request, or a response to one.
    static func protectDeterministic(
        _ datagram: PlainDatagram, _ input: MessageInput, with bench: GroupBench
    ) throws(WorkbenchFailure) -> ProtectedBody {
        guard bench.input.deterministicClient != nil else {
            throw WorkbenchFailure(
                .mode, "the group has no Deterministic Client: \"context.deterministic_client\" is not set")
        }
        let expansion = GroupContext.maximumExpansion + outerOptions
        guard let request = input.request else {
            guard input.partialIV == nil || input.partialIV == PartialIV(0) else {
                throw WorkbenchFailure(.field, "\"partial_iv\" of a deterministic request is 0, or absent")
            }
            return try filled(datagram, expansion) { plain, output throws(ProtectionError) in
                try bench.context.protectDeterministicRequest(
                    code: datagram.header.code, body: plain.span, to: input.peer, into: &output
                ).outerCode
            }
        }
        guard let partialIV = input.partialIV else {
            throw WorkbenchFailure(.field, "a response to a deterministic request needs a \"partial_iv\" of its own")
        }
        let binding = try bench.deterministicBinding(to: request, responder: nil)
        let fields = GroupResponseFields(
            partialIV: partialIV, includesKid: input.includesKid ?? true,
            includesGroupID: input.includesKidContext ?? (binding.groupID != bench.context.groupID))
        return try filled(datagram, expansion) { plain, output throws(ProtectionError) in
            try bench.context.protectDeterministicResponse(
                code: datagram.header.code, body: plain.span, to: binding, fields: fields, into: &output)
        }
    }

    /// Room for Request-Hash, with the longest hash, and Max-Age.
    private static let outerOptions = 80

    /// Verifies a deterministic request.
    static func unprotectDeterministic(
        _ message: borrowing ProtectedMessage, with bench: GroupBench
    ) throws(WorkbenchFailure) -> AcceptedMessage {
        var outcome = DeterministicRequestOutcome.rejected(.malformed)
        let plain = [UInt8](capacity: message.body.count) { output in
            outcome = bench.context.verifyDeterministicRequest(message, into: &output)
        }
        switch outcome {
        case .rejected(let failure): throw WorkbenchFailure(failure)
        case .unsafeDeterministic:
            throw WorkbenchFailure(
                .unsupported, "a deterministic request can only ask (GET, FETCH); this one is answered 4.01")
        case .verified(let code, _):
            guard let client = bench.input.deterministicClient else { throw WorkbenchFailure(VerificationFailure.mode) }
            return AcceptedMessage(
                code: code, body: plain, sender: client, mode: .deterministic, partialIV: PartialIV(0))
        }
    }

    /// Verifies a response to a deterministic request; it is always in group mode.
    static func unprotectDeterministic(
        _ message: borrowing ProtectedMessage, to request: RequestInput, asked: SenderID?, with bench: GroupBench
    ) throws(WorkbenchFailure) -> AcceptedMessage {
        let binding = try bench.deterministicBinding(to: request, responder: asked)
        var outcome = GroupResponseOutcome.rejected(.malformed)
        let plain = [UInt8](capacity: message.body.count + outerOptions) { output in
            outcome = bench.context.verifyDeterministicResponse(message, to: binding, into: &output)
        }
        switch outcome {
        case .rejected(let failure): throw WorkbenchFailure(failure)
        case .verified(let code, let sender, let partialIV):
            return AcceptedMessage(code: code, body: plain, sender: sender, mode: .group, partialIV: partialIV)
        }
    }
}

extension GroupBench {
    fileprivate func deterministicBinding(
        to request: RequestInput, responder: SenderID?
    ) throws(WorkbenchFailure) -> DeterministicRequestBinding {
        guard let client = request.kid ?? input.deterministicClient, let hash = request.requestHash else {
            throw WorkbenchFailure(
                .field, "\"request.request_hash\" is missing: responses to a deterministic request are bound to it")
        }
        guard let groupID = GroupID(request.kidContext ?? input.groupID) else {
            throw WorkbenchFailure(.field, "\"request.kid_context\" is too long for a Gid")
        }
        return DeterministicRequestBinding(
            client: client, groupID: groupID, requestHash: hash, intendedResponder: responder)
    }
}
