import OSCORE

/// In which of the ways a message is protected.
enum MessageMode: String, Hashable, CaseIterable {
    /// Countersigned, for the group (RFC 10021 §7).
    case group
    /// For one member (RFC 10021 §8).
    case pairwise
    /// Plain OSCORE (RFC 8613).
    case oscore
    /// A request that each member would protect alike, so that its answer can be cached.
    case deterministic
}

/// Which way a message goes.
enum MessageDirection: String, Hashable, CaseIterable {
    case request, response
}

/// What a line says of the request that a response answers.
struct RequestInput: Hashable {
    var kid: SenderID?
    var partialIV: PartialIV
    /// The Gid under which the request was protected; `nil` for the present one.
    var kidContext: [UInt8]?
    var mode: MessageMode?
    /// The hash of a deterministic request, which its responses are bound to.
    var requestHash: [UInt8]?
    /// Whether the request may have been one to observe; only then are notifications answers to it.
    var observes: Bool

    init(_ fields: Fields) throws(WorkbenchFailure) {
        kid = try fields.senderID("kid")
        kidContext = try fields.bytes("kid_context")
        mode = try fields.choice("mode")
        requestHash = try fields.bytes("request_hash")
        let number = try fields.partialIV("partial_iv")
        // A deterministic request always has the first.
        partialIV = try fields.required("partial_iv", mode == .deterministic ? number ?? PartialIV(0) : number)
        observes = try fields.bool("observe") ?? true
    }

    /// What binds responses to the request.
    ///
    /// - Parameter kid: Where the line does not say who asked.
    func binding(kid: SenderID) -> RequestBinding {
        RequestBinding(kid: self.kid ?? kid, partialIV: partialIV, observe: observes ? .registration : nil)
    }
}

/// The fields of a line that name a message and how it is, or shall be, protected.
struct MessageInput {
    var direction: MessageDirection
    var mode: MessageMode?
    var context: ContextInput
    var me: SenderID?
    var peer: SenderID?
    var partialIV: PartialIV?
    var includesKid: Bool?
    var includesKidContext: Bool?
    /// What the message answers; responses have one.
    var request: RequestInput?
    var remembers: Bool
    /// The CoAP message.
    var message: [UInt8]

    init(_ fields: Fields, remembers: Bool) throws(WorkbenchFailure) {
        direction = try fields.required("direction", fields.choice("direction"))
        mode = try fields.choice("mode")
        context = try ContextInput(fields.required("context", fields.object("context")))
        me = try fields.senderID("me")
        peer = try fields.senderID("peer")
        partialIV = try fields.partialIV("partial_iv")
        includesKid = try fields.bool("include_kid")
        includesKidContext = try fields.bool("include_kid_context")
        self.remembers = try fields.bool("remember") ?? remembers
        message = try fields.required("message", fields.bytes("message"))
        request = nil
        if direction == .response {
            request = try RequestInput(fields.required("request", fields.object("request")))
        }
    }
}

extension Fields {
    /// One of the words of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) throws(WorkbenchFailure) -> Choice?
    where Choice.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw failure(name, "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }
}
