import Bytes
import CoAP
import Foundation
import OSCORE
import TestSupport
import Testing

/// Whatever is cut short anywhere is refused, and changes nothing.
struct PrefixTests {
    @Test(.requirement("OSC-0073"), arguments: ["unprotect/C.4-request", "unprotect-group/group-request-piv0"])
    func noPrefixOfAProtectedRequestIsAccepted(name: String) throws {
        let pair: any ProtectedPair = name.hasPrefix("unprotect/") ? try OSCOREPair() : try GroupPair()
        let body = Array(try CorpusTests.input(name).dropFirst())
        for count in 0..<body.count {
            let prefix = Array(body[..<count])
            let outcome = pair.verifyRequest(prefix.span)
            #expect(outcome == .refused, "\(count) of \(body.count) bytes")
        }
        // The replay window did not move: the whole message is still new.
        let outcome = pair.verifyRequest(body.span)
        guard case .verified = outcome else {
            Issue.record("the whole message: \(outcome)")
            return
        }
        let repeated = pair.verifyRequest(body.span)
        #expect(repeated == .replay)
    }

    @Test(arguments: [true, false])
    func noPrefixOfAProtectedResponseIsAccepted(isGroup: Bool) throws {
        let pair: any ProtectedPair = isGroup ? try GroupPair() : try OSCOREPair()
        let request = try #require(pair.protectRequest(Message(code: .get))).body
        let received = pair.verifyRequest(request.span)
        try #require(received == .verified(Message(code: .get)))
        let plain = Message(code: .content, payload: [1, 2, 3])
        let body = try #require(pair.protectResponse(plain)).body
        for count in 0..<body.count {
            let prefix = Array(body[..<count])
            let outcome = pair.verifyResponse(prefix.span)
            #expect(outcome == .refused, "\(count) of \(body.count) bytes")
        }
        let outcome = pair.verifyResponse(body.span)
        #expect(outcome == .verified(plain))
    }

    @Test(arguments: ["unprotect/C.4-request", "unprotect-group/group-request-piv0"])
    func nothingCanBeAddedToAProtectedMessage(name: String) throws {
        let pair: any ProtectedPair = name.hasPrefix("unprotect/") ? try OSCOREPair() : try GroupPair()
        let body = Array(try CorpusTests.input(name).dropFirst())
        for extra in [[0x00], [0xff], [0xff, 0x00], Array(repeating: 0x2a, count: 64)] as [[UInt8]] {
            let longer = body + extra
            let outcome = pair.verifyRequest(longer.span)
            #expect(outcome == .refused)
        }
    }

    /// The kid is last and has no length, so a value cut within the kid is another value; an empty one has its own meaning.
    /// Cut anywhere else it is refused.
    @Test(.requirement("OSC-0063", "OSC-0064", "OSC-0066", "OSC-0115"))
    func noPrefixOfAnOptionValueIsAccepted() throws {
        for (name, value) in try CorpusTests.inputs(of: "oscore-option") where !value.isEmpty {
            let option = try OSCOREOption(value.span)
            let kidCount = option.kid?.count
            for count in 1..<value.count {
                let isWithinKid = kidCount.map { count >= value.count - $0 } ?? false
                let prefix = Array(value[..<count])
                #expect(((try? OSCOREOption(prefix.span)) != nil) == isWithinKid, "\(name), \(count) bytes")
            }
        }
    }

    /// A datagram may end behind the token, behind any option, and anywhere within the payload but not before its first
    /// byte: nothing in it says how long it is.
    @Test(.requirement("COAP-0010", "COAP-0013"))
    func aPrefixOfADatagramIsAcceptedOnlyWhereADatagramMayEnd() throws {
        for (name, datagram) in try CorpusTests.inputs(of: "datagram") {
            let (header, bodyOffset) = try DatagramCodec.decode(datagram.span)
            let message = try Message(code: header.code, body: datagram.span.extracting(droppingFirst: bodyOffset))
            var ends: Set<Int> = [bodyOffset]
            var end = bodyOffset
            var previous = OptionNumber(rawValue: 0)
            message.options.forEach { number, value in
                end += OptionWriter.length(
                    delta: Int(number.rawValue) - Int(previous.rawValue), valueLength: value.count)
                ends.insert(end)
                previous = number
            }
            if !message.payload.isEmpty { ends.formUnion(end + 2...datagram.count) }
            for count in 0...datagram.count {
                #expect(accepts(Array(datagram[..<count])) == ends.contains(count), "\(name), \(count) bytes")
            }
        }
    }

    private func accepts(_ datagram: [UInt8]) -> Bool {
        guard let (_, bodyOffset) = try? DatagramCodec.decode(datagram.span) else { return false }
        return (try? DatagramCodec.checkBody(datagram.span.extracting(droppingFirst: bodyOffset))) != nil
    }

    /// The length of a Partial IV stands in the flags, not in its bytes: one to five of them, the first not zero unless it
    /// is the only one.
    @Test(.requirement("OSC-0116"))
    func aPartialIVHasOneToFiveBytesAndItsShortestForm() {
        let longest: [UInt8] = [1, 2, 3, 4, 5]
        for count in 0...5 {
            let prefix = Array(longest[..<count])
            #expect((PartialIV(decoding: prefix) != nil) == (count > 0))
            let padded = [0] + prefix
            #expect((PartialIV(decoding: padded) != nil) == (count == 0))
        }
        #expect(PartialIV(decoding: longest + [6]) == nil)
        #expect(PartialIV(decoding: [0xff, 0xff, 0xff, 0xff, 0xff]) == .maximum)
    }

    /// A kid that is longer than any Sender ID is decoded, for it is well-formed, and belongs to nobody.
    @Test(.requirement("GOSC-0147"))
    func aKidLongerThanAnySenderIDBelongsToNobody() throws {
        let genuine = Array(try CorpusTests.input("unprotect-group/group-request-piv0").dropFirst())
        let message = try ProtectedMessage(genuine.span)
        for count in [8, 13, 200] {
            var body: [UInt8] = []
            var writer = OptionWriter()
            let value = [UInt8](copying: message.optionValue.extracting(droppingLast: 1))
            let longer = value + [UInt8](repeating: 0x25, count: count)
            writer.write(.oscore, longer.span, into: &body)
            writer.writePayload(message.payload, into: &body)
            let outcome = try GroupPair().failure(ofRequest: body.span)
            #expect(outcome == .unknownSender, "\(count) bytes")
        }
    }
}
