import Glibc

/// A file of the machine, open.
final class RealFile: LogFile {
    private let descriptor: Int32
    private let path: String

    init(_ descriptor: Int32, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(LogError) -> Int {
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw SystemCall.error("fstat", path) }
        return Int(info.st_size)
    }

    func read(at offset: Int, count: Int) throws(LogError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count, let base = buffer.baseAddress {
                let got = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    code = errno
                    return
                }
            }
        }
        guard code == 0 else { throw SystemCall.error("pread", path, code) }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(LogError) {
        let code: Int32 = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                // A full disk first writes less than asked, then refuses: both are one failure to the caller.
                let wrote = pwrite(descriptor, base + done, buffer.count - done, off_t(offset + done))
                if wrote > 0 {
                    done += wrote
                } else if wrote == 0 {
                    return ENOSPC
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        guard code == 0 else { throw SystemCall.error("pwrite", path, code) }
    }

    func sync() throws(LogError) {
        guard fdatasync(descriptor) == 0 else { throw SystemCall.syncError("fdatasync", path) }
    }

    func truncate(to size: Int) throws(LogError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw SystemCall.error("ftruncate", path) }
        }
    }
}
