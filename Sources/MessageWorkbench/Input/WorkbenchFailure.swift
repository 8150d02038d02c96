/// Why a line was not done: a word for programs, and a sentence for people that says what to do. Holds no secret: values
/// of fields are never quoted.
public struct WorkbenchFailure: Error, Hashable, Sendable {
    /// The kinds of failure, as they stand in answers.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The line is not one JSON object, or too long.
        case json
        /// A field of the line is missing or has a wrong value.
        case field
        /// The context cannot be built, or lacks what the operation needs.
        case context
        /// The message cannot be decoded: CoAP, OSCORE option, plaintext.
        case decode
        /// No context belongs to kid and kid context.
        case noContext = "no-context"
        /// The group has no such member.
        case unknownSender = "unknown-sender"
        /// The kid is one's own.
        case ownMessage = "own-message"
        /// The countersignature does not verify.
        case signature
        /// The tag does not verify.
        case decryption
        /// Accepted before.
        case replay
        /// The group does not use the mode, or the message is in another.
        case mode
        /// The answer comes from another member than the one that was asked.
        case wrongResponder = "wrong-responder"
        /// The replay window cannot be relied on.
        case window
        /// Nothing can be said of the countersignature, neither good nor bad.
        case notCheckable = "not-checkable"
        /// The message or its options cannot be protected.
        case unsupported
        /// More is to be remembered than this run has room for.
        case limit
        /// A cryptographic library failed.
        case `internal`
    }

    public var kind: Kind
    public var detail: String

    init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// The line that answers: `{"ok":false,"error":…,"detail":…}`.
    public var answer: JSONObject {
        ["ok": .bool(false), "error": .text(kind.rawValue), "detail": .text(detail)]
    }
}
