import ACEGroupcomm
import CoAPEngine
import GroupOSCORE

/// How far a member is with new keys of its group.
struct KeyRenewal {
    enum Step {
        /// Nothing is under way.
        case none
        /// The group has newer keys, and they are being asked for. If any were missed, the former ones are gone.
        case fetchingKeys
        /// The current keys are here, and not installed: who has left meanwhile is being asked for.
        case fetchingStale(NewKeys)
        /// Being made durable; the former keys are in force until then, unless they are gone.
        case saving(NewKeys)
    }

    var step = Step.none
    /// The highest Key Generation Number that the manager has told of.
    var highestVersion: UInt64 = 0
    /// When to ask for the keys next: when they expire, or again because nothing has come of it.
    var fetchesAt: MonotonicInstant?
    /// Why the membership ends as soon as it is known which keys are stored.
    var leavesBehind: LeaveReason?
    /// The Sender ID that the manager has told, and that has been stale: it was asked again whether it is this member's.
    var doubtedSenderID: [UInt8]?
    /// Somebody protects messages with keys that this member does not have.
    var wantsVersion = false
    /// When to ask for the version because of that.
    var asksVersionAt: MonotonicInstant?
    /// Whether the log has heard that new keys cannot be stored.
    var hasToldStorage = false
    /// Messages that wait for the keys that are coming.
    var early = EarlyMessages()

    var isSaving: Bool { if case .saving = step { true } else { false } }

    var isBusy: Bool { if case .none = step { false } else { true } }
}

/// Keys that are to be installed, and what comes with them.
struct NewKeys {
    /// The membership as it will be.
    var record: MembershipRecord
    /// Derived already: what could not be used must not be stored.
    var context: GroupContext
    /// Who is nobody any more.
    var stale: StaleIndication
    /// Who has come.
    var newcomers: [PeerRecord] = []
    /// How long the former keys go on receiving: only as long as the manager says, and not if any were missed.
    var overlap: Duration = .zero
    let origin: KeyOrigin
    /// When they expire, as far as this node knows the time.
    let expiration: UnixTime?
    /// Requests of the manager that wait for it.
    var calls: [EndpointCall] = []

    /// Whether somebody is gone, or nothing that is said under the former keys counts any more: then these end although the
    /// new ones cannot be stored.
    var endFormerOnes: Bool {
        guard overlap > .zero, case .exact(let senderIDs) = stale else { return true }
        return !senderIDs.isEmpty
    }
}

/// How a member came to new keys.
public enum KeyOrigin: Hashable, Sendable {
    /// The manager has brought them.
    case told
    /// The member has found out that there are newer ones, and has fetched them.
    case caughtUp
}

/// Why a member did not take the keys that its manager has brought.
public enum RekeyingRefusal: Error, Hashable, Sendable {
    /// It has these already, or newer ones.
    case notNewer
    /// The message has another Content-Format.
    case contentFormat
    /// The message does not decode.
    case malformed
    /// The Gid is the present one.
    case groupIDNotNew
    /// No context can be derived from them.
    case unusable
    /// They could not be made durable; the former ones stay in force.
    case storage
    /// Something else of the membership is being made durable at this moment.
    case busy
}
