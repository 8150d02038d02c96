/// Associations at work: the latest ones, because a Security Context costs more memory than its record.
struct LiveAssociations {
    private var entries: [AssociationName: LiveAssociation] = [:]
    /// The older half; whoever is used comes back to the younger.
    private var older: [AssociationName: LiveAssociation] = [:]
    /// What those have left behind that were put aside; as many as the store has associations, at most.
    private var remains: [AssociationName: LiveAssociation.Remains] = [:]
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 2)
    }

    var count: Int { entries.count + older.count }

    subscript(name: AssociationName) -> LiveAssociation? {
        mutating get {
            if let association = entries[name] { return association }
            guard let association = older.removeValue(forKey: name) else { return nil }
            insert(association)
            return association
        }
    }

    /// What one that was put aside has left behind; it must be inserted before it uses any number.
    func remains(of name: AssociationName) -> LiveAssociation.Remains? { remains[name] }

    mutating func insert(_ association: LiveAssociation) {
        let name = association.name
        remains[name] = nil
        guard entries[name] == nil else {
            entries[name] = association
            return
        }
        if entries.count >= capacity / 2 {
            // What the store does not know yet must not be forgotten: a request could be taken twice.
            for (name, association) in older where !association.isAhead { remains[name] = association.remains }
            let ahead = older.filter { $0.value.isAhead }
            older = entries
            entries = ahead
        }
        older[name] = nil
        entries[name] = association
    }

    mutating func remove(_ name: AssociationName) {
        entries[name] = nil
        older[name] = nil
        remains[name] = nil
    }
}
