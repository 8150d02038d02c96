import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerReachabilityTests {
    private let thing = Thing(bytes(1_000), .octetStream)

    private func bench(
        _ policy: UnprovenAddressPolicy = .challenge, _ change: (inout RequestServerSettings) -> Void = { _ in }
    ) -> ServerBench {
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.groupAccess = .all
        properties.servesUnauthenticatedGroups = true
        var settings = RequestServerSettings()
        settings.unprovenAddresses = policy
        change(&settings)
        let thing = thing
        return ServerBench(settings) {
            $0.register(path: ["thing"], methods: thing.methods, properties: properties)
            $0.register(
                path: ["slow"], Resource(methods: [.get: .deferred { _ in ResourceResponse(.content) }]))
            $0.register(
                path: ["search"],
                methods: [
                    .post: {
                        _ = thing.serve($0); return ResourceResponse(.changed, payload: bytes(400))
                    }
                ])
        }
    }

    /// The length of the datagram that the message layer makes of an answer, with the bench's token.
    private func length(_ message: Message?) -> Int { 4 + 8 + (message?.bodyLength ?? 0) }

    @Test(.requirement("COAP-0196", "COAP-0195"))
    func aLongAnswerGoesToProvenAddressesOnly() throws {
        var bench = bench()
        let effects = bench.effects(Message(.get), isAuthenticated: false, byteCount: 20)
        let challenge = try #require(try effects.answer)
        #expect(challenge.message.code == .unauthorized)
        #expect(challenge.message.options.maxAge == 0)
        #expect(challenge.delay == .zero)
        #expect(length(challenge.message) <= 60)
        let echo = try #require(challenge.message.options.echo)
        #expect(bench.server.load.reachableAddresses == 0)
        let answer = try bench.ask(Message(.get) { $0.echo = echo }, isAuthenticated: false, byteCount: 40)
        #expect(answer?.payload == bytes(1_000))
        #expect(bench.server.load.reachableAddresses == 1)
        // For a while without asking again.
        #expect(try bench.ask(Message(.get), isAuthenticated: false)?.code == .content)
        _ = bench.advance(by: .seconds(301))
        #expect(try bench.ask(Message(.get), isAuthenticated: false)?.code == .unauthorized)
        #expect(bench.server.counters.challenges == 2)
    }

    @Test(.requirement("COAP-0201"), arguments: 1...4 as ClosedRange<UInt64>)
    func aChallengeDoesNotSayForHowLongTheServerHasRun(seed: UInt64) throws {
        let thing = thing
        var bench = ServerBench(seed: seed) { $0.register(path: ["thing"], methods: thing.methods) }
        var times: [UInt64] = []
        for _ in 0..<2 {
            let answer = try bench.ask(Message(.get), isAuthenticated: false, byteCount: 20)
            let echo = try #require(answer?.options.echo)
            times.append(echo[..<8].reduce(0) { $0 << 8 | UInt64($1) })
            bench.now = bench.now.advanced(by: .seconds(1))
        }
        // How much time has passed is no secret; since when is one.
        #expect(times[1] &- times[0] == 1_000_000_000)
        #expect(times[0] > 1 << 48)
    }

    @Test(.requirement("COAP-0196"))
    func shortAnswersAndVerifiedClientsAreNotAskedForProof() throws {
        var bench = bench()
        #expect(try bench.ask(Message(.get))?.payload.count == 1_000)
        thing.response.payload = bytes(100)
        #expect(try bench.ask(Message(.get), isAuthenticated: false)?.payload.count == 100)
        #expect(try bench.ask(Message(.get, path: ["nothing"]), isAuthenticated: false)?.code == .notFound)
        // 136 bytes, or three times the request.
        for (byteCount, longest) in [(20, 136), (60, 180)] {
            let bare = Message(code: .content, options: thing.response.options, payload: [1])
            thing.response.payload = bytes(longest - length(bare) + 1)
            #expect(try bench.ask(Message(.get), isAuthenticated: false, byteCount: byteCount)?.code == .content)
            thing.response.payload = bytes(longest - length(bare) + 2)
            #expect(try bench.ask(Message(.get), isAuthenticated: false, byteCount: byteCount)?.code == .unauthorized)
        }
        for loopback in [IPv6Address.loopback, IPv6Address(high: 0, low: 0xffff_7f01_0203)] {
            let source = SocketAddress(loopback, port: 4_000)
            thing.response.payload = bytes(1_000)
            #expect(try bench.ask(Message(.get), from: source, isAuthenticated: false)?.code == .content)
        }
        let mapped = SocketAddress(IPv6Address(high: 0, low: 0xffff_8001_0203), port: 4_000)
        #expect(try bench.ask(Message(.get), from: mapped, isAuthenticated: false)?.code == .unauthorized)
        var trusting = self.bench(.trust)
        #expect(try trusting.ask(Message(.get), isAuthenticated: false)?.code == .content)
    }

    @Test(.requirement("COAP-0201"))
    func anEchoValueIsGoodForItsAddressAndItsTime() throws {
        var bench = bench()
        let challenge = try bench.ask(Message(.get), isAuthenticated: false)
        let echo = try #require(challenge?.options.echo)
        var random = SeededGenerator(seed: 4)
        var forgeries = (0..<echo.count).map { index in
            var forgery = echo
            forgery[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            return forgery
        }
        forgeries += [Array(echo.dropLast()), echo + [0], [0], Array(repeating: 0, count: 16), Array(echo[..<8])]
        for forgery in forgeries {
            let answer = try bench.ask(Message(.get) { $0.echo = forgery }, isAuthenticated: false)
            #expect(answer?.code == .unauthorized)
        }
        #expect(bench.server.counters.invalidEchoes == UInt64(forgeries.count))
        let returned = Message(.get) { $0.echo = echo }
        let port = SocketAddress(ServerBench.alice.address, port: 1)
        for source in [ServerBench.bob, port] {
            #expect(try bench.ask(returned, from: source, isAuthenticated: false)?.code == .unauthorized)
        }
        let peer = PeerIdentity.association([1])
        #expect(try bench.ask(returned, isAuthenticated: false, peer: peer)?.code == .unauthorized)
        _ = bench.advance(by: .seconds(61))
        #expect(try bench.ask(returned, isAuthenticated: false)?.code == .unauthorized)
        #expect(bench.server.load.reachableAddresses == 0)
        // Another server has another key.
        var other = ServerBench(seed: 9) { $0.register(path: ["thing"], methods: thing.methods) }
        #expect(try other.ask(returned, isAuthenticated: false)?.code == .unauthorized)
    }

    @Test(.requirement("COAP-0201"))
    func challengesCostNoMemoryAndAddressesLittle() throws {
        var bench = bench { $0.limits.reachableAddresses = 10 }
        for number in 0..<1_000 as Range<UInt16> {
            let source = SocketAddress(ServerBench.alice.address, port: number)
            let challenge = try bench.ask(Message(.get), from: source, isAuthenticated: false)
            #expect(bench.server.load.reachableAddresses <= 10)
            guard number % 10 == 0, let echo = challenge?.options.echo else { continue }
            let answer = try bench.ask(Message(.get) { $0.echo = echo }, from: source, isAuthenticated: false)
            #expect(answer?.code == .content)
        }
        #expect(bench.server.load.reachableAddresses == 10)
        #expect(bench.server.nextDeadline == nil)
    }

    @Test func whoProvidesAnAuthenticatorDecides() throws {
        struct Fixed: EchoAuthenticator {
            func code(of bytes: [UInt8]) -> [UInt8] { Array(repeating: 7, count: 20) }
        }
        var bench = bench { $0.echoAuthenticator = Fixed() }
        let echo = try #require(try bench.ask(Message(.get), isAuthenticated: false)?.options.echo)
        #expect(echo.suffix(20) == Array(repeating: 7, count: 20)[...])
        #expect(try bench.ask(Message(.get) { $0.echo = echo }, isAuthenticated: false)?.code == .content)
    }

    @Test(.requirement("COAP-0196"))
    func smallBlocksServeClientsWithoutEcho() throws {
        var bench = bench(.smallBlocks)
        let answer = try #require(try bench.ask(Message(.get), isAuthenticated: false, byteCount: 20))
        #expect(answer.code == .content)
        #expect(answer.options.block2 == block(0, true, .bytes64))
        #expect(length(answer) <= 136)
        let rest = Message(.get) { $0.block2 = block(1, false, .bytes64) }
        #expect(try bench.ask(rest, isAuthenticated: false)?.payload == Array(bytes(1_000)[64..<128]))
        // Options that leave no room for a block.
        thing.response.options.append(OptionNumber(rawValue: 2050), bytes(130))
        #expect(try bench.ask(Message(.get), isAuthenticated: false)?.code == .unauthorized)
    }

    @Test(.requirement("COAP-0196"))
    func whatHasActedIsNotAskedToActAgain() throws {
        var bench = bench()
        let search = Message(.post, path: ["search"], payload: [1])
        let answer = try #require(try bench.ask(search, isAuthenticated: false, byteCount: 20))
        #expect(answer.code == .changed)
        #expect(length(answer) <= 136)
        #expect(answer.options.block2?.isMore == true)
        #expect(thing.requests.count == 1)
    }

    @Test(.requirement("COAP-0195"))
    func workForStrangersBeginsWithTheProof() throws {
        var bench = bench()
        let challenge = try bench.ask(Message(.get, path: ["slow"]), isAuthenticated: false)
        let echo = try #require(challenge?.options.echo)
        let effects = bench.effects(Message(.get, path: ["slow"]) { $0.echo = echo }, isAuthenticated: false)
        #expect(effects.calls.count == 1)
    }

    @Test(.requirement("COAP-0266"))
    func anAnswerToAGroupIsNeverMoreThanThreeTimesTheRequest() throws {
        for policy in [UnprovenAddressPolicy.challenge, .smallBlocks] {
            var bench = bench(policy)
            let request = Message(.get)
            let answer = try #require(
                try bench.ask(request, to: ServerBench.group, isAuthenticated: false, byteCount: 20))
            #expect(answer.code == .content)
            #expect(length(answer) <= 60)
            #expect(answer.options.block2 == block(0, true, .bytes16))
            thing.response.options.append(OptionNumber(rawValue: 2050), bytes(30))
            #expect(try bench.ask(request, to: ServerBench.group, isAuthenticated: false, byteCount: 20) == nil)
            thing.response.options.remove(OptionNumber(rawValue: 2050))
        }
    }

    @Test(.requirement("COAP-0197"))
    func aVerifiedClientShowsItsAddressBeforeItGetsMuchFromAGroup() throws {
        var bench = bench()
        let peer = PeerIdentity.association([1])
        let challenge = try #require(
            try bench.effects(Message(.get), to: ServerBench.group, byteCount: 20, peer: peer).answer)
        #expect(challenge.message.code == .unauthorized)
        #expect(challenge.message.options.maxAge == 0)
        // Like every answer to a group it does not come with all the others.
        #expect(challenge.delay > .zero)
        let echo = try #require(challenge.message.options.echo)
        let proof = Message(.get) { $0.echo = echo }
        // Neither of use to another peer at the address, nor to the peer at another address.
        let others: [(SocketAddress, PeerIdentity)] = [
            (ServerBench.alice, .association([2])), (ServerBench.bob, peer),
        ]
        for (source, other) in others {
            _ = try bench.ask(proof, from: source, peer: other)
            let answer = try bench.ask(
                Message(.get), from: source, to: ServerBench.group, byteCount: 20, peer: other)
            #expect(answer?.code == .unauthorized)
        }
        #expect(bench.server.load.reachableAddresses == 0)
        let answer = try bench.ask(proof, byteCount: 40, peer: peer)
        #expect(answer?.payload == bytes(1_000))
        #expect(bench.server.load.reachableAddresses == 1)
        let later = try bench.ask(Message(.get), to: ServerBench.group, byteCount: 20, peer: peer)
        #expect(later?.payload == bytes(1_000))
        _ = bench.advance(by: .seconds(301))
        let muchLater = try bench.ask(Message(.get), to: ServerBench.group, byteCount: 20, peer: peer)
        #expect(muchLater?.code == .unauthorized)
    }

    @Test(.requirement("COAP-0197"))
    func whichVerifiedClientsAreChallengedIsASetting() throws {
        let peer = PeerIdentity.association([1])
        for policy in [VerifiedAddressPolicy.trust, .challengeGroups, .challengeAll] {
            var bench = bench { $0.verifiedAddresses = policy }
            let fromGroup = try bench.ask(Message(.get), to: ServerBench.group, byteCount: 20, peer: peer)
            #expect(fromGroup?.code == (policy == .trust ? .content : .unauthorized))
            let alone = try bench.ask(Message(.get), byteCount: 20, peer: peer)
            #expect(alone?.code == (policy == .challengeAll ? .unauthorized : .content))
            // What has acted is not asked to act again, and short answers multiply nothing.
            let search = Message(.post, path: ["search"], payload: [1])
            #expect(try bench.ask(search, byteCount: 20, peer: peer)?.code == .changed)
            thing.response.payload = bytes(20)
            let short = try bench.ask(Message(.get), to: ServerBench.group, byteCount: 20, peer: peer)
            #expect(short?.payload == bytes(20))
            thing.response.payload = bytes(1_000)
        }
    }

    @Test(.requirement("COAP-0267"))
    func anObserverThatMayNotBeThereIsAskedFirst() throws {
        var bench = bench()
        thing.response.payload = bytes(20)
        let id = try #require(bench.effects(Message(.get) { $0.observe = 0 }, isAuthenticated: false).observing.first)
        thing.response.payload = bytes(1_000)
        let first = try #require(bench.changed("thing").notifications.first)
        #expect(first.isConfirmable)
        #expect(length(first.message) <= 136)
        // Once it has acknowledged, all is well.
        _ = bench.ended(id, .acknowledged)
        let second = try #require(bench.changed("thing").notifications.first)
        #expect(!second.isConfirmable)
        #expect(second.message.payload == bytes(1_000))
    }

    @Test func sipHashAgreesWithItsVectors() throws {
        struct File: Decodable {
            struct Case: Decodable {
                let length: Int
                let output: String
            }
            let key: String
            let cases: [Case]
        }
        let file: File = try VectorFile.load("generated/siphash")
        let key = try #require(Hex.decode(file.key))
        let number = { (bytes: ArraySlice<UInt8>) in bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        let hash = SipHash(key0: number(key[..<8]), key1: number(key[8...]))
        for vector in file.cases {
            let output = try #require(Hex.decode(vector.output))
            #expect(hash.hash((0..<vector.length).map { UInt8($0) }) == number(output[...]))
        }
        #expect(file.cases.count == 22)
    }
}
