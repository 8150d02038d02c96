import CryptoPrimitives

/// What rekeyings of a group of one size cost, beside the bare ciphers in them.
struct RekeyRate {
    let store: StoreKind
    let members: Int
    var costs: [RekeyCost] = []
    /// CPU time of the bare ciphers of a rekeying, in nanoseconds.
    var raw: [Double] = []
    /// What is kept while members are told and not before, at most, in bytes of the heap.
    var memory = 0

    /// CPU time for each member, in nanoseconds.
    var cpuPerMember: Double { median(costs.map { Double($0.spent.cpu) }) / Double(members) }
    var wallPerMember: Double { median(costs.map { Double($0.spent.wall) }) / Double(members) }
    var rawPerMember: Double { median(raw) / Double(members) }
    var ratios: [Double] { zip(costs, raw).map { Double($0.spent.cpu) / $1 } }
}

struct RekeyOptions {
    var stores = StoreKind.allCases
    var rounds = 5
    /// Numbers of members, ascending.
    var members = [10, 100, 1_000, 10_000]
}

func measureRekeyings(_ options: RekeyOptions) throws -> [RekeyRate] {
    try options.stores.flatMap { store in
        try options.members.map { members in
            var rate = RekeyRate(store: store, members: members)
            try store.withStore { opened in
                let manager = try RekeyManager(store: opened, size: members)
                var ciphers = try RawDeliveries(count: members)
                // The first derives contexts and reserves numbers for all: that is how it is after a start.
                _ = try manager.rekey()
                // Small groups are done before a clock has ticked often.
                let times = max(1, 1_000 / members)
                for _ in 0..<options.rounds {
                    var cost = RekeyCost()
                    var raw: UInt64 = 0
                    for _ in 0..<times {
                        let one = try manager.rekey()
                        cost.spent += one.spent
                        cost.messages += one.messages
                        cost.bytes += one.bytes
                        cost.commits += one.commits
                        raw += try ciphers.run()
                    }
                    rate.costs.append(cost.divided(by: times))
                    rate.raw.append(Double(raw) / Double(times))
                }
                let before = try heapInUse()
                var count = 0
                _ = try manager.rekey {
                    count += 1
                    // Reading it is not cheap.
                    if count.isMultiple(of: 8) || members < 1_000 {
                        rate.memory = max(rate.memory, try heapInUse() - before)
                    }
                }
            }
            return rate
        }
    }
}

extension RekeyCost {
    fileprivate func divided(by count: Int) -> RekeyCost {
        RekeyCost(
            spent: Spent(cpu: spent.cpu / UInt64(count), wall: spent.wall / UInt64(count)), messages: messages / count,
            bytes: bytes / count, commits: commits / count)
    }
}

/// The ciphers of a rekeying and nothing else: each message is encrypted for one member, and its answer decrypted.
struct RawDeliveries: ~Copyable {
    private let count: Int
    private var cipher: AEADCipher
    private let answer: [UInt8]

    init(count: Int) throws {
        self.count = count
        let key = [UInt8](repeating: 4, count: 16)
        var cipher = try AEADCipher.make(.aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8), key: key.span)
        let code: [UInt8] = [68]
        let nonce = [UInt8](repeating: 2, count: 13)
        let additional = [UInt8](repeating: 1, count: 20)
        answer = try [UInt8](capacity: 9) { output throws(CryptoError) in
            try cipher.seal(code.span, nonce: nonce.span, aad: additional.span, into: &output)
        }
        self.cipher = cipher
    }

    /// CPU time of all of them, in nanoseconds.
    mutating func run() throws -> UInt64 {
        let plaintext = [UInt8](repeating: 3, count: Self.messageCount)
        let nonce = [UInt8](repeating: 2, count: 13)
        let additional = [UInt8](repeating: 1, count: 20)
        let answer = answer
        let start = Spent.now
        for _ in 0..<count {
            _ = try [UInt8](capacity: plaintext.count + 8) { output throws(CryptoError) in
                try cipher.seal(plaintext.span, nonce: nonce.span, aad: additional.span, into: &output)
            }
            _ = try [UInt8](capacity: 1) { output throws(CryptoError) in
                try cipher.open(answer.span, nonce: nonce.span, aad: additional.span, into: &output)
            }
        }
        return (Spent.now - start).cpu
    }

    /// Code, path, Content-Format and the message with the keys.
    private static let messageCount = 105
}
