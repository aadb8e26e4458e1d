import Dispatch
import Glibc
import PicketService

/// The signals that a daemon answers to, as requests.
struct Signals {
    let requests: AsyncStream<Daemon.Request>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (requests, output) = AsyncStream<Daemon.Request>.makeStream()
        self.requests = requests
        sources = [(SIGTERM, Daemon.Request.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, request in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { output.yield(request) }
            source.resume()
            return source
        }
        // A reader of standard output that goes away is no reason to stop watching.
        signal(SIGPIPE, SIG_IGN)
        // A limit on the size of files is a full disk: the write fails with EFBIG, and that is said in words. By default
        // the signal ends the process without any, on every thread that does not happen to block it.
        signal(SIGXFSZ, SIG_IGN)
    }
}
