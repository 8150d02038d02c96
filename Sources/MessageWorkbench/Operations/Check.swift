import Bytes
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE

extension Workbench {
    // GOSC-0239
    /// `{"op":"check",…}`: whether a message is countersigned by whom it says, for somebody outside the group
    /// (RFC 10021 §7.5). Nothing is decrypted, and there is no key that could.
    func check(_ fields: Fields) throws(WorkbenchFailure) -> JSONObject {
        let input = try CheckInput(fields, remembers: remembersByDefault)
        let body = input.message.body
        let message = try Self.protectedMessage(body.span)
        let verdict =
            switch input.direction {
            case .request: try checkRequest(message, input)
            case .response: try checkResponse(message, input)
            }
        switch verdict {
        case .valid(let sender, let groupID): return Self.answer(sender, groupID, message.option.partialIV)
        case .validIfAsked(let sender, let groupID):
            var answer = Self.answer(sender, groupID, message.option.partialIV)
            answer.append("request", "unchecked")
            return answer
        case .invalid(let failure): throw WorkbenchFailure(failure)
        case .notCheckable(let reason): throw WorkbenchFailure(reason)
        }
    }

    private static func answer(_ sender: SenderID, _ groupID: GroupID, _ partialIV: PartialIV?) -> JSONObject {
        [
            "ok": .bool(true), "kid": .text(sender.description), "gid": .text(Hex.encode(groupID.bytes)),
            "mode": .text(MessageMode.group.rawValue),
            "partial_iv": partialIV.map { .integer(Int64($0.value)) } ?? .null,
        ]
    }

    private func checkRequest(
        _ message: borrowing ProtectedMessage, _ input: CheckInput
    ) throws(WorkbenchFailure) -> SignatureVerdict {
        let bench = try checkBench(input.context)
        try bench.prepare(input.message.kid)
        let remembered = input.remembers ? try checker(for: input.context, makes: true) : nil
        let checker = remembered ?? SignatureChecker(maximumRequests: 1)
        try bench.install(in: checker, after: input.context.previousGroupID)
        return checker.checkRequest(message, in: CheckedExchange(input.message, of: input.client))
    }

    // GOSC-0241
    private func checkResponse(
        _ message: borrowing ProtectedMessage, _ input: CheckInput
    ) throws(WorkbenchFailure) -> SignatureVerdict {
        let bench = try checkBench(input.context)
        try bench.prepare(input.message.kid)
        // GOSC-0242
        try bench.prepare(input.peer)
        let exchange = CheckedExchange(input.message, of: input.client)
        switch input.request {
        case .remembered:
            guard let checker = try checker(for: input.context, makes: false) else {
                return message.option.isGroupMode ? .notCheckable(.unmatchedResponse) : .notCheckable(.pairwiseMode)
            }
            try bench.install(in: checker, after: input.context.previousGroupID)
            return checker.checkResponse(message, in: exchange, from: input.peer)
        case .message(let request):
            let checker = SignatureChecker(maximumRequests: 1)
            try bench.install(in: checker, after: input.context.previousGroupID)
            try bench.pass(request, of: input.client, through: checker, before: input.message)
            return checker.checkResponse(message, in: exchange, from: input.peer)
        case .known(let request):
            let binding = try bench.binding(to: request)
            let checker = SignatureChecker(maximumRequests: 1)
            // Whoever vouches for the match vouches for the rekeying between the two.
            let isRekeyed = binding.groupID != bench.group.groupID
            try bench.install(
                in: checker, after: isRekeyed ? binding.groupID.bytes : input.context.previousGroupID)
            return checker.checkResponse(message, to: binding, requestHash: request.requestHash, from: input.peer)
        }
    }
}

extension CheckedExchange {
    /// The exchange that a message belongs to, by its Token and who asked. A name stands where the address would: as an
    /// address that nobody else's name leads to.
    fileprivate init(_ datagram: PlainDatagram, of client: String) {
        let hash = Array(SHA256.hash(Array(client.utf8).span).prefix(16))
        let address = IPv6Address(hash.span) ?? .unspecified
        self.init(client: SocketAddress(address, port: 0), token: datagram.header.token)
    }
}

extension CheckBench {
    /// Checks the request that a response is said to answer, so that the response can be.
    fileprivate func pass(
        _ request: PlainDatagram, of client: String, through checker: SignatureChecker, before response: PlainDatagram
    ) throws(WorkbenchFailure) {
        guard request.header.token == response.header.token else {
            throw WorkbenchFailure(
                .notCheckable, "the Token of the response is not that of \"request\": it answers another one")
        }
        try prepare(request.kid)
        let body = request.body
        let message = try Workbench.protectedMessage(body.span)
        switch checker.checkRequest(message, in: CheckedExchange(request, of: client)) {
        case .valid, .validIfAsked, .notCheckable(.pairwiseMode): return
        case .invalid(let failure):
            throw WorkbenchFailure(
                .notCheckable, "\"request\" is not valid, so it has no responses: \(WorkbenchFailure(failure).detail)")
        case .notCheckable(let reason):
            throw WorkbenchFailure(
                .notCheckable, "\"request\" cannot be checked itself: \(WorkbenchFailure(reason).detail)")
        }
    }

    /// What binds responses to a request that the caller vouches for.
    fileprivate func binding(to request: RequestInput) throws(WorkbenchFailure) -> GroupRequestBinding {
        let mode = request.mode ?? (request.requestHash == nil ? .group : .deterministic)
        guard mode != .oscore else {
            throw WorkbenchFailure(.mode, "\"request.mode\" is \"oscore\", but the context is that of a group")
        }
        guard (mode == .deterministic) == (request.requestHash != nil) else {
            throw WorkbenchFailure(
                .field, "\"request.request_hash\" belongs to a request in \"mode\" \"deterministic\", and to no other")
        }
        // A hash of SHA-256, SHA-384 or SHA-512.
        guard [nil, 32, 48, 64].contains(request.requestHash?.count) else {
            throw WorkbenchFailure(.field, "\"request.request_hash\" must be a hash: 32, 48 or 64 bytes")
        }
        guard let kid = request.kid ?? (mode == .deterministic ? input.deterministicClient : nil) else {
            throw WorkbenchFailure(.field, "\"request.kid\" is missing: who asked")
        }
        guard let groupID = GroupID(request.kidContext ?? input.groupID) else {
            throw WorkbenchFailure(.field, "\"request.kid_context\" is too long for a Gid")
        }
        return GroupRequestBinding(
            request: request.binding(kid: kid), groupID: groupID, isGroupMode: mode == .group)
    }
}

extension WorkbenchFailure {
    /// Why nothing can be said of a message.
    fileprivate init(_ reason: UncheckableReason) {
        let detail =
            switch reason {
            case .pairwiseMode:
                "the message is in pairwise mode: it has no countersignature, so only who it is for can verify it"
            case .unknownGroup: "the message is under another Gid than \"context.gid\""
            case .unrelatedGroup:
                "the response is under another Gid than its request; \"context.previous_gid\" says which came before"
            case .unknownMember: "the kid is none of \"context.members\": its \"cred\" is needed"
            case .unmatchedResponse:
                "no request is known that has the Token of this response: give it as \"request\", or check and remember "
                    + "it first"
            case .uncheckedRequest:
                "the response does not fit the request that has its Token; but that one is in pairwise mode or has passed before, "
                    + "so anybody can have sent it"
            case .unknownResponder: "the response has no kid: \"peer\" must say who answered"
            }
        self.init(.notCheckable, detail)
    }
}
