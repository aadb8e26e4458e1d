/// Lines of Mosquitto's log with the events they make: a line, then its event behind `=`, or `.` when it makes none.
/// Groups are told apart by blank lines and decoded each on its own.
///
/// 2.0: recorded by us with mosquitto 2.0.11. 2.1: written by us after the format strings of v2.1.2.
enum MosquittoSamples {
    static let version20 = #"""
        2026-11-21T05:06:31+0000: New connection from 127.0.0.1:54617 on port 28883.
        .
        2026-11-21T05:06:31+0000: New client connected from 127.0.0.1:54617 as gw-77 (p2, c1, k60, u'dev-01').
        = {"kind":"connect","device":"dev-01","client":"gw-77","user":"dev-01","identity":"password","listener":"28883","protocol":"3.1.1","keepalive":60,"clean":true,"address":"127.0.0.1"}
        2026-11-21T05:06:31+0000: No will message specified.
        .
        2026-11-21T05:06:31+0000: Sending CONNACK to gw-77 (0, 0)
        .
        2026-11-21T05:06:32+0000: Received PUBLISH from gw-77 (d0, q1, r1, m3, 'dev/dev-01/status', ... (145 bytes))
        = {"kind":"publish","device":"dev-01","client":"gw-77","user":"dev-01","identity":"password","topic":"dev/dev-01/status","bytes":145,"qos":1,"retain":true,"address":"127.0.0.1"}
        2026-11-21T05:06:32+0000: Sending PUBACK to gw-77 (m3, rc0)
        .
        2026-11-21T05:06:32+0000: Received PUBLISH from gw-77 (d1, q2, r0, m4, 'dev/dev-01/t', ... (0 bytes))
        = {"kind":"publish","device":"dev-01","client":"gw-77","user":"dev-01","identity":"password","topic":"dev/dev-01/t","bytes":0,"qos":2,"address":"127.0.0.1"}
        2026-11-21T05:06:32+0000: Sending PUBREC to gw-77 (m4, rc0)
        .
        2026-11-21T05:06:32+0000: Received PUBREL from gw-77 (Mid: 4)
        .
        2026-11-21T05:06:32+0000: Sending PUBCOMP to gw-77 (m4)
        .
        2026-11-21T05:06:32+0000: Sending PUBLISH to gw-77 (d0, q1, r0, m1, 'cmd/dev-01/reboot', ... (8 bytes))
        = {"kind":"deliver","device":"dev-01","client":"gw-77","user":"dev-01","identity":"password","topic":"cmd/dev-01/reboot","bytes":8,"qos":1,"address":"127.0.0.1"}
        2026-11-21T05:06:32+0000: Received PUBACK from gw-77 (Mid: 1, RC:0)
        .
        2026-11-21T05:06:32+0000: Denied PUBLISH from gw-77 (d0, q0, r0, m0, 'dev/dev-02/t', ... (1 bytes))
        = {"kind":"denied","device":"dev-01","client":"gw-77","user":"dev-01","identity":"password","action":"publish","topic":"dev/dev-02/t","address":"127.0.0.1"}
        2026-11-21T05:06:33+0000: Received PINGREQ from gw-77
        .
        2026-11-21T05:06:33+0000: Sending PINGRESP to gw-77
        .
        2026-11-21T05:06:33+0000: Outgoing messages are being dropped for client gw-77.
        = {"kind":"dropped","device":"dev-01","client":"gw-77","user":"dev-01","identity":"password","reason":"throttled","address":"127.0.0.1"}
        2026-11-21T05:06:33+0000: Received DISCONNECT from gw-77
        .
        2026-11-21T05:06:33+0000: Client gw-77 disconnected.
        = {"kind":"disconnect","device":"dev-01","client":"gw-77","user":"dev-01","identity":"password","reason":"client","address":"127.0.0.1"}
        2026-11-21T05:06:34+0000: Outgoing messages are being dropped for client gw-77.
        = {"kind":"dropped","device":"dev-01","client":"gw-77","user":"dev-01","reason":"throttled"}

