import ACEGroupcomm
import CoAP
import CoAPEngine

/// What the manager decided about one request: what to make durable, then what to answer.
struct Decision: Sendable {
    var answer: ResourceResponse
    var writes: [ManagerWrite] = []
    var events: [ManagerEvent] = []
    /// Resources whose observers are to be told when it is durable.
    var changedPaths: [[String]] = []
    /// Associations that are no more once it is durable.
    var ended: [AssociationName] = []
    /// Of whose observations those below a path end once it is durable.
    var endedObservations: [EndedObservations] = []
    /// The candidate that the decision lives on without a write: kept only in memory.
    var candidate: ClientRecord?

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

    init(_ answer: AdminResponse, writes: [ManagerWrite] = [], events: [ManagerEvent] = []) {
        self.answer = answer
        self.writes = writes
        self.events = events
    }
}
