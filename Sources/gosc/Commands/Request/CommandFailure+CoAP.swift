import CoAP
import CoAPEngine
import GoscKit
import ServiceShell

extension CommandFailure {
    /// A request that has no response.
    ///
    /// - Parameter member: As whom it was made.
    init(_ error: CoAPError, uri: String, member: MemberOptions? = nil) {
        switch error {
        case .failed(.timeout) where member?.state != nil, .deadline where member?.state != nil:
            self.init(silentGroup: uri, member: member)
        case .invalidURI(_, let reason):
            self.init(.badInput, "\"\(Self.beginning(of: uri))\" is no CoAP URI: \(reason)", hint: Self.uriHint)
        case .secureScheme:
            self.init(.badInput, "\(uri): DTLS is not supported", hint: "use coap://")
        case .unknownHost(let name): self.init(.unreachable, "the host \(name) has no address", hint: "check its name")
        case .unknownInterface(let name):
            self.init(.badInput, "this host has no interface \(name)", hint: "see: ip link")
        case .interfaceMissing:
            self.init(.badInput, "\(uri) is valid on one link only", hint: "name its interface with --interface")
        case .scopeTooWide(_, let scope):
            self.init(
                .badInput, "\(uri) is a group of \(scope) scope, which reaches beyond this site",
                hint: "use a group of site-local scope (ff05::) or less")
        case .refused(.bodyNeedsBlocks):
            self.init(
                .badInput, "\(uri): the body does not fit one datagram, and a group is not sent blocks",
                hint: "make it 1024 bytes or less, or send it to each member")
        case .refused(.reservedOption(.observe)):
            self.init(.badInput, "\(uri): option 6 is Observe", hint: "use gosc observe")
        case .refused(let refusal): self.init(.badInput, "\(uri): \(refusal)")
        case .failed(.timeout), .deadline:
            self.init(.unreachable, "no answer from \(uri)", hint: Self.timeoutHint)
        case .failed(.notSent):
            self.init(
                .unreachable, "the system cannot send to \(uri)", hint: "check the address, the network and --interface"
            )
        case .failed(.reset): self.init(.unreachable, "\(uri): \(OperationFailure.reset)")
        case .failed(let failure): self.init(.refused, "\(uri): \(failure)")
        case .answered(let response): self.init(response, uri: uri)
        case .malformedLinks: self.init(.refused, "\(uri): the answer is no list of links (RFC 6690)")
        case .transport(let error): self.init(.storage, "\(error)")
        case .invalidAssociation where member?.state != nil:
            self.init(.configuration, "\(error)", hint: "make another context, and a node with 'gosc node init'")
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

    /// Nobody of a group has answered.
    ///
    /// - Parameter member: As whom it was asked; `nil` for plain CoAP.
    init(silentGroup uri: String, member: MemberOptions? = nil) {
        guard member?.state == nil else {
            self.init(
                .refused, "nobody answered \(uri)" + (member?.peer.map { " as \($0.senderID.shown)" } ?? ""),
                hint: "whoever cannot verify a request is silent; check that the contexts are the same, the path, "
                    + "--interface and --timeout")
            return
        }
        self.init(
            .refused, "nobody answered \(uri)",
            hint: "members are silent about errors, and may answer later than --timeout; check the path, --interface, "
                + "--hops and --timeout")
    }

    /// As much of a text as a line takes.
    private static func beginning(of text: String) -> String { text.count <= 80 ? text : text.prefix(80) + "…" }

    static let timeoutHint = "check that the server runs, or raise --timeout"
    private static let uriHint = "one looks like coap://[2001:db8::1]/path or coap://host/path?query"
}
