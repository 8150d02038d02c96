import ACEGroupcomm
import Bytes
import CoAP
import GroupManager
import Logging
import MemberNode
import OSCORE

extension Logger {
    /// One line for what happened in a manager.
    func log(_ event: ManagerEvent) {
        switch event {
        case .groupCreated(let name, let address):
            info("group created", metadata: ["group": "\(name)", "address": "\(address)"])
        case .invited(let group, let node, let roles, let expiry):
            info(
                "node invited",
                metadata: [
                    "group": "\(group)", "node": "\(node)", "roles": "\(roles)", "expires": "\(Moment.text(expiry))",
                ])
        case .joined(let group, let node, let senderID, let roles):
            info(
                "node joined",
                metadata: [
                    "group": "\(group)", "node": "\(node)", "sender_id": "\(Hex.encode(senderID ?? []))",
                    "roles": "\(roles)",
                ])
        case .joinRepeated(let group, let node):
            info("join repeated, same answer", metadata: ["group": "\(group)", "node": "\(node)"])
        case .joinRefused(let group, let node, let reason):
            warning("join refused", metadata: ["group": "\(group)", "node": "\(node)", "reason": "\(reason)"])
        case .rosterRead(let group, let node):
            debug("roster read", metadata: ["group": "\(group)", "node": "\(node)"])
        case .requestRefused(let node, let code):
            warning("request refused", metadata: ["node": "\(node)", "code": "\(code >> 5).\(code & 31)"])
        case .rejected(let source, let reason):
            warning("message not verified", metadata: ["from": "\(source)", "reason": "\(reason)"])
        case .commitFailed:
            error("the state could not be written; nothing was answered")
        }
    }

    /// One line for what happened in a node.
    func log(_ event: NodeEvent) {
        switch event {
        case .handled(let request):
            info(
                "request handled",
                metadata: [
                    "sender": "\(request.senderName ?? request.sender.description)",
                    "path": "/\(request.path.joined(separator: "/"))", "code": "\(request.code)",
                    "destination": "\(request.destination)", "partial_iv": "\(request.partialIV)",
                ])
        case .replay(let sender):
            warning("replay not accepted", metadata: ["sender_id": "\(sender)"])
        case .rejected(.ownMessage, _):
            trace("own group message heard")
        case .rejected(let failure, let source):
            warning("message not verified", metadata: ["from": "\(source)", "reason": "\(failure)"])
        case .rosterRead(let count):
            info("roster read", metadata: ["members": "\(count)"])
        case .rosterUnavailable:
            warning("the manager did not tell the roster")
        case .commitFailed:
            error("the state could not be written; nothing was sent")
        }
    }
}
