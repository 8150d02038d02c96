import ACEGroupcomm

enum KeyExpiry {
    // GM-0216
    /// When keys expire: at `exp` for whoever knows the time of day, else `exi` after they came.
    ///
    /// - Parameters:
    ///   - expiration: `exp`, in seconds since 1970; `nil` if the manager did not tell.
    ///   - expiresIn: `exi`, in seconds.
    ///   - received: When the keys came, by the clock of this node.
    ///   - isClockSynchronized: Whether that clock tells the time of day.
    static func time(
        expiration: UInt64?, expiresIn: UInt64, received: UnixTime, isClockSynchronized: Bool
    ) -> UnixTime {
        if let expiration, isClockSynchronized { return UnixTime(seconds: expiration) }
        let (sum, overflow) = received.seconds.addingReportingOverflow(expiresIn)
        return UnixTime(seconds: overflow ? .max : sum)
    }
}
