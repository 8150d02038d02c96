#if GOSC_PLANTED_TRAP
    /// A mistake put into a parser on purpose, to see that fuzzing finds it (`scripts/fuzz check`).
    ///
    /// Exists only in that build: no manifest defines the condition. Behind one parser there are others, so only the trap
    /// that is armed springs.
    public enum PlantedTrap: String, CaseIterable, Sendable {
        case cborReader = "cbor-reader"
        case cborValue = "cbor-value"
        case datagramCodec = "datagram-codec"
        case optionReader = "option-reader"
        case oscoreOption = "oscore-option"
        case protectedMessage = "protected-message"
        case plaintext
        case claimsSet = "claims-set"
        case webToken = "web-token"
        case x509
        case c509
        case linkFormat = "link-format"
        case uri
        case blockOption = "block-option"
        case upload
        case download

        /// The one that springs; set once, before the first input.
        nonisolated(unsafe) public static var armed: PlantedTrap?

        /// How far inputs have come; keeps the steps below apart for the compiler.
        nonisolated(unsafe) public private(set) static var steps = 0

        /// Ends the program if this trap is armed and the input fulfils all three conditions.
        ///
        /// One after the other, and each a branch of its own: that is how the mistakes of a parser are hidden, and what
        /// fuzzing guided by coverage is good at.
        @inline(never)
        public func spring(if first: Bool, _ second: Bool, _ third: Bool) {
            guard unsafe Self.armed == self, first else { return }
            unsafe Self.steps += 1
            guard second else { return }
            unsafe Self.steps += 1
            guard third else { return }
            fatalError("planted trap: \(rawValue)")
        }
    }
#endif
