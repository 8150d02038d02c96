import ACEGroupcomm
import CoAP
import CoAPEngine

/// What the manager decided about one request: what to make durable, then what to answer.
struct Decision: Sendable {
    var answer: ResourceResponse
    var writes: [ManagerWrite] = []
    var events: [ManagerEvent] = []
    /// Who has left by itself.
    var departed: ClientIdentity?
    /// Of whose observations those below a path end once it is durable.
    var endedObservations: [EndedObservations] = []
    /// Whom it evicts: they are told once it is durable.
    var evicted: [EvictedMember] = []

    init(_ answer: ResourceResponse, writes: [ManagerWrite] = [], events: [ManagerEvent] = []) {
        self.answer = answer
        self.writes = writes
        self.events = events
    }
}

/// The observations of one peer, at and below a path.
struct EndedObservations: Sendable {
    let peer: PeerIdentity
    let path: [String]
    /// What the observer is told.
    let answer: ResourceResponse
}

/// What the manager decided about one request of the administrator.
struct AdminDecision: Sendable {
    var answer: AdminResponse
    var writes: [ManagerWrite] = []
    var events: [ManagerEvent] = []
    /// Clients whose rights have ended.
    var ended: [AssociationName] = []
    /// Those of them that were members.
    var lapsed: [ClientIdentity] = []
    /// Whom it evicts: they are told once it is durable.
    var evicted: [EvictedMember] = []

    init(_ answer: AdminResponse, writes: [ManagerWrite] = [], events: [ManagerEvent] = []) {
        self.answer = answer
        self.writes = writes
        self.events = events
    }
}
