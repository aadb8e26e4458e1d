import PicketProfiles

/// What changed from one set of profiles to the next, in words.
enum ProfileDifference {
    static func words(from old: [SecurityProfile], to new: [SecurityProfile]) -> [String] {
        let (before, after) = (sentences(old), sentences(new))
        var words: [String] = []
        for name in Set(before.keys).union(after.keys).sorted() {
            switch (before[name], after[name]) {
            case (nil, let sentence?): words.append("new: \(name): \(sentence)")
            case (_?, nil): words.append("gone: \(name)")
            case (let was?, let now?) where was != now: words.append("changed: \(name): \(now) Before: \(was)")
            default: break
            }
        }
        // Targets, exceptions, the fleet file, or only the wording.
        return words.isEmpty ? ["no behavior was changed: targets, exceptions, the fleet file or comments were"] : words
    }

    private static func sentences(_ profiles: [SecurityProfile]) -> [String: String] {
        var sentences: [String: String] = [:]
        for profile in profiles {
            for behavior in profile.behaviors {
                sentences["\(profile.name)/\(behavior.name)"] = Explain.sentence(behavior)
            }
        }
        return sentences
    }
}
