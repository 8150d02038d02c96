import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine

// Which paths there are, and which methods they have (draft-ietf-ace-key-groupcomm-oscore §8.5). Who may use which is
// decided on with the request.
extension ManagerEngine {
    /// What strangers reach.
    static func openServer(_ settings: ManagerSettings) -> RequestServer<UnprotectedRequest> {
        var tree = ResourceTree<UnprotectedRequest>()
        // GM-0031
        tree.register(path: ["authz-info"], Resource(methods: [.post: .driver], properties: limited(8_192)))
        tree.register(path: [".well-known", "core"], Resource(methods: [.get: .driver], properties: limited(0)))
        var server = RequestServerSettings()
        server.limits = settings.serverLimits
        // Clients of the OSCORE profile need not know Echo. What they get is shorter than their token anyway.
        server.unprovenAddresses = .smallBlocks
        return RequestServer(resources: tree, settings: server)
    }

    /// What whoever has shown a token or an invitation reaches.
    static func protectedServer(_ settings: ManagerSettings) -> RequestServer<ManagedRequest> {
        var tree = ResourceTree<ManagedRequest>()
        var server = RequestServerSettings()
        server.limits = settings.serverLimits
        func serve(
            _ pattern: [ResourceTree<ManagedRequest>.Segment], _ methods: [Code],
            _ format: ContentFormat? = .aceGroupcomm,
            isObservable: Bool = false
        ) {
            var properties = limited(8_192)
            properties.isObservable = isObservable
            // GM-0365
            properties.formats = format.map { [$0] } ?? []
            // A member that missed new keys is silent from then on.
            properties.notifiesConfirmably = true
            // GM-0229
            properties.answersPostWithContent = true
            tree.register(
                pattern: pattern,
                Resource(
                    methods: Dictionary(uniqueKeysWithValues: methods.map { ($0, .driver) }), properties: properties))
        }
        let group: [ResourceTree<ManagedRequest>.Segment] = ["ace-group", .parameter]
        serve(["token"], [.post], .ace)
        serve(["authz-info"], [.post], .ace)
        serve([".well-known", "core"], [.get], .linkFormat)
        serve(["ace-group"], [.fetch])
        // GM-0163
        serve(group, [.get, .post], isObservable: true)
        serve(group + ["creds"], [.get, .fetch])
        serve(group + ["kdc-cred"], [.get, .fetch])
        serve(group + ["policies"], [.get])
        serve(group + ["num"], [.get])
        // GM-0277
        serve(group + ["active"], [.get], .cbor, isObservable: true)
        serve(group + ["verif-data"], [.get])
        serve(group + ["stale-sids"], [.fetch], .cbor)
        // GM-0209
        serve(group + ["nodes", .parameter], [.get, .post, .delete], isObservable: true)
        serve(group + ["nodes", .parameter, "cred"], [.post])
        return RequestServer(resources: tree, settings: server)
    }

    private static func limited(_ maximumBody: Int) -> ResourceProperties {
        var properties = ResourceProperties()
        properties.maximumBody = maximumBody
        properties.groupAccess = GroupAccess.none
        return properties
    }

    /// GM-0017, GM-0030: where to get a token, for whoever asks without one.
    func hints(at now: MonotonicInstant, random: inout some RandomNumberGenerator) -> [UInt8] {
        guard let server = settings.authorizationServers.first(where: { $0.uri != nil }) else {
            guard settings.demandsClientNonce else { return [] }
            return CreationHints(
                audience: settings.audience, clientNonce: nonces.nonce(at: now, random: &random)
            ).encoded()
        }
        return CreationHints(
            authorizationServer: server.uri, audience: settings.audience,
            clientNonce: settings.demandsClientNonce ? nonces.nonce(at: now, random: &random) : nil
        ).encoded()
    }
}
