internal import Bytes
internal import CoAP

/// Protected messages of which outer blocks are missing, on both sides.
internal struct OuterBlocks {
    /// What a client, or its proxy, wants of the answer to a request.
    struct Wish: Sendable {
        let key: OuterKey
        /// The last block of the request, as the answer names it.
        let block1: BlockOption?
        /// How large blocks of the answer may be; `nil` if nobody asks for blocks.
        let size: BlockSize?
    }

    /// A protected answer that was cut.
    struct Answer: Sendable {
        /// Without Block2, whole.
        let message: Message
        /// How many bytes of it may still go out: nobody has shown that who asks is where the answer goes.
        var allowance: Int

        init(_ message: Message) {
            self.message = message
            allowance = Self.factor * message.payload.count
        }

        /// Blocks may get lost on the way back, and be asked for again by somebody who has forgotten the first request.
        private static let factor = 3
    }

    enum Timer: Hashable, Sendable {
        case request(OuterKey)
        case answer(OuterKey)
    }

    let settings: OuterBlockSettings
    /// Without Block1, as far as they have come.
    var requests: OuterTable<Message>
    var answers: OuterTable<Answer>
    /// By request.
    var wishes = SlabValues<Wish>()
    /// By the exchange that the response belongs to.
    var downloads: [ExchangeID: OuterDownload] = [:]
    /// The exchanges by which blocks are fetched.
    var fetches: [ExchangeID: ExchangeID] = [:]
    var timers = KeyedTimers<Timer>()

    init(settings: OuterBlockSettings) {
        self.settings = settings
        requests = OuterTable(limits: settings.requests)
        answers = OuterTable(limits: settings.answers)
    }

    var limit: Int { settings.maximumUnfragmentedSize.byteCount }
}

extension Endpoint {
    /// Forgets messages whose blocks did not come in time.
    mutating func expireOuterBlocks(at now: MonotonicInstant) {
        while let timer = outer.timers.popDue(now) {
            let isGone =
                switch timer {
                case .request(let key): outer.requests.remove(key) != nil
                case .answer(let key): outer.answers.remove(key) != nil
                }
            if isGone { counters.outerBlocks.expired += 1 }
        }
    }

    // OSC-0030: the largest blocks are chosen so that this is never the end of a message with a body.
    /// Whether a message is short enough to be sent under protection.
    func isUnfragmented(_ message: EncodedMessage) -> Bool { message.body.count <= outer.limit }
}
