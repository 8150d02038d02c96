import ACEGroupcomm
import ArgumentParser
import Bytes
import CoAP

/// An IPv6 address on the command line.
struct AddressArgument: Hashable, ExpressibleByArgument {
    let address: IPv6Address

    init?(argument: String) {
        guard let address = IPv6Address(argument) else { return nil }
        self.address = address
    }

    init(_ address: IPv6Address) {
        self.address = address
    }

    var defaultValueDescription: String { address.description }
}

/// Roles on the command line: `requester`, `responder`, both with a comma, or `monitor`.
struct RolesArgument: Hashable, ExpressibleByArgument {
    let roles: Roles

    init?(argument: String) {
        guard let roles = Roles(names: argument), roles.mayJoin else { return nil }
        self.roles = roles
    }
}

/// Where a manager is reached: `[address]:port`, the port 5683 if none is given.
struct EndpointArgument: Hashable, ExpressibleByArgument {
    let endpoint: SocketAddress

    init?(argument: String) {
        guard let uri = try? CoAPURI(parsing: "coap://" + argument), uri.path.isEmpty, uri.query.isEmpty else {
            return nil
        }
        self.init(uri)
    }

    /// The authority of a URI, if it is the literal of an IPv6 unicast address that is valid on every host.
    init?(_ uri: CoAPURI) {
        guard case .address(let address, zone: nil) = uri.host, !address.isMulticast, !address.isLinkLocal,
            !address.isIPv4Mapped, address != .unspecified
        else { return nil }
        endpoint = SocketAddress(address, port: uri.port)
    }

    var text: String { endpoint.description }
}

/// The name of a group or a node.
struct NameArgument: Hashable, ExpressibleByArgument {
    let name: String

    /// For the help of an argument.
    static let form = "1 to 63 lower-case letters, digits and hyphens, no hyphen first"

    init?(argument: String) {
        guard Names.isValid(argument) else { return nil }
        name = argument
    }
}

/// A member, or somebody who was one: by name, or as one of those who have or had it.
struct MemberArgument: Hashable, ExpressibleByArgument {
    let text: String

    /// For the help of an argument.
    static let form = "a name, or lamp.1, lamp.2 for one alone of those who have or had the name lamp"

    init?(argument: String) {
        guard Names.isValid(argument) || HolderName(argument) != nil else { return nil }
        text = argument
    }
}

/// The path of a resource: `light`, `/light` or `room/light`.
struct ResourceArgument: Hashable, ExpressibleByArgument {
    let path: [String]

    init?(argument: String) {
        let text = argument.hasPrefix("/") ? argument.dropFirst() : argument[...]
        let segments = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // RFC 7252 §5.10.1: a segment is neither `.` nor `..`, and at most 255 bytes long.
        guard segments.allSatisfy({ (1...255).contains($0.utf8.count) && $0 != "." && $0 != ".." }) else { return nil }
        path = segments
    }
}
