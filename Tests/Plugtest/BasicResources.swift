import CoAP
import CoAPEngine
import GoscKit

/// TD_COAP_CORE_01 to 20: methods, separate responses, paths, queries, formats.
func serveBasicResources(on endpoint: CoAPEndpoint) async {
    var everywhere = ResourceProperties.link(("title", "Answers every method"))
    everywhere.servesUnauthenticatedGroups = true
    everywhere.groupAccess = .all
    await endpoint.serve(
        "test",
        resource(
            [
                .get: { _ in .text("Hello from gosc") },
                .put: { $0.representation == nil ? .formatMissing : ResourceResponse(.changed) },
                .post: { request in
                    guard request.representation != nil else { return .formatMissing }
                    return ResourceResponse(.created).adding(
                        .locationPath, Array("location1".utf8), Array("location2".utf8), Array("location3".utf8))
                },
                .delete: { _ in ResourceResponse(.deleted) },
            ], everywhere))
    await endpoint.serve(
        "separate",
        [
            .get: { _ in
                // Longer than an acknowledgement may wait for the answer.
                try? await Task.sleep(for: .seconds(1))
                return .text("This took a while")
            }
        ], properties: .link(("title", "Answers later than it acknowledges")))
    await endpoint.serve(
        "seg1/seg2/seg3", resource([.get: { _ in .text("Three segments") }], .link(("title", "Three segments"))))
    await endpoint.serve(
        "query",
        resource(
            [.get: { .text($0.options.uriQuery.joined(separator: "\n")) }],
            .link(("title", "Answers with its query arguments"))))
    await endpoint.serve(
        "location-query",
        resource(
            [
                .post: { _ in
                    ResourceResponse(.created).adding(
                        .locationQuery, Array("first=1".utf8), Array("second=2".utf8))
                }
            ], .link(("title", "What it creates has a query"))))

    let xml = ContentFormat(rawValue: 41)
    await endpoint.serve(
        "multi-format",
        resource(
            [
                .get: { request in
                    request.options.accept == xml
                        ? ResourceResponse(.content, xml, Array("<gosc>Hello</gosc>".utf8)) : .text("Hello")
                }
            ], .link(("title", "Text and XML"), ("ct", "0 41")) { $0.formats = [.textPlain, xml] }))
}
