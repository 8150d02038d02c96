public import Bytes

extension CoAPURI {
    /// Where a request for this URI is sent, if its host is an address literal.
    ///
    /// - Parameters:
    ///   - defaultInterface: The link of link-local addresses without a zone, and of all groups without one;
    ///     ``InterfaceIndex/unspecified`` if there is none.
    ///   - widestScope: How far a group may reach. Beyond the site a request would reach strangers (RFC 10020 §6.7).
    ///   - interface: Finds an interface by name.
    /// - Throws: The first of ``CoAPDestinationError`` that applies.
    public func destination(
        defaultInterface: InterfaceIndex = .unspecified, widestScope: MulticastScope = .siteLocal,
        interface: (String) -> InterfaceIndex?
    ) throws(CoAPDestinationError) -> SocketAddress {
        guard case .address(let address, let zone) = host else { throw .name }
        // COAP-0116, COAP-0274
        if let scope = address.multicastScope, scope > widestScope { throw .scopeTooWide(scope) }
        let isOfOneLink = address.multicastScope.map { $0 <= .linkLocal } ?? address.isLinkLocal
        var index = isOfOneLink || address.isMulticast ? defaultInterface : .unspecified
        if let zone {
            guard let named = interface(zone) else { throw .unknownZone(zone) }
            index = named
        }
        // COAP-0113: the kernel would take any link.
        guard !isOfOneLink || index != .unspecified else { throw .zoneMissing }
        return SocketAddress(address, port: port, interface: index)
    }
}

/// Why a URI does not say where to send.
public enum CoAPDestinationError: Error, Hashable, Sendable {
    /// The host is a name, which somebody has to look up.
    case name
    /// An address of one link, without saying which: `%25eth0` is missing behind it.
    case zoneMissing
    /// There is no interface of this name.
    case unknownZone(String)
    /// The group reaches farther than permitted.
    case scopeTooWide(MulticastScope)
}
