import ACEGroupcomm
import Bytes
import CoAP

/// What the manager decided about one verified request: what to make durable, then what to answer.
struct Decision: Sendable {
    var answer: Message
    var writes: [ManagerWrite] = []
    var events: [ManagerEvent] = []
}

/// What the manager decided about one request of the administrator.
struct AdminDecision: Sendable {
    var answer: AdminResponse
    var writes: [ManagerWrite] = []
    var events: [ManagerEvent] = []

    init(_ answer: AdminResponse, writes: [ManagerWrite] = [], events: [ManagerEvent] = []) {
        self.answer = answer
        self.writes = writes
        self.events = events
    }
}

/// Who asks, and when: what every resource of the member interface needs besides the request.
struct Caller: Sendable {
    let invitation: InvitationRecord
    let association: AssociationKey
    /// Where the request came from.
    let address: IPv6Address
    /// Seconds since 1970.
    let now: UInt64
}
