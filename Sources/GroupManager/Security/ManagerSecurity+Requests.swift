import Bytes
import CoAP
import CoAPEngine
import OSCORE

// GM-0313
/// The manager as the client of its members: it tells them of new keys over the associations that they ask it over.
extension ManagerSecurity {
    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: ManagedRequestBinding?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, ManagedRequestBinding) {
        guard let name = AssociationName(client: peer), let association = addressee(name) else {
            throw .unknownAssociation
        }
        // Before it uses a number: what it has left behind would else be used again.
        if association.isDurable { live.insert(association, unforgettable: &starving) }
        defer {
            if association.isDurable, association.context.reservation.wantedEnd != nil { starving.insert(name) }
        }
        do throws(ProtectionError) {
            let (message, binding) = try association.protect(request)
            return (message, ManagedRequestBinding(association: name, binding: binding))
        } catch {
            switch error {
            case .sequenceNumberNotReserved: throw .notStored("the next numbers are not durable yet")
            case .sequenceNumbersExhausted: throw .numbersExhausted
            default: throw .unsuitableMessage
            }
        }
    }

    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout ManagedRequestBinding, at now: MonotonicInstant
    ) -> SecuredResponse? {
        guard let association = addressee(binding.association) else { return nil }
        do {
            let message = try ProtectedMessage(response.body.span)
            let inner = try association.context.verifyResponse(message, to: binding.binding).get()
            return SecuredResponse(message: inner, peer: binding.association.peer, security: .oscore)
        } catch {
            return nil
        }
    }

    /// The association that a request of the manager may go over; `nil` for a candidate, who has proven nothing yet.
    private mutating func addressee(_ name: AssociationName) -> LiveAssociation? {
        guard case .client(let recipientID) = name else { return nil }
        if let departed = departed[recipientID] { return departed.association }
        guard state.clients[recipientID] != nil, candidates[recipientID] == nil, let association = association(name),
            association.isDurable
        else { return nil }
        return association
    }
}

/// What the answer to a request of the manager is verified with.
struct ManagedRequestBinding {
    let association: AssociationName
    let binding: OSCORE.RequestBinding
}

extension AssociationName {
    /// The client with this identity; `nil` if it is none.
    fileprivate init?(client peer: PeerIdentity) {
        guard case .association(let bytes) = peer, bytes.first == 2 else { return nil }
        self = .client(Array(bytes.dropFirst()))
    }
}
