/// Associations at work: the latest ones, because a Security Context costs more memory than its record.
struct LiveAssociations {
    private var entries: [AssociationName: LiveAssociation] = [:]
    /// The older half; whoever is used comes back to the younger.
    private var older: [AssociationName: LiveAssociation] = [:]
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

    mutating func insert(_ association: LiveAssociation) {
        if entries.count >= capacity / 2 {
            // What the store does not know yet must not be forgotten: a request could be taken twice.
            let ahead = older.filter { $0.value.isAhead }
            older = entries
            entries = ahead
        }
        entries[association.name] = association
    }

    mutating func remove(_ name: AssociationName) {
        entries[name] = nil
        older[name] = nil
    }
}
