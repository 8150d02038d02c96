/// Associations at work: the latest ones, because a Security Context costs more memory than its record.
struct LiveAssociations {
    private var entries: [AssociationName: LiveAssociation] = [:]
    /// The older half; whoever is used comes back to the younger.
    private var older: [AssociationName: LiveAssociation] = [:]
    /// What those of clients have left behind that were put aside, by Recipient ID.
    private var clientRemains: [[UInt8]: LiveAssociation.Remains] = [:]
    /// The same of invitations, four times as many as associations at most: a node uses its own once in a month.
    private var invitationRemains: [AssociationKey: LiveAssociation.Remains] = [:]
    /// How many have come to the younger half. Those that had to stay when they were old do not count: else many of them
    /// would leave no room for others, which would be forgotten between a request and its answer.
    private var arrivals = 0
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 2)
    }

    var count: Int { entries.count + older.count }

    /// The association of this name, which is used now.
    ///
    /// - Parameter unforgettable: Is told as ``insert(_:unforgettable:)`` tells.
    mutating func use(
        _ name: AssociationName, unforgettable: inout Set<AssociationName>
    ) -> LiveAssociation? {
        if let association = entries[name] { return association }
        guard let association = older.removeValue(forKey: name) else { return nil }
        insert(association, unforgettable: &unforgettable)
        return association
    }

    /// What one that was put aside has left behind; it must be inserted before it uses any number.
    func remains(of name: AssociationName) -> LiveAssociation.Remains? {
        switch name {
        case .invitation(let key): invitationRemains[key]
        case .client(let recipientID): clientRemains[recipientID]
        }
    }

    /// Takes an association up, and forgets the older half when the younger is full.
    ///
    /// - Parameter unforgettable: Receives those that should be forgotten and must not be, because the store does not know
    ///   all of their requests: one could be taken twice. They can go as soon as it does.
    mutating func insert(_ association: LiveAssociation, unforgettable: inout Set<AssociationName>) {
        let name = association.name
        // From here on its own numbers count.
        defer { setRemains(of: name, to: nil) }
        guard entries[name] == nil else {
            entries[name] = association
            return
        }
        if arrivals >= capacity / 2 {
            for (name, association) in older where !association.isAhead {
                setRemains(of: name, to: association.remains)
            }
            let ahead = older.filter { $0.value.isAhead }
            unforgettable.formUnion(ahead.keys)
            older = entries
            entries = ahead
            arrivals = 0
        }
        older[name] = nil
        entries[name] = association
        arrivals += 1
    }

    mutating func remove(_ name: AssociationName) {
        entries[name] = nil
        older[name] = nil
        setRemains(of: name, to: nil)
    }

    private mutating func setRemains(of name: AssociationName, to remains: LiveAssociation.Remains?) {
        switch name {
        case .client(let recipientID): clientRemains[recipientID] = remains
        case .invitation(let key):
            // Without them the store has numbers.
            if remains != nil, invitationRemains.count >= 4 * capacity { invitationRemains = [:] }
            invitationRemains[key] = remains
        }
    }
}