        2026-11-21T05:06:35+0000: New client connected from 127.0.0.1:42567 as dev-02 (p5, c0, k60, u'dev-02').
        = {"kind":"connect","device":"dev-02","client":"dev-02","user":"dev-02","identity":"password","protocol":"5","keepalive":60,"address":"127.0.0.1"}
        2026-11-21T05:06:35+0000: Will message specified (7 bytes) (r1, q1).
        .
        2026-11-21T05:06:35+0000: 	dev/dev-02/status
        .
        2026-11-21T05:06:35+0000: Received SUBSCRIBE from dev-02
        .
        2026-11-21T05:06:35+0000: 	cmd/dev-02/# (QoS 1)
        .
        2026-11-21T05:06:35+0000: dev-02 1 cmd/dev-02/#
        = {"kind":"subscribe","device":"dev-02","client":"dev-02","user":"dev-02","identity":"password","topic":"cmd/dev-02/#","qos":1,"granted":1,"address":"127.0.0.1"}
        2026-11-21T05:06:35+0000: 	# (QoS 0)
        .
        2026-11-21T05:06:35+0000: dev-02 0 #
        = {"kind":"subscribe","device":"dev-02","client":"dev-02","user":"dev-02","identity":"password","topic":"#","qos":0,"granted":0,"address":"127.0.0.1"}
        2026-11-21T05:06:35+0000: Sending SUBACK to dev-02
        .
        2026-11-21T05:06:36+0000: Received UNSUBSCRIBE from dev-02
        .
        2026-11-21T05:06:36+0000: 	cmd/dev-02/#
        .
        2026-11-21T05:06:36+0000: dev-02 cmd/dev-02/#
        = {"kind":"unsubscribe","device":"dev-02","client":"dev-02","user":"dev-02","identity":"password","topic":"cmd/dev-02/#","address":"127.0.0.1"}
        2026-11-21T05:06:36+0000: Sending UNSUBACK to dev-02
        .
        2026-11-21T05:06:37+0000: New connection from 10.0.0.9:40446 on port 21883.
        .
        2026-11-21T05:06:37+0000: Client dev-02 already connected, closing old connection.
        = {"kind":"disconnect","device":"dev-02","client":"dev-02","user":"dev-02","identity":"password","reason":"takeover","address":"127.0.0.1"}
        2026-11-21T05:06:37+0000: New client connected from 10.0.0.9:40446 as dev-02 (p1, c1, k60, u'alice').
        = {"kind":"connect","device":"alice","client":"dev-02","user":"alice","identity":"password","listener":"21883","protocol":"3.1","keepalive":60,"clean":true,"address":"10.0.0.9"}
        2026-11-21T05:06:37+0000: Bad client dev-02 sending multiple CONNECT messages.
        .
        2026-11-21T05:06:37+0000: Client dev-02 disconnected due to protocol error.
        = {"kind":"disconnect","device":"alice","client":"dev-02","user":"alice","identity":"password","reason":"protocol-error","address":"10.0.0.9"}

