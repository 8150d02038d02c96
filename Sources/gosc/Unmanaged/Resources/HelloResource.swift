import CoAP
import CoAPEngine
import CoAPSecurity

/// Says hello: `GET` answers the text `Hello World!`.
struct HelloResource: DemoResource {
    let path = "hello"

    var methods: [Code: ResourceTree<SecuredRequest>.Handler] {
        [.get: { _ in ResourceResponse(.content, .textPlain, Array("Hello World!".utf8)) }]
    }
}
