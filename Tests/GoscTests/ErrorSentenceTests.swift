import Bytes
import CoAP
import DatagramTransport
import GoscKit
import Testing

@testable import CoAPEngine
@testable import gosc

/// Whether every error of a request is a sentence for a person, not the name of a case.
struct ErrorSentenceTests {
    /// Each case once; the switches below do not compile when there is a new one.
    private static let uriErrors: [CoAPURIError] = [
        .tooLong, .unsupportedScheme, .invalidHost, .invalidPort, .invalidCharacter, .invalidPercentEncoding, .fragment,
        .dotSegment, .secureGroup, .ipv4Group, .unsupportedLocation,
    ]
    private static let refusals: [ClientRefusal] = [
        .notARequest, .confirmableToGroup, .notAGroup, .reservedOption(.block1), .reservedOption(.observe),
        .observedMethod, .bodyNeedsBlocks, .bodyTooLarge, .blocksWithoutResponses, .eTagToGroup,
        .deadlineTooShort(minimum: .milliseconds(2500)), .tooManyOperations, .retryLater(after: .milliseconds(59_100)),
    ]
    private static let failures: [OperationFailure] = [
        .timeout, .reset, .notSent, .bodyTooLarge, .inconsistentBlocks, .uploadRefused, .unusableResponse, .overloaded,
        .unprotectable(.unknownAssociation), .unprotectable(.numbersExhausted),
        .unprotectable(.notStored("no space left")), .unprotectable(.unsuitableMessage),
        .unprotectable(.modeUnavailable),
    ]
    private static let server = SocketAddress(.loopback, port: 5683)
    private static let others: [CoAPError] = [
        .secureScheme("coaps://[::1]"), .unknownHost("lamp.example"), .unknownInterface("eth9"),
        .interfaceMissing("coap://[fe80::1]"), .scopeTooWide("coap://[ff0e::1]", .global),
        .answered(
            ClientResponse(
                peer: .endpoint(server), source: server, message: Message(code: .notFound), latency: .zero,
                isFromCache: false)), .malformedLinks(server), .deadline, .cancelled,
        .transport(.noSuchInterface("eth9")), .groupTooWide(.loopback), .invalidAssociation("there are two of it"),
        .shutDown,
    ]

    private static func number(_ error: CoAPError) -> Int {
        switch error {
        case .invalidURI(_, let reason): number(reason)
        case .refused(let refusal): 100 + number(refusal)
        case .failed(let failure): 200 + number(failure)
        case .secureScheme: 300
        case .unknownHost: 301
        case .unknownInterface: 302
        case .interfaceMissing: 303
        case .scopeTooWide: 304
        case .answered: 305
        case .malformedLinks: 306
        case .deadline: 307
        case .cancelled: 308
        case .transport: 309
        case .groupTooWide: 310
        case .invalidAssociation: 311
        case .shutDown: 312
        }
    }

    private static func number(_ error: CoAPURIError) -> Int {
        switch error {
        case .tooLong: 0
        case .unsupportedScheme: 1
        case .invalidHost: 2
        case .invalidPort: 3
        case .invalidCharacter: 4
        case .invalidPercentEncoding: 5
        case .fragment: 6
        case .dotSegment: 7
        case .secureGroup: 8
        case .ipv4Group: 9
        case .unsupportedLocation: 10
        }
    }

    private static func number(_ refusal: ClientRefusal) -> Int {
        switch refusal {
        case .notARequest: 0
        case .confirmableToGroup: 1
        case .notAGroup: 2
        case .reservedOption: 3
        case .observedMethod: 4
        case .bodyNeedsBlocks: 5
        case .bodyTooLarge: 6
        case .blocksWithoutResponses: 7
        case .eTagToGroup: 8
        case .deadlineTooShort: 9
        case .tooManyOperations: 10
        case .retryLater: 11
        }
    }

    private static func number(_ failure: OperationFailure) -> Int {
        switch failure {
        case .timeout: 0
        case .reset: 1
        case .notSent: 2
        case .bodyTooLarge: 3
        case .inconsistentBlocks: 4
        case .uploadRefused: 5
        case .unusableResponse: 6
        case .overloaded: 7
        case .unprotectable(.unknownAssociation): 8
        case .unprotectable(.numbersExhausted): 9
        case .unprotectable(.notStored): 10
        case .unprotectable(.unsuitableMessage): 11
        case .unprotectable(.modeUnavailable): 12
        }
    }

    @Test func everyErrorIsASentence() {
        let errors =
            Self.uriErrors.map { CoAPError.invalidURI("x", $0) } + Self.refusals.map { .refused($0) }
            + Self.failures.map { .failed($0) } + Self.others
        #expect(Set(errors.map { Self.number($0) }) == Set(Array(0...10) + (100...111) + (200...212) + (300...312)))
        for error in errors {
            for text in [error.description, CommandFailure(error, uri: "coap://[::1]/x").line] {
                #expect(text.split(separator: " ").count > 3, "\(text)")
                // The name of a case: two words in one, or a payload in parentheses.
                #expect(text.firstMatch(of: #/\b[a-z]+[A-Z]|\w\(/#) == nil, "\(text)")
                #expect(!text.contains("Optional"), "\(text)")
            }
        }
        #expect("\(ClientRefusal.deadlineTooShort(minimum: .milliseconds(2500)))".contains("3 s"))
        #expect("\(ClientRefusal.retryLater(after: .milliseconds(59_100)))".contains("60 s"))
    }
}
