public import Bytes
public import CoAP
internal import DatagramTransport

/// Where a URI leads: the address to send to, and the options that say what is asked for.
public struct Destination: Hashable, Sendable {
    /// An endpoint or a group.
    public let address: SocketAddress
    /// Uri-Host, Uri-Port, Uri-Path and Uri-Query as far as they are needed.
    public let options: Options
    /// The URI.
    public let uri: CoAPURI

    /// Whether it is a group.
    public var isGroup: Bool { address.address.isMulticast }

    /// Finds the address of a URI's host. A name is looked up, which may take seconds.
    ///
    /// - Parameters:
    ///   - text: `coap://host[:port]/path?query`; the host is an address literal or a name. Link-local addresses and
    ///     groups take a zone, as in `coap://[ff02::fd%25eth0]/`.
    ///   - interface: Used where the URI has no zone.
    /// - Throws: ``CoAPError/invalidURI(_:_:)``, ``CoAPError/secureScheme(_:)``, ``CoAPError/unknownHost(_:)``,
    ///   ``CoAPError/unknownInterface(_:)``.
    public init(
        _ text: String, interface: InterfaceIndex = .unspecified
    ) async throws(CoAPError) {
        let uri: CoAPURI
        do throws(CoAPURIError) {
            uri = try CoAPURI(parsing: text)
        } catch {
            throw .invalidURI(text, error)
        }
        guard uri.scheme == .coap else { throw .secureScheme(text) }
        switch uri.host {
        case .address(let address, let zone):
            var socketAddress = SocketAddress(address, port: uri.port)
            if address.isMulticast || address.isLinkLocal { socketAddress.interface = interface }
            if let zone {
                socketAddress.interface = try Self.interface(named: zone)
            }
            self.address = socketAddress
        case .name(let name):
            guard let found = await HostName.address(of: name) else { throw .unknownHost(name) }
            // COAP-0118: a name may stand for what no URI may have. There is no CoAP group over IPv4 here, and no DTLS to one.
            guard !found.address.isIPv4Multicast else { throw .invalidURI(text, .ipv4Group) }
            guard !found.address.isMulticast || CoAPURI.isGroupPort(uri.port) else {
                throw .invalidURI(text, .secureGroup)
            }
            self.address = SocketAddress(found.address, port: uri.port, interface: found.interface)
        }
        self.uri = uri
        self.options = uri.options(destination: address)
    }

    /// The number of an interface.
    ///
    /// - Throws: ``CoAPError/unknownInterface(_:)``.
    public static func interface(named name: String) throws(CoAPError) -> InterfaceIndex {
        do throws(TransportError) {
            return try InterfaceTable.index(named: name)
        } catch {
            throw .unknownInterface(name)
        }
    }
}
