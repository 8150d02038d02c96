public import CoAP

/// The unprotected error responses of a server to requests that it did not accept (RFC 8613 §7.4, §8.2).
///
/// Anybody can forge one. So a client draws no conclusion from it (OSC-0111): to ``SecurityContext`` a message without
/// OSCORE option is ``VerificationFailure/notProtected``, whatever its Code.
public enum OSCOREErrorResponse: Sendable {
    /// What a server tells a peer that it cannot know.
    public enum Policy: Hashable, Sendable {
        /// The Code and the text that the RFC gives.
        case explicit
        /// The Code only.
        case codeOnly
        // OSC-0112
        /// Nothing.
        case silent
    }

    /// The response to a request that was not accepted; `nil` if none is sent.
    ///
    /// - Parameters:
    ///   - failure: Why the request was not accepted. A bad tag and a bad signature give the same response.
    ///   - mayBeGroupRequest: Whether it came, or may have come, to more than one server.
    ///   - policy: What the server is ready to tell.
    public static func response(
        to failure: VerificationFailure, mayBeGroupRequest: Bool, policy: Policy = .explicit
    ) -> Message? {
        switch failure {
        // OSC-0079
        case .malformed: make(.badOption, "Failed to decode COSE", mayBeGroupRequest, policy)
        // GOSC-0255
        case .mode: make(.badOption, nil, mayBeGroupRequest, policy)
        // OSC-0080, GOSC-0197
        case .noContext, .unknownSender: make(.unauthorized, "Security context not found", mayBeGroupRequest, policy)
        // OSC-0082, GOSC-0207
        case .decryption, .signature: make(.badRequest, "Decryption failed", mayBeGroupRequest, policy)
        // Not an answer to anything, or not OSCORE's to give.
        case .notProtected, .ownMessage, .invalidWindow, .wrongResponder, .unexpectedNotification, .role, .stateLost:
            nil
        }
    }

    // OSC-0071
    /// The response to a request whose Partial IV was accepted before; `nil` if none is sent.
    public static func responseToReplay(mayBeGroupRequest: Bool, policy: Policy = .explicit) -> Message? {
        make(.unauthorized, "Replay detected", mayBeGroupRequest, policy)
    }

    // GOSC-0202
    /// The response to a request whose sender's credential could not be had yet; `nil` if none is sent.
    ///
    /// - Parameter retryAfter: When the client may try again, in whole seconds; `nil` leaves it at the 60 s of an absent
    ///   Max-Age.
    public static func responseToMissingCredential(
        mayBeGroupRequest: Bool, retryAfter: UInt32? = nil, policy: Policy = .explicit
    ) -> Message? {
        var response = make(.serviceUnavailable, nil, mayBeGroupRequest, policy)
        response?.options.maxAge = retryAfter
        return response
    }

    private static func make(
        _ code: Code, _ text: String?, _ mayBeGroupRequest: Bool, _ policy: Policy
    ) -> Message? {
        // GOSC-0189: a forged request to a group must not make all its members answer the forged source.
        guard !mayBeGroupRequest, policy != .silent else { return nil }
        // OSC-0085: without OSCORE option.
        var response = Message(code: code)
        // OSC-0023
        response.options.maxAge = 0
        if policy == .explicit, let text { response.payload = Array(text.utf8) }
        return response
    }
}
