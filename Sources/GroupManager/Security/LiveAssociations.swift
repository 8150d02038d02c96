/// Associations at work: the latest ones, because a Security Context costs more memory than its record.
struct LiveAssociations {
    private var entries: [AssociationName: LiveAssociation] = [:]
    /// The older half; whoever is used comes back to the younger.
    private var older: [AssociationName: LiveAssociation] = [:]
    /// What those have left behind that were put aside; as many as the store has associations, at most.
    private var remains: [AssociationName: LiveAssociation.Remains] = [:]
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
    func remains(of name: AssociationName) -> LiveAssociation.Remains? { remains[name] }

    /// Takes an association up, and forgets the older half when the younger is full.
    ///
    /// - Parameter unforgettable: Receives those that should be forgotten and must not be, because the store does not know
    ///   all of their requests: one could be taken twice. They can go as soon as it does.
    mutating func insert(_ association: LiveAssociation, unforgettable: inout Set<AssociationName>) {
        let name = association.name
        // From here on its own numbers count.
        defer { remains[name] = nil }
        guard entries[name] == nil else {
            entries[name] = association
            return
        }
        if arrivals >= capacity / 2 {
            for (name, association) in older where !association.isAhead { remains[name] = association.remains }
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
        remains[name] = nil
    }
}
