import Bytes
import CoAPEngine

// GM-0347: whoever is evicted is told, and what it is told goes over the association that ends with that.
extension ManagerSecurity {
    /// An association whose client the store has forgotten, and how many wait for it.
    struct Departed {
        let association: LiveAssociation
        var uses: Int
    }

    /// The association of a client that a change set under way may remove.
    mutating func holdable(_ name: AssociationName) -> LiveAssociation? {
        guard case .client(let recipientID) = name, state.clients[recipientID] != nil,
            candidates[recipientID] == nil, let association = association(name)
        else { return nil }
        live.insert(association, unforgettable: &starving)
        return association
    }

    /// The store has forgotten a client, or not: what it is to be told goes over its association in both cases. To be
    /// followed by ``release(_:)`` if it is kept.
    ///
    /// - Parameter held: What ``holdable(_:)`` has found when the change was decided on.
    /// - Returns: Whether it is kept, as only that of a forgotten client has to be.
    mutating func keep(_ name: AssociationName, held: LiveAssociation) -> Bool {
        guard case .client(let recipientID) = name, state.clients[recipientID] == nil else { return false }
        if departed[recipientID] == nil {
            // There is only one of a name: the one at work, if it is.
            let association = live.use(name, unforgettable: &starving) ?? held
            association.forgotten()
            departed[recipientID] = Departed(association: association, uses: 0)
        }
        departed[recipientID]?.uses += 1
        return true
    }

    /// There is nothing more to tell over an association that was kept for it.
    mutating func release(_ name: AssociationName) {
        guard case .client(let recipientID) = name, let uses = departed[recipientID]?.uses else { return }
        if uses > 1 {
            departed[recipientID]?.uses = uses - 1
        } else {
            departed[recipientID] = nil
        }
    }
}

extension DatagramPath {
    /// Where an answer goes: the source, on the interface of arrival if its address means nothing elsewhere.
    var reachableSource: SocketAddress {
        var address = source
        if address.address.isLinkLocal, address.interface == .unspecified { address.interface = interface }
        return address
    }
}
