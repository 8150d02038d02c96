import OSCORE

/// Checks countersignatures for somebody outside the groups, such as a gateway (RFC 10021 §7.5).
///
/// It says of a message in group mode which member signed it. It has no Sender Key, no Recipient Key and no Master
/// Secret, so it can neither read a message nor tell a replay. Belongs to one thread at a time; in steady state checking
/// allocates nothing.
public final class SignatureChecker {
    private var groups: [CheckedGroup] = []
    /// Requests whose signature is valid.
    private var signed: RememberedRequests
    // A client may send one message in two exchanges, through a proxy; but so may anybody who has recorded it. Kept apart,
    // so that nobody drives requests out with recorded ones.
    /// Requests whose signature is valid, and that have passed before.
    private var repeated: RememberedRequests
    // A response to a pairwise request may be in group mode. Kept apart, so that nobody drives signed requests out with
    // unsigned ones.
    /// Requests that nobody here can check.
    private var unsigned: RememberedRequests
    let buffers = MessageBuffers()

    /// Creates a checker that knows no group.
    ///
    /// - Parameter maximumRequests: How many requests are remembered for their responses, 1 or more: as many new ones in group mode, repeated ones,
    ///   and pairwise ones. About 150 bytes each, 64 more for a deterministic request, and 60 for each member that signs.
    public init(maximumRequests: Int = 1024) {
        self.signed = RememberedRequests(capacity: maximumRequests)
        self.repeated = RememberedRequests(capacity: maximumRequests)
        self.unsigned = RememberedRequests(capacity: maximumRequests)
    }

    /// The groups that messages are checked for.
    public var groupIDs: [GroupID] { groups.map(\.groupID) }

    /// How many requests are remembered.
    public var requestCount: Int { signed.count + repeated.count + unsigned.count }

    /// Adds a group, in the place of one with the same Gid. After a rekeying keep the old one for as long as responses to
    /// its requests may come.
    ///
    /// - Parameters:
    ///   - group: The group under its current Gid.
    ///   - previous: The Gid that a rekeying has replaced. Responses to requests under it may be signed under either.
    public func add(_ group: CheckedGroup, after previous: GroupID? = nil) {
        removeGroup(group.groupID)
        group.previous = previous
        groups.append(group)
    }

    /// Forgets a group: its messages are not checkable any more.
    public func removeGroup(_ groupID: GroupID) {
        groups.removeAll { $0.groupID == groupID }
    }

    // GOSC-0240: a Sender ID means something under its Gid only.
    func group(_ gid: Span<UInt8>) -> CheckedGroup? {
        for index in groups.indices where groups[index].groupID.matches(gid) { return groups[index] }
        return nil
    }

    /// The same for a Gid that is known, whose bytes need not be laid out for it.
    func group(_ groupID: GroupID) -> CheckedGroup? {
        for index in groups.indices where groups[index].groupID == groupID { return groups[index] }
        return nil
    }

    /// Whether a group has this Gid, or one that came after it.
    func hasCome(_ group: CheckedGroup, after groupID: GroupID) -> Bool {
        var reached = group
        // No more steps than there are groups, whatever the caller said came after what.
        for _ in groups.indices {
            guard reached.groupID != groupID, let previous = reached.previous else { break }
            guard previous != groupID else { return true }
            guard let earlier = self.group(previous) else { return false }
            reached = earlier
        }
        return reached.groupID == groupID
    }

    /// The group under the Gid that came after this one; `nil` if there is none.
    func successor(of groupID: GroupID) -> CheckedGroup? {
        for index in groups.indices where groups[index].previous == groupID { return groups[index] }
        return nil
    }

    func remember(_ request: RememberedRequests.Request, of exchange: CheckedExchange) {
        if request.binding.isGroupMode {
            signed.remember(request, of: exchange)
        } else {
            unsigned.remember(request, of: exchange)
        }
    }

    /// Remembers a signed request that has passed before; nothing if it did so in this very exchange.
    func rememberRepeated(_ request: RememberedRequests.Request, of exchange: CheckedExchange) {
        guard signed[exchange]?.binding != request.binding else { return }
        repeated.remember(request, of: exchange)
    }

    /// The requests that a response may belong to: several, if the client used its Token again in another mode, or
    /// somebody else did with recorded requests.
    func requests(of exchange: CheckedExchange) -> (
        signed: RememberedRequests.Request?, repeated: RememberedRequests.Request?,
        unsigned: RememberedRequests.Request?
    ) {
        (signed[exchange], repeated[exchange], unsigned[exchange])
    }

    /// Whether a message was signed by whom it says.
    func isSigned(
        _ message: borrowing ProtectedMessage, in group: CheckedGroup, signer: Countersigner,
        binding: GroupRequestBinding, classIOptions: Span<UInt8> = Span()
    ) -> VerificationFailure? {
        do throws(VerificationFailure) {
            _ = try buffers.verifiedCiphertext(
                of: message, group: group, key: group.signatureEncryptionKey, deriver: &group.deriver, signer: signer,
                binding: binding, classIOptions: classIOptions)
            return nil
        } catch {
            return error
        }
    }
}

@available(*, unavailable)
extension SignatureChecker: Sendable {}
