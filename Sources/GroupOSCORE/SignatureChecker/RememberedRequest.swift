import OSCORE

/// What a signature checker keeps of a request for its responses.
struct RememberedRequest {
    let binding: GroupRequestBinding
    /// Of a deterministic request, or of one that may be.
    var requestHash: [UInt8]?
    /// Whether a request with a hash is known to be deterministic, so that its responses are signed with the hash.
    var isDeterministic = true
}
