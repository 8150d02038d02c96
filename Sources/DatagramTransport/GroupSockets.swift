public import Bytes

/// The sockets by which one owner listens to multicast groups, one for each group and interface.
///
/// They follow the interfaces: when one goes and another comes under its name, or comes back without its memberships,
/// ``refresh()`` joins again. Call it when ``PollResult/interfacesMayHaveChanged`` says so. Leaving is closing: the
/// kernel takes the membership back when the last reference to the socket goes, also when the process dies.
public struct GroupSockets: ~Copyable, Sendable {
    private var entries: [Entry] = []
    /// What sockets that are closed have counted.
    private var retired = TransportCounters()

    private struct Entry: Sendable {
        let group: ListenedGroup
        var socket: DatagramSocket?
    }

    /// No group.
    public init() {}

    /// The sockets to wait on, at most one a group. Others after each call that changes something.
    public var sockets: [DatagramSocket] { entries.compactMap(\.socket) }

    /// The groups that are listened to or will be once their interface is there, in the order of joining.
    public var groups: [ListenedGroup] { entries.map(\.group) }

    /// What happened at all sockets so far.
    public var counters: TransportCounters {
        entries.reduce(into: retired) { sum, entry in
            if let counters = entry.socket?.counters { sum.add(counters) }
        }
    }

    /// Listens to a group. A group that is listened to already stays as it is.
    ///
    /// - Throws: ``TransportError``, and then nothing has changed.
    public mutating func join(_ group: ListenedGroup) throws(TransportError) {
        guard !entries.contains(where: { $0.group == group }) else { return }
        entries.append(Entry(group: group, socket: try group.open()))
    }

    /// Ends listening to a group; nothing if it is not listened to.
    public mutating func leave(_ group: ListenedGroup) {
        guard let index = entries.firstIndex(where: { $0.group == group }) else { return }
        close(index)
        entries.remove(at: index)
    }

    /// Makes the memberships what they ought to be. Cheap, but asks the kernel a few times.
    ///
    /// - Returns: What has changed, for the log.
    public mutating func refresh() -> [GroupChange] {
        let listed = KernelTable.memberships()
        return entries.indices.compactMap { refresh($0, listed: listed) }
    }

    private mutating func refresh(_ index: Int, listed: Set<KernelTable.Membership>?) -> GroupChange? {
        let group = entries[index].group
        let interface = try? InterfaceTable.index(named: group.interface)
        if let socket = entries[index].socket, socket.localAddress.interface == interface, let interface {
            let membership = KernelTable.Membership(group: group.address, interface: interface)
            guard let listed, !listed.contains(membership) else { return nil }
            // IPv6 was switched off on the interface and on again: the socket believes in a membership that is gone.
            guard (try? socket.joinAgain()) == nil else { return .joined(group) }
        }
        let wasOpen = entries[index].socket != nil
        close(index)
        do throws(TransportError) {
            entries[index].socket = try group.open()
            return .joined(group)
        } catch {
            return wasOpen ? .lost(group, error) : nil
        }
    }

    private mutating func close(_ index: Int) {
        guard let socket = entries[index].socket else { return }
        retired.add(socket.counters)
        entries[index].socket = nil
    }
}

/// A multicast group, a port and the interface to listen on.
public struct ListenedGroup: Hashable, Sendable {
    /// The multicast address, of IPv6.
    public let address: IPv6Address
    /// The UDP port.
    public let port: UInt16
    /// The name of the interface. (Its number changes when it goes and comes.)
    public let interface: String

    /// Names a group.
    ///
    /// - Parameter interface: Such as `eth0`; see ``InterfaceTable/name(of:)``.
    public init(_ address: IPv6Address, port: UInt16, interface: String) {
        self.address = address
        self.port = port
        self.interface = interface
    }

    fileprivate func open() throws(TransportError) -> DatagramSocket {
        try DatagramSocket.group(address, port: port, interface: InterfaceTable.index(named: interface))
    }
}

/// What ``GroupSockets/refresh()`` has found and done.
public enum GroupChange: Hashable, Sendable {
    /// The group is listened to again.
    case joined(ListenedGroup)
    /// The group is not heard until the interface comes back.
    case lost(ListenedGroup, TransportError)
}
