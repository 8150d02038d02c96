import OSCORE

/// Checks countersignatures for somebody outside the groups, such as a gateway (RFC 10021 §7.5).
///
/// It says of a message in group mode which member signed it. It has no Sender Key, no Recipient Key and no Master
/// Secret, so it can neither read a message nor tell a replay. Belongs to one thread at a time; in steady state checking
/// allocates nothing.
public final class SignatureChecker {
    private var groups: [CheckedGroup] = []
    /// Requests whose signature is valid.
    private var signed: BoundedTable<CheckedExchange, RememberedRequest>
    // A client may send one message in two exchanges, through a proxy; but so may anybody who has recorded it. Kept apart,
    // so that nobody drives requests out with recorded ones.
    /// Requests whose signature is valid, and that have passed before or were displaced by a new one with their Token.
    private var repeated: BoundedTable<CheckedExchange, RememberedRequest>
    // A response to a pairwise request may be in group mode. Kept apart, so that nobody drives signed requests out with
    // unsigned ones.
    /// Requests that nobody here can check.
    private var unsigned: BoundedTable<CheckedExchange, RememberedRequest>
    /// Which signed requests of each member have passed.
    private var sightings: BoundedTable<Signer, ReplayWindow>
    let buffers = MessageBuffers()
    /// Of how many members it is known which of their requests have passed.
    private static let maximumSigners = 4096

    /// Creates a checker that knows no group.
    ///
    /// - Parameter maximumRequests: How many requests are remembered for their responses, 1 or more: as many new ones in
    ///   group mode, repeated ones, and pairwise ones. About 150 bytes each, 64 more for a deterministic request, and 60
    ///   for each member that signs, of whom at most 4096 are remembered.
    public init(maximumRequests: Int = 1024) {
        self.signed = BoundedTable(capacity: maximumRequests)
        self.repeated = BoundedTable(capacity: maximumRequests)
        self.unsigned = BoundedTable(capacity: maximumRequests)
        self.sightings = BoundedTable(capacity: Self.maximumSigners)
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

    func remember(_ request: RememberedRequest, of exchange: CheckedExchange) {
        if request.binding.isGroupMode {
            // The response to the one before may still come; and this one may be recorded, from before the checker began.
            if let earlier = signed[exchange] { repeated.keep(earlier, for: exchange) }
            signed.keep(request, for: exchange)
        } else {
            unsigned.keep(request, for: exchange)
        }
    }

    /// Remembers a signed request that has passed before; nothing if it did so in this very exchange.
    func rememberRepeated(_ request: RememberedRequest, of exchange: CheckedExchange) {
        guard signed[exchange]?.binding != request.binding else { return }
        repeated.keep(request, for: exchange)
    }

    /// Notes a request that a member signed; false if it has passed before, or is too old to tell. Outlives the groups, so
    /// that a group that is told of again does not begin anew.
    func isFirstSighting(of partialIV: PartialIV, from signer: Signer) -> Bool {
        guard let first = try? ReplayWindow() else { return false }
        return sightings.change(signer, first: first) { $0.mark(partialIV) == .fresh }
    }

    /// The requests that a response may belong to: several, if the client used its Token again in another mode, or
    /// somebody else did with recorded requests.
    func requests(of exchange: CheckedExchange) -> (
        signed: RememberedRequest?, repeated: RememberedRequest?,
        unsigned: RememberedRequest?
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

/// A member under one Gid.
struct Signer: Hashable {
    let groupID: GroupID
    let senderID: SenderID
}

@available(*, unavailable)
extension SignatureChecker: Sendable {}
