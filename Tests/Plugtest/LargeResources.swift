import CoAP
import CoAPEngine
import GoscKit

/// TD_COAP_BLOCK_01 to 06: bodies of several blocks.
func serveLargeResources(on endpoint: CoAPEndpoint) async {
    let page = Representation(largeText)
    await endpoint.serve(
        "large",
        resource(
            [.get: { _ in page.content }],
            .link(("title", "Twenty lines of 64 bytes"), ("rt", "block"), ("sz", "\(page.body.count)"))))

    let updated = Cell(page)
    await endpoint.serve(
        "large-update",
        resource(
            [
                .get: { _ in updated.value.content },
                .put: { request in
                    guard let representation = request.representation else { return .formatMissing }
                    updated.value = representation
                    return ResourceResponse(.changed)
                },
            ], .link(("title", "Can be replaced"), ("rt", "block"))))

    await endpoint.serve(
        "large-post",
        resource(
            [
                .post: { request in
                    guard request.options.contentFormat == .textPlain,
                        let text = String(validating: request.payload, as: UTF8.self)
                    else { return ResourceResponse(.unsupportedContentFormat) }
                    return ResourceResponse(.changed, text: text.uppercased())
                }
            ], .link(("title", "Answers in capitals"), ("rt", "block"))))
    await serveCreation(on: endpoint)
}

/// `/large-create`: the places for what clients create are few, and used again from the first on.
private func serveCreation(on endpoint: CoAPEndpoint) async {
    let places = (1...8).map { _ in Cell<Representation?>(nil) }
    let next = Cell(0)
    for (index, place) in places.enumerated() {
        await endpoint.serve(
            "large-create/\(index + 1)",
            resource(
                [
                    .get: { _ in place.value?.content ?? ResourceResponse(.notFound) },
                    .delete: { _ in
                        place.value = nil
                        return ResourceResponse(.deleted)
                    },
                ], .link { $0.isDiscoverable = false }))
    }
    await endpoint.serve(
        "large-create",
        resource(
            [
                .get: { _ in
                    let links = places.enumerated().filter { $0.element.value != nil }
                        .map { Link(path: ["large-create", "\($0.offset + 1)"]) }
                    return ResourceResponse(.content, .linkFormat, LinkFormat.encode(links))
                },
                .post: { request in
                    guard let representation = request.representation else { return .formatMissing }
                    let index = next.change { index in
                        defer { index = (index + 1) % places.count }
                        return index
                    }
                    places[index].value = representation
                    return ResourceResponse(.created).adding(
                        .locationPath, Array("large-create".utf8), Array("\(index + 1)".utf8))
                },
            ], .link(("title", "Keeps what is posted"), ("rt", "block"), ("ct", "40"))))
}

/// 1280 bytes, of which each line says where it stands.
let largeText = (1...20).map { line in
    let start = "Line \(line) of 20: "
    return start + String(repeating: ".", count: 63 - start.utf8.count) + "\n"
}.joined()
