import PicketEvents

@testable import PicketFeeds

/// Lines of a format, and the events that they become: its self-test. `=` before each event, without `received` and
/// `feed`; the times are in the order of the lines.
struct FormatSample: Sendable {
    var format: FeedFormat
    var input: String
    /// The canonical lines without their `feed`.
    var events: [String]

    init(_ format: FeedFormat, _ input: String, _ events: String...) {
        self.format = format
        self.input = input
        self.events = events
    }

    static let all: [FormatSample] = cloudTrail + lifecycle + cloudWatch + emqx + emqxAudit + status + csv + alerts

    static let cloudTrail: [FormatSample] = [
        FormatSample(
            .cloudTrail,
            #"{"Records":[{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::1:user/anna","accountId":"1","accessKeyId":"AKIA1","userName":"anna"},"eventTime":"2026-11-21T10:00:00Z","eventSource":"iot.amazonaws.com","eventName":"UpdateCertificate","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli/2","requestParameters":{"certificateId":"4a0f","newStatus":"INACTIVE"},"responseElements":null,"eventID":"e1","eventType":"AwsApiCall"},"#
                + #"{"EventVersion":"1.08","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/ops/anna","sessionContext":{"attributes":{"mfaAuthenticated":"true"},"sessionIssuer":{"userName":"ops"}}},"EventTime":"2026-11-21T10:00:01Z","EventSource":"s3.amazonaws.com","EventName":"GetObject","sourceIPAddress":"config.amazonaws.com","errorCode":"AccessDenied","requestParameters":{"bucketName":"fw","key":"a.bin"},"other":"x"}]}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"user","user":"anna","action":"iot:UpdateCertificate","resource":"4a0f","outcome":"success","agent":"aws-cli/2","origin":"cloudtrail","address":"192.0.2.1"}"#,
            #"{"received":"2026-11-21T10:00:01.000Z","kind":"user","user":"ops/anna","action":"s3:GetObject","resource":"fw/a.bin","outcome":"failure","mfa":true,"origin":"cloudtrail","code":"AccessDenied","unknown":["other"]}"#
        ),
        FormatSample(
            .cloudTrail,
            #"{"userIdentity":{"type":"Root"},"eventTime":"2026-11-21T10:00:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","sourceIPAddress":"192.0.2.1","responseElements":{"ConsoleLogin":"Failure"},"additionalEventData":{"MFAUsed":"No"}}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"user","user":"root","action":"signin:ConsoleLogin","outcome":"failure","origin":"cloudtrail","address":"192.0.2.1"}"#
        ),
    ]

