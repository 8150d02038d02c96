import CoAP
public import OSCORE

/// Echo values that came with other responses than a challenge: each goes into the next request to the same server
/// (RFC 9175 §2.3).
public struct ReceivedEchoValues: Sendable {
    private var values: OldestGoes<EchoPeer, EchoValue>

    /// Holds nothing yet.
    public init(maximumCount: Int = EchoChallenges.defaultMaximumCount) {
        self.values = OldestGoes(maximumCount: maximumCount)
    }

    // ECHO-0006
    /// Notes the value of a verified response, if it has one and is no challenge.
    ///
    /// - Parameter groupID: The Gid of the context that verified the response.
    public mutating func note(_ response: VerifiedResponse, under groupID: GroupID) {
        guard response.message.code != .unauthorized, let value = response.message.options.echo.flatMap(EchoValue.init)
        else { return }
        values[EchoPeer(groupID: groupID, kid: response.sender)] = value
    }

    // ECHO-0007: a value never leaves the Security Context that it came in.
    /// Takes the value for the next request to a server under a Gid; `nil` if there is none.
    public mutating func take(for server: SenderID, under groupID: GroupID) -> EchoValue? {
        let peer = EchoPeer(groupID: groupID, kid: server)
        defer { values[peer] = nil }
        return values[peer]
    }

    /// Forgets all values of a Security Context that is no longer the latest.
    public mutating func removeAll(under groupID: GroupID) {
        values.removeAll { peer, _ in peer.groupID == groupID }
    }
}
