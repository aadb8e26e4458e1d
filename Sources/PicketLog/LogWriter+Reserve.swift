extension LogWriter {
    /// After `append` threw `full`: gives the kept room back, says in the log what happened, and signs. The caller then waits
    /// until ``hasRoom()`` before it appends anything else.
    ///
    /// - Returns: whether the record is durable. Without kept room it cannot be, and that is no error.
    package func noteFull(_ record: borrowing RecordBuffer) throws(LogError) -> Bool {
        guard let reserve, try reserve.release() else { return false }
        do throws(LogError) {
            try append(record)
        } catch {
            guard error.kind == .full, error.outcome == .notWritten else { throw error }
            return false
        }
        do throws(LogError) {
            try signNow()
        } catch {
            // The record stands; it is signed with the next checkpoint.
            guard error.kind == .full else { throw error }
        }
        return true
    }

    /// Whether the room for a full disk is there again: then there is some for records, too. Asked again and again, it does
    /// not go back and forth with every block that somebody frees.
    package func hasRoom() throws(LogError) -> Bool { try reserve?.take() ?? true }
}
