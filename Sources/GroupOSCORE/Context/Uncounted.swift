/// A reference that is not counted while one message is being handled.
///
/// Counting takes two atomic operations, some 10 ns; a pairwise message takes 450. It is not needed: the context holds a
/// counted reference, and nothing that runs during a message can remove a member or renew the Sender Context: no step of one
/// calls anything that its embedder wrote. Whoever adds such a call must count again, which is why every use says `unsafe`.
@safe
struct Uncounted<Object: AnyObject> {
    private let reference: Unmanaged<Object>

    /// Refers to an object that somebody else keeps until the last ``use(_:)`` is over.
    @inline(__always)
    init(_ object: Object) {
        unsafe reference = .passUnretained(object)
    }

    /// Lends the object.
    @unsafe
    @inline(__always)
    func use<Answer>(_ body: (Object) -> Answer) -> Answer {
        unsafe reference._withUnsafeGuaranteedRef(body)
    }

    /// Lends the object to something that can fail.
    @unsafe
    @inline(__always)
    func use<Answer, Failure: Error>(
        _ body: (Object) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        // The standard library's function knows no typed errors.
        try unsafe reference._withUnsafeGuaranteedRef { object -> Result<Answer, Failure> in
            do throws(Failure) {
                return .success(try body(object))
            } catch {
                return .failure(error)
            }
        }.get()
    }
}
