import Glibc

/// Turns the errno of a failed call into an error a person can act on.
enum SystemCall {
    /// A sync that failed, for lack of room too: the kernel has forgotten what it could not write, so that this is never the
    /// error of a full disk after which the same is tried again.
    static func syncError(_ call: String, _ path: String, _ code: Int32 = errno) -> LogError {
        var error = error(call, path, code)
        if error.kind == .full { error.kind = .inputOutput(errno: code) }
        return error
    }

    static func error(_ call: String, _ path: String, _ code: Int32 = errno) -> LogError {
        let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            return LogError(
                .full, path: path, problem: "\(call): \(reason)",
                advice:
                    "Make room on this file system; nothing that was acknowledged is lost. A Picket that runs goes on by "
                    + "itself, one that could not start is to be started again")
        case EACCES, EPERM, EROFS:
            return LogError(
                .inputOutput(errno: code), path: path, problem: "\(call): \(reason)",
                advice: "Check the owner and the permissions of the folder")
        case ENOENT:
            return LogError(
                .missing, path: path, problem: "\(call): \(reason)", advice: "Check the path")
        case EIO:
            return LogError(
                .inputOutput(errno: code), path: path, problem: "\(call): \(reason)",
                advice: "The storage reported a fault; look at the kernel's messages before writing on")
        default:
            return LogError(.inputOutput(errno: code), path: path, problem: "\(call): \(reason)")
        }
    }
}
