import PicketEvents

extension EventDraft {
    /// The event in `row`, as a decoder of lines made it: where a message carries such a line.
    init(_ row: Int, of batch: borrowing EventBatch) {
        let head = batch.head[row]
        self.init(head.kind, time: head.flags.contains(.hasTime) ? batch.time[row] : nil)
        device = batch.string(batch.names[row].device)
        client = batch.string(batch.names[row].client)
        user = batch.string(batch.names[row].user)
        address = batch.string(batch.names[row].address)
        topic = batch.string(batch.names[row].topic)
        reason = head.reason
        identity = head.identity
        bytes = head.flags.contains(.hasBytes) ? batch.bytes[row] : nil
        qos = head.flags.contains(.hasQoS) ? Int64(head.qos) : nil
        retain = head.flags.contains(.retain)
        for attribute in batch.attributes(of: row) {
            switch attribute.key.form {
            case .text: add(attribute.key, batch.string(attribute.text))
            case .integer: add(attribute.key, attribute.integer)
            case .flag: add(attribute.key, flag: attribute.integer != 0)
            case .json: add(attribute.key, json: try? JSONReading.value(batch.text[attribute.text.range]))
            }
        }
    }
}
