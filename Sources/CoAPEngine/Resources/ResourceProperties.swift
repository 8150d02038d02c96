public import Bytes
public import CoAP

/// What holds for all methods of a resource.
public struct ResourceProperties: Hashable, Sendable {
    /// Whether `/.well-known/core` names it.
    public var isDiscoverable = true
    /// What the link to it says (RFC 6690 §3). `ct` and `obs` follow from the rest unless they stand here.
    public var attributes: [LinkAttribute] = []
    /// Whether clients may observe it (RFC 7641).
    public var isObservable = false
    /// Whether every notification is confirmable; else only as many as the server needs to know that somebody listens.
    public var notifiesConfirmably = false
    /// The Content-Formats that GET and FETCH can answer with; empty if not stated, and then Accept is left to the
    /// handler.
    public var formats: [ContentFormat] = []
    /// The longest body of a request, in bytes.
    public var maximumBody = 65_536
    /// Which group requests it takes; `nil` for what ``RequestProperties/servesGroupsByDefault`` says.
    public var groupAccess: GroupAccess?
    /// Whether it takes group requests whose sender nobody has verified.
    public var servesUnauthenticatedGroups = false
    /// Which of its answers a group gets.
    public var groupPolicy = GroupResponsePolicy()

    /// Whether POST may be answered with 2.05. RFC 7252 has that for GET alone, and RFC 9594 §4.8.2 for POST, too.
    public var answersPostWithContent = false

    /// A resource that is discoverable and not observable.
    public init() {}
}

/// The CoAP groups whose requests a resource takes (RFC 10020 §6.3).
public enum GroupAccess: Hashable, Sendable {
    /// None: requests to groups meet silence.
    case none
    /// All that this endpoint is in.
    case all
    /// Those with these addresses.
    case groups(Set<IPv6Address>)

    /// Whether requests to a group are taken.
    public func includes(_ group: IPv6Address) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .groups(let groups): groups.contains(group)
        }
    }
}