        1659964655: New connection from 172.21.0.1:35928 on port 1883.
        .
        1659964655: Client mqttx_43a7cd50 disconnected, not authorised.
        = {"kind":"connect-failed","device":"mqttx_43a7cd50","client":"mqttx_43a7cd50","reason":"not-authorized","address":"172.21.0.1"}
        1659964656: New client connected from 172.21.0.1:4242 as auto-7F (p2, c1, k60).
        = {"kind":"connect","device":"auto-7F","client":"auto-7F","protocol":"3.1.1","keepalive":60,"clean":true,"address":"172.21.0.1"}
        1659964657: Received PUBLISH from auto-7F (d0, q0, r0, m0, 'a', ... (12 bytes))
        = {"kind":"publish","device":"auto-7F","client":"auto-7F","topic":"a","bytes":12,"qos":0,"address":"172.21.0.1"}
        1659964658: Client auto-7F closed its connection.
        = {"kind":"disconnect","device":"auto-7F","client":"auto-7F","reason":"connection-lost","address":"172.21.0.1"}
        1659964658: Client auto-7F has exceeded timeout, disconnecting.
        = {"kind":"disconnect","device":"auto-7F","client":"auto-7F","reason":"keepalive-timeout"}
        1659964658: Client a disconnected due to malformed packet.
        = {"kind":"disconnect","device":"a","client":"a","reason":"protocol-error"}
        1659964658: Client a disconnected due to oversize packet.
        = {"kind":"disconnect","device":"a","client":"a","reason":"oversize"}
        1659964658: Client a disconnected due to out of memory.
        = {"kind":"disconnect","device":"a","client":"a","reason":"server"}
        1659964658: Client a disconnected: Protocol error.
        = {"kind":"disconnect","device":"a","client":"a","reason":"connection-lost"}
        1659964658: Bad socket read/write on client a: The connection was lost.
        = {"kind":"disconnect","device":"a","client":"a","reason":"connection-lost"}
        1659964658: Client a been disconnected by administrative action.
        = {"kind":"disconnect","device":"a","client":"a","reason":"kicked"}

        2026-11-21T05:06:54+0000: New connection from 10.1.1.1:34832 on port 21883.
        .
        2026-11-21T05:06:54+0000: Sending CONNACK to 10.1.1.1 (0, 5)
        .
        2026-11-21T05:06:54+0000: Client <unknown> disconnected, not authorised.
        = {"kind":"connect-failed","reason":"not-authorized","address":"10.1.1.1"}
        2026-11-21T05:06:55+0000: New connection from ::1:33259 on port 28883.
        .
        2026-11-21T05:06:55+0000: OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed
        .
        2026-11-21T05:06:55+0000: Client <unknown> disconnected: Protocol error.
        = {"kind":"connect-failed","reason":"bad-certificate","address":"::1"}
        2026-11-21T05:06:55+0000: New connection from 10.1.1.1:33260 on port 28883.
        .
        2026-11-21T05:06:55+0000: OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate
        .
        2026-11-21T05:06:55+0000: Client <unknown> disconnected: Protocol error.
        = {"kind":"connect-failed","reason":"bad-certificate","address":"10.1.1.1"}
        2026-11-21T05:06:55+0000: New connection from 10.1.1.1:33261 on port 28883.
        .
        2026-11-21T05:06:55+0000: OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number
        .
        2026-11-21T05:06:55+0000: Client <unknown> disconnected: Protocol error.
        = {"kind":"connect-failed","reason":"protocol-error","address":"10.1.1.1"}
        2026-11-21T05:06:56+0000: Client connection from 10.1.1.2 failed: error:0A00010B:SSL routines::wrong version number.
        = {"kind":"connect-failed","reason":"protocol-error","address":"10.1.1.2"}
        2026-11-21T05:06:56+0000: Client connection from 10.1.1.2 denied: max_connections exceeded.
        = {"kind":"connect-failed","reason":"unavailable","address":"10.1.1.2"}
        2026-11-21T05:06:57+0000: New connection from 10.1.1.1:40484 on port 21883.
        .
        2026-11-21T05:06:57+0000: Invalid protocol "MQTX" in CONNECT from 10.1.1.1.
        .
        2026-11-21T05:06:57+0000: Client <unknown> disconnected due to protocol error.
        = {"kind":"connect-failed","reason":"protocol-error","address":"10.1.1.1"}
        2026-11-21T05:06:57+0000: New connection from 10.1.1.1:40485 on port 21883.
        .
        2026-11-21T05:06:57+0000: Invalid protocol version 9 in CONNECT from 10.1.1.1.
        .
        2026-11-21T05:06:57+0000: Sending CONNACK to 10.1.1.1 (0, 1)
        .
        2026-11-21T05:06:57+0000: Client <unknown> disconnected due to protocol error.
        = {"kind":"connect-failed","reason":"protocol-error","address":"10.1.1.1"}
        2026-11-21T05:06:58+0000: New connection from 10.1.1.1:40486 on port 21883.
        .
        2026-11-21T05:06:58+0000: Client <unknown> closed its connection.
        = {"kind":"connect-failed","reason":"unknown","address":"10.1.1.1"}
        2026-11-21T05:06:58+0000: Client <unknown> disconnected due to oversize packet.
        = {"kind":"connect-failed","reason":"protocol-error"}

