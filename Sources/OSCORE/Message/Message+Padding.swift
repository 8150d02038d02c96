package import CoAP

extension Message {
    // CACH-0018
    /// The message without Padding options: they hide its length from others and say nothing to handlers.
    package var withoutPadding: Message {
        guard options.contains(.padding) else { return self }
        var message = self
        message.options.remove(.padding)
        return message
    }
}
