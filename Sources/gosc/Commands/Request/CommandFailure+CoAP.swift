import CoAP
import CoAPEngine
import GoscKit
import ServiceShell

extension CommandFailure {
    /// A request that has no response.
    init(_ error: CoAPError, uri: String) {
        switch error {
        case .invalidURI(_, let reason): self.init(.badInput, "\(uri) is no CoAP URI: \(reason)", hint: Self.uriHint)
        case .secureScheme:
            self.init(.badInput, "\(uri): DTLS is not supported", hint: "use coap://")
        case .unknownHost(let name): self.init(.unreachable, "the host \(name) has no address", hint: "check its name")
        case .unknownInterface(let name):
            self.init(.badInput, "this host has no interface \(name)", hint: "see: ip link")
        case .interfaceMissing:
            self.init(.badInput, "\(uri) is valid on one link only", hint: "name its interface with --interface")
        case .scopeTooWide(_, let scope):
            self.init(
                .badInput, "\(uri) reaches all of a \(scope) scope", hint: "use a group of site-local scope or less")
        case .refused(let refusal): self.init(.badInput, "\(uri): \(refusal)")
        case .failed(.timeout), .deadline:
            self.init(.unreachable, "no answer from \(uri)", hint: "check that the server runs, or raise --timeout")
        case .failed(.notSent):
            self.init(.unreachable, "the system cannot send to \(uri)", hint: "check the address and --interface")
        case .failed(let failure): self.init(.refused, "\(uri): \(failure)")
        case .answered(let response): self.init(response, uri: uri)
        case .transport(let error): self.init(.storage, "\(error)")
        case .cancelled, .shutDown, .invalidAssociation, .groupTooWide: self.init(.internalFault, "\(error)")
        }
    }

    /// A response that is an error, in its own words as far as it has any.
    init(_ response: ClientResponse, uri: String) {
        let message = response.message
        var text = "\(uri): \(message.code) \(message.code.meaning)"
        if let words = String(validating: message.payload, as: UTF8.self), !words.isEmpty { text += ": \(words)" }
        self.init(
            Self.exitCode(of: message.code), text,
            hint: Self.exitCode(of: message.code) == .tryAgain ? "try again in \(message.options.maxAge ?? 60)s" : nil)
    }

    static func exitCode(of code: Code) -> ServiceShell.ExitCode {
        switch code {
        case .serviceUnavailable, .tooManyRequests: .tryAgain
        case .unauthorized, .forbidden: .notAuthorised
        default: .refused
        }
    }

    private static let uriHint = "one looks like coap://[2001:db8::1]/path or coap://host/path?query"
}