        2026-11-21T05:07:29+0000: Invalid QoS in PUBLISH from q3, disconnecting.
        .
        2026-11-21T05:07:29+0000: Client q3 disconnected due to malformed packet.
        = {"kind":"disconnect","device":"q3","client":"q3","reason":"protocol-error"}

        2026-11-21T05:13:04+0000: mosquitto version 2.0.11 starting
        = {"kind":"service","service":"mosquitto","level":"info","code":"starting","message":"broker starting"}
        2026-11-21T05:13:04+0000: Config loaded from etc/mosq-dyn.conf.
        = {"kind":"service","service":"mosquitto","level":"info","code":"config-loaded","message":"configuration loaded"}
        2026-11-21T05:13:04+0000: Loading plugin: /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so
        = {"kind":"service","service":"mosquitto","level":"info","code":"plugin-loaded","message":"plugin being loaded"}
        2026-11-21T05:13:04+0000: Opening ipv4 listen socket on port 38883.
        = {"kind":"service","service":"mosquitto","level":"info","code":"listener-opened","message":"listener opened"}
        2026-11-21T05:13:04+0000: Error: Unable to load certificate revocation file "/etc/mosquitto/crl.pem". Check crlfile.
        = {"kind":"service","service":"mosquitto","level":"error","code":"crl-not-loaded","message":"certificate revocation list not loaded: revoked certificates may be let in"}
        2026-11-21T05:13:04+0000: OpenSSL Error[0]: error:0909006C:PEM routines:get_name:no start line
        .
        2026-11-21T05:13:04+0000: Error: Address already in use
        = {"kind":"service","service":"mosquitto","level":"error","code":"address","message":"an address could not be bound"}
        2026-11-21T05:13:04+0000: Error: secret words of a plugin
        = {"kind":"service","service":"mosquitto","level":"error","code":"error","message":"another error; its text is not kept"}
        2026-11-21T05:13:04+0000: mosquitto version 2.0.11 running
        = {"kind":"service","service":"mosquitto","level":"info","code":"running","message":"broker running"}
        2026-11-21T05:13:05+0000: New client connected from 127.0.0.1:43937 as dyn-admin (p5, c1, k60, u'admin').
        = {"kind":"connect","device":"admin","client":"dyn-admin","user":"admin","identity":"password","protocol":"5","keepalive":60,"clean":true,"address":"127.0.0.1"}
        2026-11-21T05:13:05+0000: dynsec: dyn-admin/admin | setDefaultACLAccess | acltype=subscribe | allow=false
        = {"kind":"user","client":"dyn-admin","user":"admin","identity":"password","action":"setDefaultACLAccess","resource":"acltype=subscribe | allow=false","outcome":"success","origin":"dynsec","address":"127.0.0.1"}
        2026-11-21T05:13:05+0000: dynsec: dyn-admin/admin | createClient | username=pwdev | password=*****
        = {"kind":"user","client":"dyn-admin","user":"admin","identity":"password","action":"createClient","resource":"username=pwdev","outcome":"success","origin":"dynsec","address":"127.0.0.1"}
        2026-11-21T05:13:05+0000: dynsec: other/admin | getAnonymousGroup
        = {"kind":"user","client":"other","user":"admin","action":"getAnonymousGroup","outcome":"success","origin":"dynsec"}
        2026-11-21T05:13:06+0000: Saving in-memory database to /mosquitto/data/mosquitto.db.
        .
        2026-11-21T05:13:06+0000: Reloading config.
        = {"kind":"service","service":"mosquitto","level":"info","code":"config-reload","message":"configuration being reloaded"}
        2026-11-21T05:13:07+0000: mosquitto version 2.0.11 terminating
        = {"kind":"service","service":"mosquitto","level":"info","code":"terminating","message":"broker terminating"}
        """#

    static let version21 = #"""
        2026-11-21T05:06:31+0000: New connection from 10.0.0.1:54617 on port 28883.
        .
        2026-11-21T05:06:31+0000: New client connected from 10.0.0.1:54617 as dev-01 (p5, c1, k60, u'dev-01').
        = {"kind":"connect","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","listener":"28883","protocol":"5","keepalive":60,"clean":true,"address":"10.0.0.1"}
        2026-11-21T05:06:31+0000: Client dev-01 negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384
        .
        2026-11-21T05:06:32+0000: Received SUBSCRIBE from dev-01
        .
        2026-11-21T05:06:32+0000: 	secret/# (denied)
        = {"kind":"denied","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","action":"subscribe","topic":"secret/#","address":"10.0.0.1"}
        2026-11-21T05:06:32+0000: 	cmd/dev-01/# (QoS 1)
        .
        2026-11-21T05:06:32+0000: dev-01 1 cmd/dev-01/#
        = {"kind":"subscribe","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","topic":"cmd/dev-01/#","qos":1,"granted":1,"address":"10.0.0.1"}
        2026-11-21T05:06:32+0000: Sending SUBACK to dev-01
        .
        2026-11-21T05:06:32+0000: Denied PUBLISH to dev-01 (q1, r0, 'secret/a', ... (9 bytes))
        = {"kind":"dropped","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","topic":"secret/a","reason":"not-authorized","address":"10.0.0.1"}
        2026-11-21T05:06:32+0000: Rejected PUBLISH from dev-01, quota exceeded.
        = {"kind":"dropped","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","reason":"throttled","address":"10.0.0.1"}
        2026-11-21T05:06:32+0000: Dropped too large PUBLISH from dev-01 (d0, q0, r0, m0, 'dev/a', ... (9000 bytes))
        = {"kind":"dropped","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","topic":"dev/a","reason":"oversize","address":"10.0.0.1"}
        2026-11-21T05:06:32+0000: Dropping too large outgoing PUBLISH for dev-01 (9000 bytes)
        = {"kind":"dropped","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","reason":"oversize","address":"10.0.0.1"}
        2026-11-21T05:06:32+0000: Protocol error from dev-01: PUBLISH with dup = 1.
        .
        2026-11-21T05:06:33+0000: New connection from 10.0.0.2:1000 on port 28883.
        .
        2026-11-21T05:06:33+0000: Client dev-01 [10.0.0.2:1000] disconnected: not authorised.
        = {"kind":"connect-failed","device":"dev-01","client":"dev-01","reason":"not-authorized","address":"10.0.0.2"}
        2026-11-21T05:06:33+0000: Client dev-01 [10.0.0.1:54617] disconnected: session taken over.
        = {"kind":"disconnect","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","reason":"takeover","address":"10.0.0.1"}
        2026-11-21T05:06:33+0000: New client connected from 10.0.0.3:2000 as dev-01 (p5, c1, k60, u'dev-01').
        = {"kind":"connect","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","protocol":"5","keepalive":60,"clean":true,"address":"10.0.0.3"}
        2026-11-21T05:06:34+0000: Client dev-01 [10.0.0.3:2000] disconnected: administrative action.
        = {"kind":"disconnect","device":"dev-01","client":"dev-01","user":"dev-01","identity":"password","reason":"kicked","address":"10.0.0.3"}

