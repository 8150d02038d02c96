import CoAP
import CoAPEngine
import GoscKit

/// TD_COAP_CORE_21 to 23: ETag, If-Match, If-None-Match. The server itself compares; here are only the states.
func serveConditionalResources(on endpoint: CoAPEndpoint) async {
    let varying = Cell(Representation("Version 1"))
    await endpoint.serve(
        "validate",
        resource(
            [
                .get: { _ in varying.value.content.adding(.eTag, varying.value.eTag) },
                .put: { request in
                    guard let representation = request.representation else { return .formatMissing }
                    varying.value = representation
                    return ResourceResponse(.changed).adding(.eTag, representation.eTag)
                },
            ], .link(("title", "Varies"))))

    let created = Cell<Representation?>(nil)
    await endpoint.serve(
        "create1",
        Resource(
            methods: [
                .get: .immediate { _ in created.value?.content ?? ResourceResponse(.notFound) },
                .put: .immediate { request in
                    guard let representation = request.representation else { return .formatMissing }
                    let isNew = created.change { content in
                        defer { content = representation }
                        return content == nil
                    }
                    return ResourceResponse(isNew ? .created : .changed)
                },
                // So that the test can be made again.
                .delete: .immediate { _ in
                    created.value = nil
                    return ResourceResponse(.deleted)
                },
            ],
            properties: .link(("title", "Can be created")) { $0.isDiscoverable = false },
            state: { _ in created.value.map { .existing(eTag: $0.eTag) } ?? .missing }))
}
