import COSE

/// What is fuzzed: one parser, or one path through several.
enum FuzzTarget: String, CaseIterable, Sendable {
    case cborReader = "cbor-reader"
    case cborValue = "cbor-value"
    case datagram
    case oscoreOption = "oscore-option"
    case credentialCCS = "credential-ccs"
    case credentialCWT = "credential-cwt"
    case credentialX509 = "credential-x509"
    case credentialC509 = "credential-c509"
    case linkFormat = "link-format"
    case uri
    case blockOption = "block-option"
    case blockWiseServer = "block-wise-server"
    case requestClient = "request-client"
    case unprotect
    case unprotectGroup = "unprotect-group"
    case unprotectPairwise = "unprotect-pairwise"
}

/// Something that must hold for every input and did not hold for this one.
struct Violation: Error {
    /// What was expected.
    let property: String
}

/// Fails with the property that does not hold.
func hold(_ isTrue: Bool, _ property: @autoclosure () -> String) throws(Violation) {
    guard isTrue else { throw Violation(property: property()) }
}

/// The properties, with the Security Contexts that some of them need.
///
/// The contexts live as long as this does: their sequence numbers and windows move on from input to input, as they do in a
/// member. Not for two threads at once.
final class FuzzChecks {
    private let oscore: OSCOREPair
    private let group: GroupPair
    private let pairwise: GroupPair

    init() throws {
        oscore = try OSCOREPair()
        group = try GroupPair()
        pairwise = try GroupPair(isPairwise: true)
    }

    /// Gives one input to one target; answers the property that does not hold, if there is one.
    func violation(of target: FuzzTarget, by input: Span<UInt8>) -> String? {
        do throws(Violation) {
            try check(target, input)
            return nil
        } catch {
            return error.property
        }
    }

    private func check(_ target: FuzzTarget, _ input: Span<UInt8>) throws(Violation) {
        switch target {
        case .cborReader: try CBORProperties.checkReader(input)
        case .cborValue: try CBORProperties.checkValue(input)
        case .datagram: try DatagramProperties.check(input)
        case .oscoreOption: try OSCOREOptionProperties.check(input)
        case .credentialCCS: try CredentialProperties.check(input, as: .ccs)
        case .credentialCWT: try CredentialProperties.check(input, as: .cwt)
        case .credentialX509: try CredentialProperties.check(input, as: .x509, .x509Bag)
        case .credentialC509: try CredentialProperties.check(input, as: .c509, .c509Bag)
        case .linkFormat: try LinkFormatProperties.check(input)
        case .uri: try URIProperties.check(input)
        case .blockOption: try BlockOptionProperties.check(input)
        case .blockWiseServer: try BlockwiseProperties.checkServer(input)
        case .requestClient: try ClientProperties.check(input)
        case .unprotect: try UnprotectProperties.check(input, oscore)
        case .unprotectGroup: try UnprotectProperties.check(input, group)
        case .unprotectPairwise: try UnprotectProperties.check(input, pairwise)
        }
    }
}

@available(*, unavailable)
extension FuzzChecks: Sendable {}
