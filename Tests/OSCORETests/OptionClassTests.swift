import Bytes
import CoAP
import TestSupport
import Testing

@testable import OSCORE

struct OptionClassTests {
    /// RFC 8613 figure 5.
    private static let encrypted: [OptionNumber] = [
        .ifMatch, .eTag, .ifNoneMatch, .locationPath, .uriPath, .contentFormat, .uriQuery, .accept, .locationQuery,
    ]
    private static let unprotected: [OptionNumber] = [.uriHost, .uriPort, .oscore, .proxyUri, .proxyScheme]
    private static let both: [OptionNumber] = [.observe, .maxAge, .block2, .block1, .size2, .size1, .noResponse]

    @Test(.requirement("OSC-0020", "OSC-0018")) func everyOptionHasTheClassOfTheTable() {
        for number in Self.encrypted { #expect(OptionClass(number) == .encrypted) }
        for number in Self.unprotected { #expect(OptionClass(number) == .unprotected) }
        for number in Self.both { #expect(OptionClass(number) == .encryptedOrUnprotected) }
        // Registered since: RFC 8768, RFC 9668, RFC 9177, RFC 9175.
        for number in [.hopLimit, .edhoc] as [OptionNumber] { #expect(OptionClass(number) == .unprotected) }
        for number in [.qBlock1, .qBlock2, .echo, .requestTag] as [OptionNumber] {
            #expect(OptionClass(number) == .encryptedOrUnprotected)
        }
        for number in [0, 2, 10, 13, 2049, 65001, 65535] as [UInt16] {
            #expect(OptionClass(OptionNumber(rawValue: number)) == .encrypted)
        }
    }

    @Test(.requirement("OSC-0017", "OSC-0019", "OSC-0020", "OSC-0022", "OSC-0047", "OSC-0102", "COAP-0249"))
    func optionsStandWhereTheirClassSays() throws {
        let pair = try Pair()
        let inside = Self.encrypted + Self.both.filter { $0 != .observe } + [.echo, .requestTag]
        let outside: [OptionNumber] = [.uriHost, .uriPort, .hopLimit, .proxyScheme]
        let request = Message(
            .put, (inside + outside).map { ($0, [0x61]) } + [(OptionNumber(rawValue: 65001), [1, 2, 3])], payload: [5])
        let (protected, _) = try pair.client.protectRequest(request)
        var numbers: [OptionNumber] = []
        protected.options.forEach { number, _ in numbers.append(number) }
        #expect(numbers == ([.oscore] + outside).sorted())
        #expect(try pair.request(protected).message == request)
    }

    @Test(.requirement("OSC-0078", "OSC-0047", "OSC-0020")) func outerClassEOptionsOfARequestAreDiscarded() throws {
        for number in Self.encrypted + Self.both + [.echo, .requestTag, OptionNumber(rawValue: 65001)] {
            let pair = try Pair()
            let request = Message(.get, [(.uriPath, [0x61])], payload: [1])
            var (protected, _) = try pair.client.protectRequest(request)
            protected.options.append(number, [2])
            #expect(try pair.request(protected).message == request, "\(number.rawValue)")
        }
    }

    @Test(.requirement("ECHO-0016")) func requestTagsInsideAndOutsideHaveNothingToDoWithEachOther() throws {
        let pair = try Pair()
        let request = Message(.put, [(.requestTag, [1]), (.requestTag, [])], payload: [1])
        var (protected, _) = try pair.client.protectRequest(request)
        #expect(protected.options.requestTags.isEmpty)
        protected.options.requestTags = [[2]]
        #expect(try pair.request(protected).message.options.requestTags == [[1], []])
    }

    @Test(.requirement("OSC-0088")) func outerClassEOptionsOfAResponseAreDiscarded() throws {
        for number in Self.encrypted + Self.both + [.echo] {
            let pair = try Pair()
            let (protected, binding) = try pair.client.protectRequest(Message(.get))
            var atServer = try pair.request(protected).binding
            // Max-Age of the server's own is inside.
            let response = Message(.content, [(.eTag, [7]), (.maxAge, [9])])
            var sent = try pair.server.protectResponse(response, to: &atServer)
            #expect(sent.options.maxAge == nil)
            sent.options.append(number, [0])
            #expect(try pair.atClient(sent, binding).get() == response, "\(number.rawValue)")
        }
    }

    @Test(.requirement("COAP-0189"), arguments: [nil, 0, 2, 8, 26] as [UInt8?])
    func noResponseIsWhatStandsInside(value: UInt8?) throws {
        let pair = try Pair()
        var request = Message(.put, [(.uriPath, [0x61])], payload: [1])
        if let value { request.options.append(.noResponse, value == 0 ? [] : [value]) }
        // Nobody outside learns that no answer will come, not even of the 26 that may be told.
        for outer in [nil, 0, 2, 26] as [UInt8?] {
            var (protected, _) = try pair.client.protectRequest(request)
            #expect(!protected.options.contains(.noResponse))
            if let outer { protected.options.append(.noResponse, outer == 0 ? [] : [outer]) }
            let received = try pair.request(protected).message
            #expect(received.options.noResponse == value)
            #expect(received == request)
        }
    }

    @Test(.requirement("OSC-0024")) func classUOptionsAreTakenAsTheyComeAndLeadNoOtherServerAstray() throws {
        let pair = try Pair()
        var (protected, _) = try pair.client.protectRequest(Message(.get, [(.uriHost, [0x61])]))
        protected.options.set(.uriHost, [0x62])
        let other = try Pair(secret: [UInt8](repeating: 9, count: 16)), stranger = try Pair(client: [3])
        #expect(try other.atServer(protected).failure == .decryption)
        #expect(try stranger.atServer(protected).failure == .noContext)
        // Unprotected by rule: what the message was sent to is not part of what it says.
        #expect(try pair.request(protected).message == Message(.get, [(.uriHost, [0x62])]))
    }

    @Test(.requirement("OSC-0049", "OSC-0069")) func protectingTwiceIsRefusedAndUsesNothingUp() throws {
        let pair = try Pair()
        let before = pair.client.reservation
        #expect(throws: ProtectionError.unsupportedOption) {
            try pair.client.protectRequest(Message(.get, [(.oscore, [])]))
        }
        #expect(pair.client.reservation == before)
    }

    @Test(.requirement("OSC-0049")) func anOSCOREOptionInsideIsRefused() throws {
        var output: [UInt8] = []
        let plaintext: [UInt8] = [0x01, 0x90]
        let none: [UInt8] = []
        let code = Plaintext.writeJoined(plaintext: plaintext.span, outer: none.span, into: &output)
        #expect(code == nil)
    }

    @Test(.requirement("OSC-0053"), arguments: [0x00, 0xe1, 0xe2, 0xe3, 0x20, 0x45] as [UInt8])
    func signallingIsLeftAlone(code: UInt8) throws {
        let pair = try Pair()
        let before = pair.client.reservation
        #expect(throws: ProtectionError.unsupportedCode) {
            try pair.client.protectRequest(Message(code: Code(rawValue: code)))
        }
        #expect(pair.client.reservation == before)
    }

    @Test(.requirement("OSC-0053"), arguments: [0x00, 0xe3, 0x01, 0xc0] as [UInt8])
    func onlyResponsesAnswer(code: UInt8) throws {
        let pair = try Pair()
        var binding = try pair.request(pair.client.protectRequest(Message(.get)).0).binding
        #expect(throws: ProtectionError.unsupportedCode) {
            try pair.server.protectResponse(Message(code: Code(rawValue: code)), to: &binding)
        }
        #expect(binding.isRequestNonceFree)
    }

    @Test(.requirement("OSC-0001")) func theOSCOREOptionIsCriticalSafeToForwardAndSingle() throws {
        let number = OptionNumber.oscore
        #expect(number.rawValue == 9)
        #expect(number.isCritical && !number.isUnsafe && !number.isNoCacheKey && !number.isRepeatable)
        #expect(number.valueLengths == 0...255)
        let twice = Message(.post, [(.oscore, [9, 1]), (.oscore, [9, 1])], payload: [1]).body
        #expect(throws: VerificationFailure.malformed) { _ = try ProtectedMessage(twice.span).payload.count }
        let pair = try Pair()
        let request = Message(.get, [(.uriHost, [0x61]), (.uriPort, [0x16]), (.hopLimit, [5])])
        var numbers: [UInt16] = []
        try pair.client.protectRequest(request).0.options.forEach { number, _ in numbers.append(number.rawValue) }
        #expect(numbers == [3, 7, 9, 16])
    }

    @Test(.requirement("OSC-0003")) func aMessageWithoutPayloadIsMalformed() throws {
        let body = Message(.post, [(.oscore, [9, 0])]).body
        #expect(throws: VerificationFailure.malformed) { _ = try ProtectedMessage(body.span).payload.count }
    }

    @Test(.requirement("OSC-0025", "COAP-0249")) func aProxyLearnsWhomToAskAndNotWhat() throws {
        let pair = try Pair()
        let request = Message(.get, [(.proxyUri, Array("coap://example.com/resource?q=1".utf8))])
        var (protected, _) = try pair.client.protectRequest(request)
        #expect(protected.code == .post)
        #expect(protected.options.first(of: .proxyUri) == Array("coap://example.com".utf8))
        protected.options.remove(.proxyUri)
        let expected = Message(.get, [(.uriPath, Array("resource".utf8)), (.uriQuery, Array("q=1".utf8))])
        let received = try pair.request(protected)
        #expect(received.message == expected)
        var binding = received.binding
        #expect(try pair.server.protectResponse(Message(.content), to: &binding).code == .changed)
    }

    @Test(
        .requirement("OSC-0025"),
        arguments: [
            ("coap://example.com/", "coap://example.com", []), ("coap://a:61616/b/", "coap://a:61616", ["b", ""]),
            ("coaps://[2001:db8::1]/%2f?", "coaps://[2001:db8::1]", ["/"]), ("coap://a", "coap://a", []),
        ] as [(String, String, [String])])
    func proxyURIsAreSplit(text: String, outer: String, path: [String]) throws {
        let split = try ProxyURI.split(Message(.get, [(.proxyUri, Array(text.utf8))]))
        #expect(split.options.first(of: .proxyUri) == Array(outer.utf8))
        #expect(split.options.uriPath == path)
    }

    @Test(.requirement("OSC-0025"), arguments: ["coap://a/b#c", "urn:a/b/c/d", "coap://a/%zz", "coap:///a/b"])
    func whatIsNoURIIsRefused(text: String) {
        #expect(throws: ProtectionError.malformedMessage) {
            try ProxyURI.split(Message(.get, [(.proxyUri, Array(text.utf8))]))
        }
    }

    @Test(.requirement("OSC-0025")) func anUnsplitProxyURIDoesNotLeave() throws {
        let pair = try Pair()
        let body = Message(.get, [(.proxyUri, Array("coap://a/secret".utf8))]).body
        #expect(throws: ProtectionError.unsupportedOption) {
            _ = try [UInt8](capacity: 200) { output throws(ProtectionError) in
                _ = try pair.client.protectRequest(code: .get, body: body.span, into: &output)
            }
        }
        let both = Message(.get, [(.proxyUri, Array("coap://a/b".utf8)), (.uriPath, [0x61])])
        #expect(throws: ProtectionError.malformedMessage) { try pair.client.protectRequest(both) }
    }
}
