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
    ///   - widestScope: How far a group may reach; wider ones are refused (RFC 10020 §6.7).
    /// - Throws: ``CoAPError/invalidURI(_:_:)``, ``CoAPError/secureScheme(_:)``, ``CoAPError/unknownHost(_:)``,
    ///   ``CoAPError/unknownInterface(_:)``, ``CoAPError/interfaceMissing(_:)``, ``CoAPError/scopeTooWide(_:_:)``.
    public init(
        _ text: String, interface: InterfaceIndex = .unspecified, widestScope: MulticastScope = .siteLocal
    ) async throws(CoAPError) {
        let uri: CoAPURI
        do throws(CoAPURIError) {
            uri = try CoAPURI(parsing: text)
        } catch {
            throw .invalidURI(text, error)
        }
        guard uri.scheme == .coap else { throw .secureScheme(text) }
        if case .name(let name) = uri.host {
            guard let found = await HostName.address(of: name) else { throw .unknownHost(name) }
            // COAP-0118: a name may stand for what no URI may have. There is no CoAP group over IPv4 here, and no DTLS to one.
            guard !found.address.isIPv4Multicast else { throw .invalidURI(text, .ipv4Group) }
            guard !found.address.isMulticast || CoAPURI.isGroupPort(uri.port) else {
                throw .invalidURI(text, .secureGroup)
            }
            self.address = SocketAddress(found.address, port: uri.port, interface: found.interface)
        } else {
            do throws(CoAPDestinationError) {
                self.address = try uri.destination(defaultInterface: interface, widestScope: widestScope) {
                    try? InterfaceTable.index(named: $0)
                }
            } catch {
                throw CoAPError(error, text)
            }
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
