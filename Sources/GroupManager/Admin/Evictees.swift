import ACEGroupcomm

/// Whom a request to evict means: each client once, whatever it is named by, and however often.
struct Evictees {
    /// What was asked for, each text once.
    private(set) var texts: [String] = []
    /// Who is a member, with the text that named it first.
    private(set) var members: [(text: String, member: MemberRecord)] = []
    /// Who was one, and may come back so far.
    private(set) var former: [Holder] = []
    /// The texts that mean nobody who can be evicted.
    private(set) var unfit: [String] = []

    /// Finds them in a group.
    ///
    /// - Parameter texts: Names, or text forms of ``HolderName``: those are about nobody else who has or had the name.
    init(_ texts: [String], of group: GroupState) {
        var found: Set<ClientIdentity> = []
        for text in texts where !self.texts.contains(text) {
            self.texts.append(text)
            if let member = Self.member(text, of: group) {
                if found.insert(member.client).inserted { members.append((text, member)) }
                continue
            }
            let holders = group.holders(named: text).filter {
                group.member($0.client) == nil && group.evictions[$0.client] == nil
            }
            if holders.isEmpty { unfit.append(text) }
            former += holders.filter { found.insert($0.client).inserted }
        }
    }

    private static func member(_ text: String, of group: GroupState) -> MemberRecord? {
        guard let name = HolderName(text) else { return group.members[text] }
        return group.holder(name).flatMap { group.member($0.client) }
    }
}

extension AdminResources {
    /// Why nobody is evicted, with every name that is in the way and what helps; `nil` if none is.
    func refusal(to evictees: Evictees, of group: GroupState) -> String? {
        guard !evictees.unfit.isEmpty else { return nil }
        let groupName = group.record.name
        var unknown: [String] = []
        var reasons: [String] = []
        for text in evictees.unfit {
            let name = HolderName(text)?.name ?? text
            let isEvicted = group.holders(named: text).contains { group.evictions[$0.client] != nil }
            // Whoever is invited has no number yet.
            let isInvited = name == text && !state.openInvitations(to: groupName, for: name).isEmpty
            let takesBack = "'gosc member revoke \(groupName) \(name)' takes its invitation back"
            switch (isEvicted, isInvited) {
            case (true, true): reasons.append("\(text) is evicted already, and was invited again; \(takesBack)")
            case (true, false):
                reasons.append("\(text) is evicted already; see 'gosc member list \(groupName) \(name)'")
            case (false, true): reasons.append("\(text) has not joined \(groupName) yet; \(takesBack)")
            case (false, false): unknown.append(text)
            }
        }
        if !unknown.isEmpty {
            let names = unknown.joined(separator: ", ")
            reasons.append("\(groupName) has no member named \(names); see 'gosc member list \(groupName)'")
        }
        let sentence = reasons.joined(separator: "; ")
        return evictees.texts.count == 1 ? sentence : "nobody was evicted: \(sentence)"
    }
}

extension GroupState {
    /// Those whom a name means, or the one whom a ``HolderName`` does.
    fileprivate func holders(named text: String) -> [Holder] {
        guard let name = HolderName(text) else { return holders(of: text) }
        return holder(name).map { [$0] } ?? []
    }
}
