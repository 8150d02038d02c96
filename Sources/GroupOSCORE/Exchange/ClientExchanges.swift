public import CoAP

/// The open exchanges of a client in one group, found by Token.
public struct ClientExchanges: Sendable {
    private var exchanges: [Token: ClientExchange] = [:]

    /// Starts with none.
    public init() {}

    /// The Tokens in use.
    public var tokens: some Collection<Token> { exchanges.keys }

    /// The exchange of a Token; `nil` when the Token is free, and a response to it is dropped unopened (GOSC-0003).
    /// Setting `nil` frees the Token.
    public subscript(token: Token) -> ClientExchange? {
        get { exchanges[token] }
        set { exchanges[token] = newValue }
    }

    /// Ends an exchange and frees its Token.
    public mutating func end(_ token: Token) {
        exchanges[token] = nil
    }

    // GOSC-0162
    /// Ends every long exchange, before this member leaves the group or joins it again.
    ///
    /// - Returns: The Tokens that are free now.
    public mutating func endLongExchanges() -> [Token] {
        let ended = exchanges.filter { $0.value.isLong }.map(\.key)
        for token in ended { exchanges[token] = nil }
        return ended
    }

    /// Goes over to a new Security Context.
    mutating func contextChanged(to groupID: GroupID) {
        for token in Array(exchanges.keys) { exchanges[token]?.contextChanged(to: groupID) }
    }
}
