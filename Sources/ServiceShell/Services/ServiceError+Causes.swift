public import DatagramTransport
import Glibc
public import MemberNode
import OSCORE

extension ServiceError {
    /// A state directory that cannot be used.
    public init(_ error: StateDirectoryError, role: String) {
        switch error {
        case .inUse:
            self.init(.tryAgain, error.description, hint: "stop that process, or name another directory with --state")
        case .missing:
            let command =
                switch role {
                case "manager": "'gosc manager init'"
                case "node": "'gosc node join', in a laboratory with 'gosc node init'"
                default: "'gosc node init'"
                }
            self.init(.configuration, error.description, hint: "make it with \(command), or name it with --state")
        case .foreign:
            self.init(.configuration, error.description, hint: "name another directory with --state")
        case .open:
            self.init(.configuration, error.description)
        case .cannotUse(_, let cause):
            self.init(cause.rawValue == EACCES ? .notAuthorised : .storage, error.description)
        }
    }

    /// A sealing key that cannot be used.
    public init(_ error: SealingKeyFileError) {
        self.init(.configuration, error.description)
    }

    /// A socket that cannot be used.
    public init(_ error: TransportError) {
        self.init(.storage, error.description)
    }

    /// A control socket that cannot be used.
    public init(_ error: ControlSocketError) {
        if case .notRunning = error {
            self.init(.unreachable, error.description)
        } else {
            self.init(.storage, error.description)
        }
    }

    /// A join that did not succeed.
    ///
    /// - Parameters:
    ///   - failure: Why.
    ///   - node: The node's name in the invitation.
    ///   - group: The group's name in the invitation.
    ///   - manager: `[address]:port` of the manager.
    public init(_ failure: JoinFailure, node: String, group: String, manager: String) {
        let invitation = "the invitation of \(node) to \(group)"
        let again = "ask the operator for another: gosc member invite \(group) NAME --role …"
        switch failure {
        case .alreadyJoined:
            self.init(.refused, "this node is a member already", hint: "name another state directory with --state")
        case .otherInvitation:
            self.init(
                .refused, "this state directory belongs to another invitation",
                hint: "name another one with --state, or remove it: nothing in it is of use without that invitation")
        case .expired:
            self.init(.badInput, "\(invitation) has expired", hint: again)
        case .badManagerAddress:
            self.init(.badInput, "\(invitation) names the manager address \(manager), which is not usable", hint: again)
        case .unreachable:
            self.init(
                .unreachable, "no answer from the manager at \(manager)",
                hint: "check that 'gosc manager run' runs there, then repeat this command")
        case .refused(_, let detail):
            self.init(.refused, "the manager refused \(invitation)" + (detail.map { ": \($0)" } ?? ""), hint: again)
        case .unprotectedAnswer:
            self.init(
                .refused, "the manager at \(manager) does not accept \(invitation): used, revoked or not its own",
                hint: again)
        case .malformedAnswer:
            self.init(.refused, "the manager at \(manager) gave no valid answer to \(invitation)", hint: "try again")
        case .wrongManager:
            self.init(
                .notAuthorised, "the manager at \(manager) is not the one that issued \(invitation)",
                hint: "check its address, or \(again)")
        case .managerProof:
            self.init(.notAuthorised, "the manager at \(manager) could not prove that it holds its key", hint: again)
        case .unsupportedGroup:
            self.init(.refused, "group \(group) uses algorithms or credentials that this node does not have")
        case .notJoined:
            self.init(.refused, "this node is not a member of a group", hint: "join one with 'gosc node join'")
        case .storage:
            self.init(.storage, "the state of this node could not be written", hint: "check the disk, then try again")
        case .keysAreChanging:
            self.init(.tryAgain, "group \(group) gets new keys at this moment", hint: "try again")
        }
    }

    /// A member that could not leave its group.
    public init(leaving failure: JoinFailure) {
        switch failure {
        case .notJoined:
            self.init(.refused, "this node is not a member of a group", hint: "see 'gosc node status'")
        case .unreachable:
            self.init(
                .unreachable, "no answer from the manager; this node is still a member",
                hint: "check that the manager runs, then repeat this command")
        case .storage:
            self.init(.storage, "the state of this node could not be written", hint: "check the disk, then try again")
        case .refused(let code, let detail):
            self.init(.refused, "the manager refused" + (detail.map { ": \($0)" } ?? ": \(code)"))
        default:
            self.init(.refused, "the manager gave no answer that can be used; this node is still a member")
        }
    }

    /// A group request that was not sent, or could not go on.
    public init(_ failure: GroupCommandFailure) {
        switch failure {
        case .notJoined:
            self.init(.configuration, "this node is not a member of a group", hint: "join one with 'gosc node join'")
        case .notRequester:
            self.init(
                .notAuthorised, "this member may not send requests: its roles do not include requester",
                hint: "invite it with --role requester")
        case .pairwiseOnly:
            self.init(
                .refused, "the group has pairwise mode alone: each of its messages is for one member, and none for all",
                hint: "see 'gosc group show' at the manager; 'modes' of its group file decides")
        case .noGroupAddress:
            self.init(.configuration, "the manager did not tell the address of the group")
        case .deadlineTooShort(let deadline, let leisure, let roundTrip):
            self.init(
                .usage,
                "a timeout of \(deadline.formatted) is too short: members spread their answers over "
                    + "\(leisure.formatted), and a round trip takes up to \(roundTrip.formatted)",
                hint: "give at least \((leisure + roundTrip).formatted)")
        case .protection(.sequenceNumbersExhausted):
            self.init(.refused, "this member has used every sequence number", hint: "join the group again")
        case .protection(let error):
            self.init(.internalFault, "the request cannot be protected: \(error)")
        case .storage:
            self.init(.storage, "the state of this node could not be written", hint: "check the disk, then try again")
        case .keysUnavailable:
            self.init(
                .tryAgain, "the keys of the group are out of date, and the manager has told no newer ones",
                hint: "check that 'gosc manager run' runs, then try again")
        case .groupInactive:
            self.init(
                .refused, "the group is not active: nothing is sent in it", hint: "see 'gosc group show' at the manager"
            )
        case .tooManyRequests:
            self.init(.tryAgain, "too many group requests are open", hint: "try again when some have ended")
        }
    }
}

extension Duration {
    /// In milliseconds, or seconds from one second on; rounded up, so that it can be used as a limit.
    public var formatted: String {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
        let tenths = (milliseconds + 99) / 100
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}
