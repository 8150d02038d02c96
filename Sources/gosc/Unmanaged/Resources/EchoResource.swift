import CoAP
import CoAPEngine
import CoAPSecurity

/// Answers a `POST` with its own payload, in its own format.
struct EchoResource: DemoResource {
    let path = "echo"

    var methods: [Code: ResourceTree<SecuredRequest>.Handler] {
        [
            .post: { request in
                var answer = ResourceResponse(.changed, payload: request.payload)
                answer.options.contentFormat = request.options.contentFormat
                return answer
            }
        ]
    }
}
