import CoAP
import CoAPEngine

extension ResourceResponse {
    /// A success or error with a text.
    init(_ code: Code, text: String) {
        self.init(code, .textPlain, Array(text.utf8))
    }

    /// The same with an option more.
    func adding(_ number: OptionNumber, _ values: [UInt8]...) -> Self {
        var response = self
        for value in values { response.options.append(number, value) }
        return response
    }
}

extension RequestProperties {
    /// The body with its format; `nil` without Content-Format, which the tests want on every body.
    var representation: Representation? {
        options.contentFormat.map { Representation($0, payload) }
    }
}

extension ResourceResponse {
    /// The tests want a format on every body.
    static var formatMissing: Self { ResourceResponse(.badRequest, text: "Content-Format is missing") }
}

extension ResourceProperties {
    /// Properties with attributes of the link.
    static func link(_ attributes: (String, String)..., change: (inout Self) -> Void = { _ in }) -> Self {
        var properties = Self()
        properties.attributes = attributes.map { LinkAttribute($0, $1) }
        change(&properties)
        return properties
    }
}

/// A resource whose methods act at once.
func resource<Verified>(
    _ methods: [Code: @Sendable (ResourceRequest<Verified>) -> ResourceResponse],
    _ properties: ResourceProperties = ResourceProperties()
) -> Resource<Verified> {
    Resource(methods: methods.mapValues { .immediate($0) }, properties: properties)
}
