import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

// The manager is the client here (draft-ietf-ace-key-groupcomm-oscore §11.1): it brings new keys to this member, or tells it
// that it is none any more.
extension ManagerLink {
    /// The path of this member's control resource in a group.
    static func controlPath(of groupName: String) -> [String] { ["ace-group", groupName, "node"] }

    /// What the manager may ask of this member; nobody else finds it.
    static func controlResources(of groupName: String) -> ResourceTree<OSCORE.VerifiedRequest> {
        var resources = ResourceTree<OSCORE.VerifiedRequest>()
        var properties = ResourceProperties()
        properties.isDiscoverable = false
        resources.register(
            path: controlPath(of: groupName),
            Resource(methods: [.post: .driver, .delete: .driver], properties: properties))
        return resources
    }

    // GM-0097: a manager takes no other address than the one that the joiner has.
    /// Where the manager can reach this member; `nil` while it is not known at which address it does.
    func controlURI(port: UInt16) -> String? {
        guard let ownAddress,
            let uri = try? CoAPURI(
                host: .address(ownAddress, zone: nil), port: port, path: Self.controlPath(of: wanted.groupName))
        else { return nil }
        let text = uri.description
        return text.utf8.count <= Self.longestControlURI ? text : nil
    }

    /// Whether a datagram from elsewhere may be for the control resource: then its sender hears that it may not ask (GM-0355).
    /// Messages of the group name the group, so they are none of these.
    func isForControlResource(_ datagram: Span<UInt8>, _ path: DatagramPath) -> Bool {
        guard !path.isMulticast, let (header, offset) = try? DatagramCodec.decode(datagram), header.code.isRequest
        else {
            return false
        }
        let body = datagram.extracting(droppingFirst: offset)
        do {
            let message = try ProtectedMessage(body)
            guard !message.option.isGroupMode, message.option.kidContext == nil else { return false }
            return true
        } catch .notProtected {
            guard let message = try? Message(code: header.code, body: body) else { return false }
            return message.options.uriPath == Self.controlPath(of: wanted.groupName)
        } catch {
            return false
        }
    }

    /// Answers what the manager has asked.
    func complete(
        _ call: EndpointCall, with response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        var wanted: [EndpointEffect] = []
        endpoint.complete(call, with: response, at: now, random: &random, effects: &wanted)
        process(wanted, at: now, random: &random, effects: &effects)
    }

    /// What a manager keeps at most.
    private static let longestControlURI = 255
}
