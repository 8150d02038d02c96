import Bytes
public import CoAP
public import OSCORE

extension GroupContext {
    // GOSC-0182: the Group Flag chooses the mode.
    /// Verifies a request of either mode and, if it is genuine and new, marks its Partial IV.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - output: Receives the body of the request; nothing unless verified. Needs room for the received body, some of
    ///     which is written and wiped again if the request is not verified.
    public func verifyRequest(
        _ message: borrowing ProtectedMessage, into output: inout OutputSpan<UInt8>
    ) -> GroupRequestOutcome {
        message.option.isGroupMode
            ? verifyGroupRequest(message, into: &output) : verifyPairwiseRequest(message, into: &output)
    }

    /// Verifies a response of either mode to a request of this member.
    ///
    /// The caller found `binding` by the Token and keeps the Response Numbers of the exchange.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - binding: What the request was bound with.
    ///   - output: Receives the body of the response; nothing unless verified. Needs room for the received body, some of
    ///     which is written and wiped again if the response is not verified.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding, into output: inout OutputSpan<UInt8>
    ) -> GroupResponseOutcome {
        message.option.isGroupMode
            ? verifyGroupResponse(message, to: binding, into: &output)
            : verifyPairwiseResponse(message, to: binding, into: &output)
    }
}

/// The outcome of verifying a request (RFC 10021 §7.2, §8.4).
public enum GroupRequestOutcome: Sendable {
    /// Genuine and new: its Code, and what binds responses to it.
    case verified(Code, GroupRequestBinding)
    /// Genuine, but the window of its sender is invalid, so that it may be a replay.
    indirect case unproven(UnprovenRequest)
    /// Its Partial IV was accepted from this sender before.
    case replay(SenderID)
    /// Not accepted.
    case rejected(VerificationFailure)
}

/// The outcome of verifying a response (RFC 10021 §7.4, §8.6).
public enum GroupResponseOutcome: Sendable {
    /// Genuine: its Code, who answered, and its Partial IV if it carries one.
    case verified(Code, SenderID, PartialIV?)
    /// Not accepted.
    case rejected(VerificationFailure)
}
