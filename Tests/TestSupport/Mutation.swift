extension Array<UInt8> {
    /// The bytes with one to three small accidents: a bit changed, a byte replaced, left out, doubled or put in, or the end
    /// cut off.
    public func mutated(using random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard !bytes.isEmpty else { return [UInt8.random(in: 0...255, using: &random)] }
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(bytes[index], at: index)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: bytes.removeLast(Int.random(in: 1...Swift.min(4, bytes.count), using: &random))
            }
        }
        return bytes
    }
}
