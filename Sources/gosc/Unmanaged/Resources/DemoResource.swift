import CoAP
import CoAPEngine
import CoAPSecurity

/// One resource of `--resources demo`. Only verified requests reach it.
protocol DemoResource: Sendable {
    /// One segment.
    var path: String { get }
    /// Whether clients may observe it.
    var isObservable: Bool { get }
    /// What serves which method.
    var methods: [Code: ResourceTree<SecuredRequest>.Handler] { get }
}

extension DemoResource {
    var isObservable: Bool { false }

    /// The resource as an endpoint takes it; also by multicast.
    ///
    /// - Parameter handled: Is told of each request that was answered.
    func resource(
        handled: @escaping @Sendable (ResourceRequest<SecuredRequest>, Code) -> Void
    ) -> Resource<SecuredRequest> {
        var properties = ResourceProperties()
        properties.isObservable = isObservable
        properties.groupAccess = .all
        return Resource(
            methods: methods.mapValues { handler in
                .immediate { request in
                    let answer = handler(request)
                    handled(request, answer.code)
                    return answer
                }
            }, properties: properties)
    }
}
