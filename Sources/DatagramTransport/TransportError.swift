public import Bytes
internal import Glibc

/// Why a socket could not be opened, configured or used. Every case names the object and what the system said.
public enum TransportError: Error, Hashable, Sendable {
    /// No socket could be made at all, for this address.
    case cannotOpen(SocketAddress, SystemErrorNumber)
    /// The address belongs to another socket or to no interface of this host.
    case cannotBind(SocketAddress, SystemErrorNumber)
    /// The interface does not take part in this multicast group.
    case cannotJoin(IPv6Address, interface: String, SystemErrorNumber)
    /// A socket option was refused.
    case cannotConfigure(option: String, SocketAddress, SystemErrorNumber)
    /// One datagram was not sent; the socket is unharmed.
    case cannotSend(to: SocketAddress, SystemErrorNumber)
    /// Nothing could be opened to wait with.
    case cannotPoll(SystemErrorNumber)
    /// No thread could be started to receive at this address.
    case cannotStartReceiver(SocketAddress, SystemErrorNumber)
    /// A group needs a multicast address (`ff00::/8`); this is none.
    case notMulticast(IPv6Address)
    /// A unicast socket was asked to bind to a multicast address.
    case notUnicast(IPv6Address)
    /// A group needs an interface, and none was named.
    case noInterfaceNamed(IPv6Address)
    /// This host has no interface of that name.
    case noSuchInterface(String)
    /// One thread would have to wait for so many sockets, and can for 64.
    case tooManySockets(Int)
    /// The system did not list its interfaces.
    case cannotListInterfaces(SystemErrorNumber)
}

extension TransportError: CustomStringConvertible {
    /// One line for a person: the object first, then the system's words.
    public var description: String {
        switch self {
        case .cannotOpen(let address, let error): "cannot open a UDP socket for \(address): \(error)"
        case .cannotBind(let address, let error): "cannot bind to \(address): \(error)"
        case .cannotJoin(let group, let interface, let error):
            "cannot join multicast group \(group) on interface \(interface): \(error)"
        case .cannotConfigure(let option, let address, let error): "cannot set \(option) for \(address): \(error)"
        case .cannotSend(let address, let error): "cannot send to \(address): \(error)"
        case .cannotPoll(let error): "cannot wait for datagrams: \(error)"
        case .cannotStartReceiver(let address, let error): "cannot receive at \(address): \(error)"
        case .notMulticast(let address): "\(address) is not a multicast address; groups are in ff00::/8"
        case .notUnicast(let address): "\(address) is a multicast address; a unicast address is needed here"
        case .noInterfaceNamed(let group): "no interface named for multicast group \(group)"
        case .noSuchInterface(let name): "this host has no interface \(name)"
        case .tooManySockets(let count):
            "\(count) sockets for one endpoint are too many; at most \(DatagramPoll.maximumSockets), one for each group"
        case .cannotListInterfaces(let error): "cannot list the network interfaces: \(error)"
        }
    }
}

/// A number of `errno.h`, shown in the system's words.
public struct SystemErrorNumber: Hashable, Sendable {
    /// The value of `errno`, 1 or more.
    public let rawValue: Int32

    /// Wraps a value of `errno`.
    public init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The error of the system call that just failed on this thread.
    package static var current: Self { Self(errno) }
}

extension SystemErrorNumber: CustomStringConvertible {
    /// The text of `strerror(3)`.
    public var description: String {
        guard let text = unsafe strerror(rawValue) else { return "error \(rawValue)" }
        return unsafe String(cString: text)
    }
}
