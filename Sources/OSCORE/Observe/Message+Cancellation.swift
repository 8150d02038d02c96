import Bytes
public import CoAP

extension Message {
    // OSC-0035
    /// Whether this request cancels, or renews, the observation that `registration` began: same Code and payload, and
    /// the same options but for Observe and ETag (RFC 7641 §3.6).
    ///
    /// Both are decrypted requests. Only then do the options say what was asked for.
    public func concernsSameObservation(as registration: Message) -> Bool {
        code == registration.code && payload == registration.payload
            && optionsThatMatter == registration.optionsThatMatter
    }

    private var optionsThatMatter: Options {
        var options = options
        options.remove(.observe)
        options.remove(.eTag)
        return options
    }
}
