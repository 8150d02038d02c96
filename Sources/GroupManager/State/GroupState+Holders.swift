import ACEGroupcomm

/// Somebody who has or had a name in a group.
struct Holder: Hashable, Sendable {
    let name: HolderName
    let client: ClientIdentity
}

// GM-0214
extension GroupState {
    /// Those who have or had a name, the first one first: a NODENAME is never given twice, nor taken back.
    func holders(of name: String) -> [Holder] {
        var holders: [Holder] = []
        var next = HolderName(firstOf: name)
        while let client = nodeNames[next.nodeName] {
            holders.append(Holder(name: next, client: client))
            next = next.next
        }
        return holders
    }

    /// Who has or had a name with a number; `nil` if nobody ever did.
    func holder(_ name: HolderName) -> Holder? {
        nodeNames[name.nodeName].map { Holder(name: name, client: $0) }
    }

    /// The NODENAME of a client under a name: the one that it had before, or the first that nobody has had.
    func nodeName(for client: ClientIdentity, named name: String) -> String {
        var holder = HolderName(firstOf: name)
        while let owner = nodeNames[holder.nodeName], owner != client { holder = holder.next }
        return holder.nodeName
    }

    /// Which of those who have or had a name a client is, or else of those of another name that it has had; `nil` if it never
    /// joined.
    func holderName(of client: ClientIdentity, named name: String) -> HolderName? {
        if let holder = holders(of: name).first(where: { $0.client == client }) { return holder.name }
        let nodeName = nodeNames.filter { $0.value == client }.keys.min()
        return nodeName.map { HolderName($0) ?? HolderName(firstOf: $0) }
    }
}
