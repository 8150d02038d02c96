import Bytes

/// Looks for secret bytes in whatever a value would print.
public enum SecretScan: Sendable {
    /// Whether three neighbouring bytes of `secret` stand in any textual form of `value`: its description, its debug
    /// description, or a dump of all that it holds.
    ///
    /// Three bytes are enough to be sure, and fewer would be found by chance.
    public static func finds(_ secret: [UInt8], in value: some Any) -> Bool {
        var text = "\(value)\n" + String(reflecting: value) + "\n"
        dump(value, to: &text)
        let lowered = text.lowercased()
        // `dump` puts each byte of an array on a line of its own.
        let numbers = lowered.split { !$0.isNumber }.compactMap { UInt8($0) }
        for start in 0...(secret.count - 3) {
            let part = Array(secret[start..<start + 3])
            if lowered.contains(Hex.encode(part)) { return true }
            for index in numbers.indices.dropLast(2) where Array(numbers[index..<index + 3]) == part { return true }
        }
        return false
    }
}
