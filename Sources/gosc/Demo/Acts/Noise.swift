/// Datagrams that are no genuine messages.
enum Noise {
    /// Empty datagrams, garbage of all lengths, every truncation of a genuine datagram, and the genuine datagram with
    /// single bits turned over. Whatever has a CoAP header has a Message ID of its own, so that no duplicate detection
    /// hides it.
    static func make(from genuine: [UInt8], random: inout some RandomNumberGenerator) -> [[UInt8]] {
        var noise: [[UInt8]] = [[], []]
        for length in [1, 2, 3, 4, 5, 8, 12, 13, 16, 24, 32, 64, 100, 200, 400, 1000, 1200] {
            noise.append((0..<length).map { _ in .random(in: .min ... .max, using: &random) })
            // Garbage behind the header of a non-confirmable POST gets further than garbage in it.
            noise.append(Array(([0x50, 0x02, 0, 0] + noise[noise.count - 1]).prefix(max(length, 4))))
        }
        noise += (1..<genuine.count).map { Array(genuine.prefix($0)) }
        // A Token is not protected: with another one the datagram would still be genuine.
        for index in stride(from: 4 + Int(genuine[0] & 0x0f), to: genuine.count, by: 3) {
            var changed = genuine
            changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            noise.append(changed)
        }
        var messageID = UInt16.random(in: .min ... .max, using: &random)
        for index in noise.indices where noise[index].count >= 4 {
            messageID &+= 1
            noise[index][2] = UInt8(messageID >> 8)
            noise[index][3] = UInt8(messageID & 0xff)
        }
        return noise
    }
}
