/// The same work done twice: through gosc, and by the bare calls of the libraries.
///
/// Everything runs in batches, so that reading the clock costs nothing next to what is measured.
struct Comparison {
    let name: String
    /// How many times the bare calls gosc may cost, and still be within its target.
    let target: Double
    /// Messages in a batch.
    let batch: Int
    /// Puts everything back as it was before the batch. Not measured.
    let prepare: () throws -> Void
    /// Runs the batch through gosc.
    let gosc: () throws -> Void
    /// Runs the batch by bare calls.
    let floor: () throws -> Void
}

/// What came out of a comparison: CPU time in nanoseconds a message, and the ratios of the rounds.
struct Measurement {
    let comparison: Comparison
    let gosc: Double
    let floor: Double
    /// The median over rounds of gosc ÷ floor in the same round: both see the same disturbance.
    let ratio: Double
    /// Distance of the quartiles of the ratio, as a part of its median.
    let spread: Double

    var isMet: Bool { ratio <= comparison.target }
}

/// How long to measure.
struct Effort {
    var rounds = 21
    /// CPU time of one side in one round.
    var milliseconds = 4.0
}
