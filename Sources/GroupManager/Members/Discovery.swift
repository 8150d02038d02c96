import ACEGroupcomm
import CoAP
import CoAPEngine

/// GET `/.well-known/core`: the links that whoever asks may know of (RFC 9594 §4.1, draft-ietf-ace-key-groupcomm-oscore §8).
struct Discovery {
    let state: ManagerState
    let settings: ManagerSettings

    /// - Parameter scope: What a token grants; `nil` for a stranger.
    func links(for scope: AuthorizationScope?, asked options: Options) -> ResourceResponse {
        var links = [
            Link(path: ["authz-info"], attributes: [LinkAttribute("rt", "ace.ai")]),
            // GM-0167
            Link(path: ["ace-group"], attributes: [LinkAttribute("if", "ace.groups")]),
        ]
        // GM-0168: names of groups are nobody's business who has nothing to do with them.
        for name in state.groups.keys.sorted() where settings.advertisesGroups || scope?.roles(in: name) != nil {
            links.append(
                Link(
                    path: ["ace-group", name],
                    attributes: [
                        LinkAttribute("if", "ace.group"), LinkAttribute("rt", "core.osc.gm"), LinkAttribute("obs"),
                    ]))
        }
        let filter = LinkFilter(query: options.uriQuery)
        return ResourceResponse(.content, .linkFormat, LinkFormat.encode(links.filter { filter.matches($0) }))
    }
}