    static let lifecycle: [FormatSample] = [
        FormatSample(
            .awsLifecycle,
            #"{"clientId":"c1","thingName":"t-7","timestamp":1795255200000,"eventType":"connected","sessionIdentifier":"s1","principalIdentifier":"4a0f","ipAddress":"192.0.2.1","versionNumber":3}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"connect","device":"t-7","client":"c1","user":"4a0f","identity":"certificate","session":"s1","connection":3,"address":"192.0.2.1"}"#
        ),
        FormatSample(
            .awsLifecycle,
            #"{"clientId":"c1","timestamp":1795255200000,"eventType":"disconnected","sessionIdentifier":"s1","principalIdentifier":"4a0f","clientInitiatedDisconnect":false,"disconnectReason":"DUPLICATE_CLIENTID","versionNumber":3,"more":1}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"disconnect","device":"c1","user":"4a0f","reason":"takeover","session":"s1","connection":3,"unknown":["more"]}"#
        ),
        FormatSample(
            .awsLifecycle,
            #"{"clientId":"c1","thingName":"t-7","timestamp":1795255200000,"eventType":"connect_failed","connectFailureReason":"AUTHORIZATION_FAILED","principalIdentifier":"4a0f","sessionIdentifier":"s","ipAddress":"192.0.2.1"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"connect-failed","device":"t-7","client":"c1","user":"4a0f","reason":"not-authorized","address":"192.0.2.1"}"#
        ),
        FormatSample(
            .awsLifecycle,
            #"{"clientId":"c1","timestamp":1795255200000,"eventType":"subscribed","sessionIdentifier":"s","principalIdentifier":"p","topics":["a/b","c/#"]}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"subscribe","device":"c1","user":"p","topic":"a/b"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"subscribe","device":"c1","user":"p","topic":"c/#"}"#),
    ]

    static let cloudWatch: [FormatSample] = [
        FormatSample(
            .cloudWatch,
            #"{"timestamp":"2026-11-21 10:00:00.476","logLevel":"INFO","traceId":"1","accountId":"1","status":"Success","eventType":"Connect","protocol":"MQTT","clientId":"c1","principalId":"4a0f","sourceIp":"192.0.2.1","sourcePort":1}"#,
            #"{"received":"2026-11-21T10:00:00.476Z","kind":"connect","device":"c1","user":"4a0f","protocol":"MQTT","address":"192.0.2.1"}"#
        ),
        FormatSample(
            .cloudWatch,
            #"{"timestamp":"2026-11-21 10:00:00.476","logLevel":"ERROR","traceId":"1","accountId":"1","status":"Failure","eventType":"Publish-In","protocol":"MQTT","topicName":"cmd/x","clientId":"c1","principalId":"4a0f","sourceIp":"192.0.2.1","reason":"AUTHORIZATION_FAILURE","details":"Authorization Failure"}"#,
            #"{"received":"2026-11-21T10:00:00.476Z","kind":"denied","device":"c1","user":"4a0f","action":"publish","topic":"cmd/x","address":"192.0.2.1"}"#
        ),
        FormatSample(
            .cloudWatch,
            #"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/lambda/resize","logStream":"s","subscriptionFilters":[],"logEvents":[{"id":"1","timestamp":1795255200000,"message":"START RequestId: 1"},{"id":"2","timestamp":1795255201000,"message":"2026 1 Task timed out after 3.00 seconds"},{"id":"3","timestamp":1795255202000,"message":"{\"timestamp\":\"2026-11-21 10:00:02.000\",\"logLevel\":\"ERROR\",\"traceId\":\"1\",\"status\":\"Failure\",\"eventType\":\"RuleExecution\",\"ruleName\":\"r1\",\"clientId\":\"c1\",\"reason\":\"x\"}"}]}"#,
            #"{"received":"2026-11-21T10:00:01.000Z","kind":"service","service":"lambda:resize","level":"error","code":"Task timed out"}"#,
            #"{"received":"2026-11-21T10:00:02.000Z","kind":"service","device":"c1","service":"aws-iot","level":"error","code":"RuleExecution/x","message":"r1"}"#
        ),
    ]

    static let emqx: [FormatSample] = [
        FormatSample(
            .emqx,
            #"{"event":"client.connected","clientid":"c1","username":"t-7","mountpoint":"undefined","peername":"192.0.2.10:56431","sockname":"0.0.0.0:8883","proto_name":"MQTT","proto_ver":5,"keepalive":60,"clean_start":true,"timestamp":1795255200000,"node":"emqx@127.0.0.1"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"connect","device":"t-7","client":"c1","user":"t-7","identity":"password","listener":"0.0.0.0:8883","protocol":"5","keepalive":60,"clean":true,"address":"192.0.2.10"}"#
        ),
        FormatSample(
            .emqx,
            #"{"event":"$events/client_connack","reason_code":"bad_username_or_password","clientid":"c1","username":"undefined","peername":"192.0.2.11:40001","timestamp":1795255200000,"node":"n"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"connect-failed","device":"c1","reason":"not-authorized","address":"192.0.2.11"}"#
        ),
        FormatSample(
            .emqx,
            #"{"event":"message.publish","id":"0","clientid":"c1","username":"t-7","payload":"{\"v\":20.1}","peerhost":"192.0.2.13","topic":"dev/t-7/telemetry","qos":1,"flags":{"retain":true},"timestamp":1795255200000,"node":"n"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"publish","device":"t-7","client":"c1","user":"t-7","identity":"password","topic":"dev/t-7/telemetry","bytes":10,"qos":1,"retain":true,"address":"192.0.2.13"}"#
        ),
        FormatSample(
            .emqx,
            #"{"event":"message.acked","clientid":"c1","timestamp":1795255200000,"node":"n"}"#),
        FormatSample(
            .emqx,
            #"{"event":"$events/client/check_authz_complete","clientid":"c1","username":"t-7","topic":"cmd/x","action":"publish","result":"deny","timestamp":1795255200000,"node":"n"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"denied","device":"t-7","client":"c1","user":"t-7","identity":"password","action":"publish","topic":"cmd/x"}"#
        ),
    ]

    static let emqxAudit: [FormatSample] = [
        FormatSample(
            .emqxAudit,
            #"{"time":1795255200000123,"level":"info","msg":"from_api","username":"admin","query_string":{},"operate_id":"/clients/:clientid","node":"n","method":"delete","headers":{"user-agent":"curl/8","authorization":"******"},"from":"dashboard","duration_ms":1,"code":204,"body":{},"bindings":{"clientid":"t-7"},"auth_type":"jwt_token"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"user","user":"admin","action":"delete /clients/:clientid","resource":"t-7","outcome":"success","agent":"curl/8","origin":"emqx-dashboard","code":"204"}"#
        ),
        FormatSample(
            .emqxAudit,
            #"{"time":1795255200000123,"level":"info","source_ip":"192.0.2.50","operation_type":"clients","operation_result":"failure","http_status_code":404,"http_method":"delete","operation_id":"/clients/:clientid","duration_ms":4,"query_string":{},"from":"rest_api","source":"key1","node":"n","http_request":{"method":"delete","headers":{"user-agent":"curl/8"},"body":{"x":1},"bindings":{"clientid":"t-7"}}}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"user","user":"key1","action":"delete /clients/:clientid","resource":"t-7","outcome":"failure","agent":"curl/8","origin":"emqx-rest_api","code":"404","address":"192.0.2.50"}"#
        ),
        FormatSample(
            .emqxAudit,
            #"2026-11-21T10:00:00.000+00:00 {"source_type":"dashboard","source_ip":"192.0.2.50","source":"admin","operation_type":"authentication","operation_name":"add_user","operation_result":"ok","failure_reason":""}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"user","user":"admin","action":"authentication:add_user","outcome":"success","origin":"emqx-dashboard","code":"ok","address":"192.0.2.50"}"#
        ),
        FormatSample(
            .emqxAudit,
            #"{"time":1795255200000123,"level":"info","msg":"from_cli","from":"cli","node":"n","duration_ms":0,"cmd":"admins","args":["passwd","anna","hunter2Q"]}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"user","action":"cli admins passwd","outcome":"success","origin":"emqx-cli"}"#
        ),
    ]

    static let status: [FormatSample] = [
        FormatSample(
            .brokerStatus,
            #"{"tst":"2026-11-21T10:00:00.000Z","topic":"$SYS/broker/log/N","payload":"1795255200: New client connected from 10.0.0.1:5000 as c1 (p2, c1, k60, u't-7')."}"#
                + "\n"
                + #"{"tst":"2026-11-21T10:00:01.000Z","topic":"$SYS/broker/log/N","payload":"Client c1 disconnected."}"#
                + "\n"
                + #"{"tst":"2026-11-21T10:00:01.000Z","topic":"$SYS/broker/log/D","payload":"Sending PINGRESP to c1"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"connect","device":"t-7","client":"c1","user":"t-7","identity":"password","protocol":"3.1.1","keepalive":60,"clean":true,"address":"10.0.0.1"}"#,
            #"{"received":"2026-11-21T10:00:01.000Z","kind":"disconnect","device":"t-7","client":"c1","user":"t-7","identity":"password","reason":"client","address":"10.0.0.1"}"#
        ),
        FormatSample(
            .brokerStatus,
            #"{"tst":"2026-11-21T10:00:00.000Z","topic":"$SYS/broker/uptime","payload":"162 seconds"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"broker","name":"broker/uptime","value":162}"#),
        FormatSample(
            .brokerStatus,
            #"{"tst":"2026-11-21T10:00:00.000Z","topic":"$SYS/broker/load/sockets/1min","payload":"11.58"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"broker","name":"broker/load/sockets/1min","value":11.58}"#),
        FormatSample(
            .brokerStatus,
            #"{"tst":"2026-11-21T10:00:00.000Z","topic":"$SYS/broker/version","payload":"mosquitto version 2.0.11"}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"broker","name":"broker/version","value":"mosquitto version 2.0.11"}"#
        ),
    ]

    static let csv: [FormatSample] = [
        FormatSample(
            .csv,
            "time,kind,device,topic,bytes,Battery %,site\r\n2026-11-21T10:00:00Z,publish,t-7,\"a,b \"\"c\"\"\",12,88,berlin\r\n"
                + "1795255201,connect,t-7,,,,\r\n",
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"publish","device":"t-7","topic":"a,b \"c\"","bytes":12,"unknown":["?","site"]}"#,
            #"{"received":"2026-11-21T10:00:01.000Z","kind":"connect","device":"t-7"}"#)
    ]

    static let alerts: [FormatSample] = [
        FormatSample(
            .alert,
            #"{"tst":"2026-11-21T10:00:00.000Z","topic":"alerts/t-7","payload":{"device":"t-7","type":"hard-fault","product":42,"firmware":"4.1.0","symptoms":{"line":217,"text":"free"},"description":"free","payload":{"name":"core.bin","size":4096,"url":"s3://traces/1?X-Amz-Signature=a","data":"0102"},"more":1}}"#,
            #"{"received":"2026-11-21T10:00:00.000Z","kind":"alert","device":"t-7","alertType":"hard-fault","product":"42","firmware":"4.1.0","symptoms":{"line":217},"payload":{"bytes":4096,"location":"s3://traces/1?redacted","name":"core.bin"},"unknown":["description","more"]}"#
        ),
        FormatSample(
            .alert,
            #"{"tst":"2026-11-21T10:00:00.000Z","topic":"x","payload":{"thingName":"t-7","time":"2026-11-21T10:00:05Z","error":12,"symptoms":[{"id":99,"value":7},{"name":"pc","value":"x"}]}}"#,
            #"{"received":"2026-11-21T10:00:05.000Z","kind":"alert","device":"t-7","alertType":"12","symptoms":{"99":7}}"#
        ),
    ]
}
