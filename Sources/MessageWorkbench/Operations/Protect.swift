import Bytes
import CoAP
import GroupOSCORE
import OSCORE

/// A protected message behind its header: outer Code, and outer options, 0xff and payload.
struct ProtectedBody {
    var code: Code
    var body: [UInt8]
}

extension Workbench {
    /// `{"op":"protect",…}`: from a plain to a protected message.
    func protect(_ fields: Fields) throws(WorkbenchFailure) -> JSONObject {
        var input = try MessageInput(fields, remembers: remembersByDefault)
        let datagram = try PlainDatagram(decoding: input.message)
        try datagram.require(input.direction)
        let protected: ProtectedBody
        switch input.context {
        case .pair(let pair):
            let pair = try pair.seen(by: input.me)
            let sender = { () throws(WorkbenchFailure) in
                Memory.Endpoint(context: try ContextIdentity(senderKeyOf: pair), id: pair.senderID)
            }
            let used = try use(&input, requester: input.request?.kid ?? pair.recipientID, sender)
            protected = try Self.protect(datagram, input, with: context(pair))
            if let used { _ = try memory.remember(used) }
        case .group(let group):
            let bench = try bench(group, me: input.me, needsPrivateKey: true)
            let sender = { [me = input.me] () throws(WorkbenchFailure) in
                let me = try Fields(JSONObject()).required("me", me)
                return Memory.Endpoint(context: try ContextIdentity(senderKeyOf: me, in: group), id: me)
            }
            let used = try use(&input, requester: input.request?.kid ?? input.peer, sender)
            protected = try Self.protect(datagram, input, with: bench)
            if let used { _ = try memory.remember(used) }
        }
        return ["ok": .bool(true), "message": .text(datagram.encoded(code: protected.code, body: protected.body))]
    }

    /// Protects in plain OSCORE.
    static func protect(
        _ datagram: PlainDatagram, _ input: MessageInput, with context: SecurityContext
    ) throws(WorkbenchFailure) -> ProtectedBody {
        try input.requirePairMode()
        guard let request = input.request else {
            let partialIV = try input.requiredPartialIV()
            return try filled(datagram, SecurityContext.maximumExpansion) { plain, output throws(ProtectionError) in
                try context.protectRequest(
                    code: datagram.header.code, body: plain.span, partialIV: partialIV, into: &output
                ).outerCode
            }
        }
        let binding = request.binding(kid: context.recipientID)
        guard binding.kid == context.recipientID else {
            throw WorkbenchFailure(.noContext, "\"request.kid\" is not the identifier of the peer in the context")
        }
        return try filled(datagram, SecurityContext.maximumExpansion) { plain, output throws(ProtectionError) in
            try context.protectResponse(
                code: datagram.header.code, body: plain.span, to: binding, partialIV: input.partialIV, into: &output)
        }
    }

    /// Protects for a group, or for one of its members.
    static func protect(
        _ datagram: PlainDatagram, _ input: MessageInput, with bench: GroupBench
    ) throws(WorkbenchFailure) -> ProtectedBody {
        if input.mode == .deterministic || input.mode == .group && input.request?.mode == .deterministic {
            return try protectDeterministic(datagram, input, with: bench)
        }
        let mode = try input.requiredGroupMode()
        guard input.request?.mode != .deterministic else {
            throw WorkbenchFailure(.mode, "a deterministic request is answered in group mode only")
        }
        guard let request = input.request else {
            return try protectRequest(datagram, input, with: bench, isGroupMode: mode == .group)
        }
        guard let requester = request.kid ?? input.peer else {
            throw WorkbenchFailure(.field, "\"request.kid\" is missing: the response is bound to it")
        }
        let binding = try bench.binding(to: request, kid: requester, defaultMode: mode)
        return try protectResponse(datagram, input, with: bench, binding: binding, isGroupMode: mode == .group)
    }

    private static func protectRequest(
        _ datagram: PlainDatagram, _ input: MessageInput, with bench: GroupBench, isGroupMode: Bool
    ) throws(WorkbenchFailure) -> ProtectedBody {
        let partialIV = try input.requiredPartialIV()
        guard input.includesKid ?? true, input.includesKidContext ?? true else {
            throw WorkbenchFailure(.unsupported, "a request in a group always has kid and kid context (RFC 10021 §4.1)")
        }
        if !isGroupMode {
            guard let peer = input.peer else {
                throw WorkbenchFailure(.field, "\"peer\" is missing: the member that a pairwise request is for")
            }
            try bench.requireMember(peer, "peer")
            return try filled(datagram, GroupContext.maximumExpansion) { plain, output throws(ProtectionError) in
                try bench.context.protectPairwiseRequest(
                    code: datagram.header.code, body: plain.span, to: peer, partialIV: partialIV, into: &output
                ).outerCode
            }
        }
        guard bench.context.algorithms.hasGroupMode else { throw WorkbenchFailure(ProtectionError.modeUnavailable) }
        return try filled(datagram, GroupContext.maximumExpansion) { plain, output throws(ProtectionError) in
            try bench.context.protectGroupRequest(
                code: datagram.header.code, body: plain.span, partialIV: partialIV, into: &output
            ).outerCode
        }
    }

    private static func protectResponse(
        _ datagram: PlainDatagram, _ input: MessageInput, with bench: GroupBench, binding: GroupRequestBinding,
        isGroupMode: Bool
    ) throws(WorkbenchFailure) -> ProtectedBody {
        let isSameContext = binding.groupID == bench.context.groupID
        guard input.partialIV != nil || isSameContext else {
            throw WorkbenchFailure(
                .field, "a response under another Gid than its request needs a \"partial_iv\" (RFC 10021 §7.3)")
        }
        let fields = GroupResponseFields(
            partialIV: input.partialIV, includesKid: input.includesKid ?? binding.isGroupMode,
            includesGroupID: input.includesKidContext ?? !isSameContext)
        if !isGroupMode {
            try bench.requireMember(binding.request.kid, "request.kid")
            return try filled(datagram, GroupContext.maximumExpansion) { plain, output throws(ProtectionError) in
                try bench.context.protectPairwiseResponse(
                    code: datagram.header.code, body: plain.span, to: binding, fields: fields, into: &output)
            }
        }
        guard bench.context.algorithms.hasGroupMode else { throw WorkbenchFailure(ProtectionError.modeUnavailable) }
        return try filled(datagram, GroupContext.maximumExpansion) { plain, output throws(ProtectionError) in
            try bench.context.protectGroupResponse(
                code: datagram.header.code, body: plain.span, to: binding, fields: fields, into: &output)
        }
    }

    static func filled(
        _ datagram: PlainDatagram, _ expansion: Int,
        _ write: ([UInt8], inout OutputSpan<UInt8>) throws(ProtectionError) -> Code
    ) throws(WorkbenchFailure) -> ProtectedBody {
        do throws(ProtectionError) {
            var code = Code.empty
            let plain = datagram.body
            let body = try [UInt8](capacity: plain.count + expansion) { output throws(ProtectionError) in
                code = try write(plain, &output)
            }
            return ProtectedBody(code: code, body: body)
        } catch {
            throw WorkbenchFailure(error)
        }
    }
}