        2026-11-21T05:06:34+0000: Client dev-01 [10.0.0.3:2000] disconnected.
        = {"kind":"disconnect","device":"dev-01","client":"dev-01","reason":"client","address":"10.0.0.3"}
        2026-11-21T05:06:34+0000: Client 10.0.0.4 [10.0.0.4:3000] disconnected: protocol error.
        = {"kind":"connect-failed","reason":"protocol-error","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client ::1 [::1:3000] disconnected: connection closed by client.
        = {"kind":"connect-failed","reason":"unknown","address":"::1"}
        2026-11-21T05:06:34+0000: OpenSSL Error [0]: error:0A000086:SSL routines::certificate verify failed
        .
        2026-11-21T05:06:34+0000: Client 10.0.0.4 [10.0.0.4:3001] disconnected: Protocol error.
        = {"kind":"connect-failed","reason":"bad-certificate","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client dev-9 [10.0.0.4:3002] disconnected: bad username or password.
        = {"kind":"connect-failed","device":"dev-9","client":"dev-9","reason":"not-authorized","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client dev-9 [10.0.0.4:3002] disconnected: client identifier not valid.
        = {"kind":"connect-failed","device":"dev-9","client":"dev-9","reason":"bad-client-id","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client dev-9 [10.0.0.4:3002] disconnected: client banned.
        = {"kind":"connect-failed","device":"dev-9","client":"dev-9","reason":"banned","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client dev-9 [10.0.0.4:3002] disconnected: exceeded timeout.
        = {"kind":"disconnect","device":"dev-9","client":"dev-9","reason":"keepalive-timeout","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client dev-9 [10.0.0.4:3002] disconnected: oversize packet.
        = {"kind":"disconnect","device":"dev-9","client":"dev-9","reason":"oversize","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client dev-9 [10.0.0.4:3002] disconnected: quota exceeded.
        = {"kind":"disconnect","device":"dev-9","client":"dev-9","reason":"throttled","address":"10.0.0.4"}
        2026-11-21T05:06:34+0000: Client dev-9 [10.0.0.4:3002] disconnected: bad socket read/write: Unknown error
        = {"kind":"disconnect","device":"dev-9","client":"dev-9","reason":"connection-lost","address":"10.0.0.4"}
        2026-11-21T05:06:35+0000: Client from 10.0.0.4:3003 appears to be using TLS to connect to a non-TLS listener.
        .
        2026-11-21T05:06:35+0000: Connection from 10.0.0.4:3003 rejected, client did not provide a certificate.
        = {"kind":"connect-failed","reason":"bad-certificate","address":"10.0.0.4"}
        2026-11-21T05:06:35+0000: Connection from 10.0.0.4:3003 rejected, client did not connect using TLS.
        = {"kind":"connect-failed","reason":"protocol-error","address":"10.0.0.4"}
        2026-11-21T05:06:35+0000: Connection rejected, corrupt PROXY header.
        = {"kind":"connect-failed","reason":"protocol-error"}
        2026-11-21T05:06:35+0000: Protocol error from 10.0.0.4:3003: CONNECT with invalid protocol "MQTX".
        .
        2026-11-21T05:06:35+0000: Broker: adm/root | listPlugins
        = {"kind":"user","client":"adm","user":"root","action":"listPlugins","outcome":"success","origin":"broker"}
        2026-11-21T05:06:35+0000: Plugin dynamic-security version 2.1.2 loaded.
        .
        2026-11-21T05:06:35+0000: TLS key logging to '/tmp/keys' enabled for all listeners.
        = {"kind":"service","service":"mosquitto","level":"warning","code":"tls-key-log","message":"session keys are written to a file"}
        """#

    /// The lines of a sample with what is expected of each: nil for no event.
    static func groups(_ sample: String) -> [[(line: String, event: String?)]] {
        var groups: [[(line: String, event: String?)]] = [[]]
        var line: String?
        for text in sample.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if text.isEmpty {
                groups.append([])
            } else if let input = line {
                groups[groups.count - 1].append((input, text == "." ? nil : String(text.dropFirst(2))))
                line = nil
            } else {
                line = text
            }
        }
        return groups
    }

    /// All sample lines, each ended by LF.
    static var log: [String] {
        (groups(version20) + groups(version21)).flatMap { $0.map(\.line) }
    }
}
