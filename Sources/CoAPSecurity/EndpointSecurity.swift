public import CoAPEngine
internal import GroupOSCORE
internal import OSCORE

/// OSCORE and Group OSCORE in the protection seam of an endpoint: all of its Security Contexts, each with its store.
///
/// Belongs to one thread at a time.
public struct EndpointSecurity: EndpointProtection {
    /// What a resource behind it takes.
    public typealias Verified = SecuredRequest
    public typealias RequestBinding = SecuredRequestBinding
    public typealias ResponseBinding = SecuredResponseBinding

    var reception = Reception()
    var pairs: [PeerIdentity: PairAssociation] = [:]
    var pairsByContext: [ObjectIdentifier: PairAssociation] = [:]
    var groups: [String: MemberAssociation] = [:]
    var groupsByContext: [ObjectIdentifier: MemberAssociation] = [:]
    /// What no association can be told of.
    var rejections = SecurityCounters()

    /// Derives the contexts, and makes durable that they are in use.
    ///
    /// - Throws: If one of them is not valid, two are the same or have the same name, or a store fails.
    public init(
        associations: [OSCOREAssociation] = [], groups: [GroupAssociation] = []
    ) throws(InvalidAssociation) {
        for association in associations { try Self.check(association, besides: groups) }
        for description in associations { try add(description) }
        for description in groups { try add(description) }
    }

    /// What happened so far.
    public var counters: SecurityCounters {
        var counters = rejections
        for pair in pairs.values { counters.add(pair.counters) }
        for group in groups.values { counters.add(group.counters) }
        return counters
    }

    /// The next sender sequence number of a group, and up to where numbers are durable; `nil` for an unknown one.
    public func numbers(ofGroup name: String) -> (next: UInt64, reservedEnd: UInt64)? {
        groups[name]?.context?.reservation.map { ($0.next, $0.reservedEnd) }
    }

    /// The same of an OSCORE context.
    public func numbers(of peer: PeerIdentity) -> (next: UInt64, reservedEnd: UInt64)? {
        pairs[peer].map { ($0.context.reservation.next, $0.context.reservation.reservedEnd) }
    }

    /// Refuses a context that is derived as that of a group: with the ID Context in the place of the Gid the keys are the
    /// same, and each would use the nonces of the other again.
    private static func check(
        _ association: OSCOREAssociation, besides groups: [GroupAssociation]
    ) throws(InvalidAssociation) {
        for group in groups {
            guard association.idContext == group.groupID.bytes, association.masterSecret == group.masterSecret else {
                continue
            }
            throw InvalidAssociation("\(association) has the Master Secret and the Gid of group \(group.name)")
        }
    }

    private mutating func add(_ description: OSCOREAssociation) throws(InvalidAssociation) {
        // By this name requests are addressed, and what one peer has uploaded is kept apart from what another one has.
        guard pairs[description.peer] == nil else {
            throw InvalidAssociation(
                "there are two of Recipient ID \(description.recipientID) and the same ID Context")
        }
        let association = try PairAssociation(description)
        do {
            try reception.add(association.context)
        } catch {
            throw InvalidAssociation("\(error)")
        }
        pairs[association.peer] = association
        pairsByContext[ObjectIdentifier(association.context)] = association
    }

    private mutating func add(_ description: GroupAssociation) throws(InvalidAssociation) {
        guard groups[description.name] == nil else {
            throw InvalidAssociation("there are two groups named \(description.name)")
        }
        let association = try MemberAssociation(description)
        do {
            try reception.add(association.generations)
        } catch {
            throw InvalidAssociation("group \(description.name): \(error)")
        }
        groups[description.name] = association
        groupsByContext[ObjectIdentifier(association.generations)] = association
    }
}

@available(*, unavailable)
extension EndpointSecurity: Sendable {}

/// What responses to a request of ours are verified with.
public struct SecuredRequestBinding {
    enum Kind {
        case pair(PairRequestBinding)
        case member(MemberRequestBinding)
    }

    var kind: Kind
}

@available(*, unavailable)
extension SecuredRequestBinding: Sendable {}

/// What answers to a request of somebody else are protected with.
public struct SecuredResponseBinding {
    enum Kind {
        case pair(PairResponseBinding)
        case member(MemberResponseBinding)
    }

    var kind: Kind

    static func pair(_ binding: PairResponseBinding) -> Self { Self(kind: .pair(binding)) }
    static func member(_ binding: MemberResponseBinding) -> Self { Self(kind: .member(binding)) }
}

@available(*, unavailable)
extension SecuredResponseBinding: Sendable {}
