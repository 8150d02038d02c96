import CoAP
import CoAPEngine
import CoAPSecurity
import Synchronization

/// A light: `GET` and `PUT` of the text `on` or `off`. It may be observed.
final class LightResource: DemoResource {
    let path = "light"
    var isObservable: Bool { true }

    private let isOn = Mutex(false)
    private let changed: @Sendable () -> Void

    /// - Parameter changed: Is told of every change.
    init(changed: @escaping @Sendable () -> Void) {
        self.changed = changed
    }

    var methods: [Code: ResourceTree<SecuredRequest>.Handler] {
        [
            .get: { _ in self.answer(.content) },
            .put: { request in
                guard request.options.contentFormat ?? .textPlain == .textPlain else {
                    return ResourceResponse(.unsupportedContentFormat)
                }
                switch request.payload {
                case Array("on".utf8): self.set(true)
                case Array("off".utf8): self.set(false)
                default: return ResourceResponse(.badRequest)
                }
                return self.answer(.changed)
            },
        ]
    }

    private func set(_ value: Bool) {
        let isChange = isOn.withLock { isOn in
            defer { isOn = value }
            return isOn != value
        }
        if isChange { changed() }
    }

    private func answer(_ code: Code) -> ResourceResponse {
        ResourceResponse(code, .textPlain, Array((isOn.withLock(\.self) ? "on" : "off").utf8))
    }
}
