internal import Bytes
internal import CoAP

// The state of operations. Classes, because it is large and every message of an operation changes a little of it; they
// never leave the client, which cannot be copied.
extension RequestClient {
    internal final class Operation {
        var id = OperationID(number: 0)
        let request: ClientRequest
        // What would have to be read out of the options again and again.
        let isObserving: Bool
        let isGroup: Bool
        let wantsNoResponse: Bool
        /// When it ends at the latest; `nil` if only the application ends it.
        var end: MonotonicInstant?
        /// Of a group request or an observation.
        var shared: Shared?
        /// Those that have answered, or are asked by themselves.
        var members = MemberTable()
        let cacheKey: ResponseCache.Key?
        /// The ETags that were sent on behalf of the cache.
        var offeredETags: [[UInt8]] = []
        var isOver = false
        /// Set while something is waited for.
        var deadlineTimer: TimerID?
        var repetitionTimer: TimerID?
        var retryTimer: TimerID?

        init(_ request: ClientRequest, cacheKey: ResponseCache.Key?) {
            self.request = request
            self.isObserving = request.isObserving
            self.isGroup = request.group != nil
            self.wantsNoResponse = request.wantsNoResponse
            self.cacheKey = cacheKey
        }
    }

    /// The exchange that several responses come by.
    internal struct Shared {
        var exchange: ExchangeID?
        var leftAt: MonotonicInstant?
        var repeatsLeft: Int
    }

    /// What is known of one peer within an operation.
    internal final class Member {
        let peer: PeerIdentity
        /// Which one of the operation's members it is.
        fileprivate(set) var number = 0
        var address: SocketAddress
        /// While it is notifying.
        var order: NotificationOrder?
        var maxAge = Duration.seconds(60)
        var responses = 0
        /// Whether a response of it has been handed over, or lost.
        var isDone = false
        var hasAnsweredChallenge = false
        var hasAskedWithoutETags = false
        var conversation: Conversation?
        var refreshTimer: TimerID?

        init(_ peer: PeerIdentity, address: SocketAddress) {
            self.peer = peer
            self.address = address
        }

        /// Whether everything that is wanted of it has come.
        var isFinished: Bool { isDone && conversation == nil }
    }

    /// The messages with one peer about one body.
    internal struct Conversation {
        var transfer: BodyTransfer
        var exchange: ExchangeID?
        /// When the first message left.
        var leftAt: MonotonicInstant?
        /// From then to the first message of the response.
        var latency: Duration = .zero
        var source: SocketAddress
        /// How the last message of the response was protected.
        var security = MessageSecurity.none
        var hasWaited = false
    }

    /// The members of an operation, by peer and in the order in which they became known. Nearly always there is one, and
    /// it costs neither a hash nor an allocation.
    internal struct MemberTable {
        private var first: Member?
        private var others: [Member] = []
        private var places: [PeerIdentity: Int] = [:]

        var count: Int { first == nil ? 0 : 1 + others.count }
        var all: [Member] { first.map { [$0] + others } ?? [] }

        subscript(peer: PeerIdentity) -> Member? {
            guard let first else { return nil }
            if first.peer == peer { return first }
            return others.isEmpty ? nil : places[peer].map { others[$0] }
        }

        subscript(number number: Int) -> Member? {
            number == 0 ? first : number <= others.count ? others[number - 1] : nil
        }

        mutating func append(_ member: Member) {
            member.number = count
            guard first != nil else {
                first = member
                return
            }
            places[member.peer] = others.count
            others.append(member)
        }
    }
}
