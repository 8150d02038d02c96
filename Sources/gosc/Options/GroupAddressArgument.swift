import ArgumentParser
import Bytes
import CoAP

/// A multicast address on the command line: `ff35::1234`, or `[ff35::1234]:5685` with a port of its own.
struct GroupAddressArgument: Hashable, ExpressibleByArgument {
    let address: IPv6Address
    /// `nil` where none is given.
    let port: UInt16?

    init?(argument: String) {
        if let address = IPv6Address(argument) {
            self.address = address
            port = nil
        } else {
            guard let uri = try? CoAPURI(parsing: "coap://" + argument), uri.path.isEmpty, uri.query.isEmpty,
                case .address(let address, zone: nil) = uri.host
            else { return nil }
            self.address = address
            port = argument.hasSuffix("]") ? nil : uri.port
        }
        guard address.isMulticast, !address.isIPv4Multicast else { return nil }
    }
}
