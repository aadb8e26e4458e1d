"""Reads the YAML that profiles, fleet files and frameworks are written in, with the standard library alone.

Mappings, lists and texts, in blocks or in braces and brackets; texts plain, quoted, folded (>) or literal (|). Numbers and
flags stay texts, as they are written. What else YAML has (anchors, tags, several documents) is refused: ValueError."""
import re


def load(text):
    try:
        return Reader(text).document()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


class Reader:
    def __init__(self, text):
        # A file may begin with a byte order mark, and `---` may stand before the first line.
        lines = text.removeprefix("\ufeff").split("\n")
        self.lines = [line.rstrip("\r") for line in lines]
        self.at = 0

    def document(self):
        if self.skip() and self.lines[self.at].strip() == "---":
            self.at += 1
        if not self.skip():
            return None
        value = self.block(self.indent())
        if self.skip():
            raise ValueError("line %d: this belongs to nothing above it" % (self.at + 1))
        return value

    def skip(self):
        """To the next line that says something; False at the end."""
        while self.at < len(self.lines) and re.match(r"\s*(#|$)", self.lines[self.at]):
            self.at += 1
        return self.at < len(self.lines)

    def indent(self):
        line = self.lines[self.at]
        if line.lstrip(" ").startswith("\t"):
            raise ValueError("line %d: a tab is no indentation" % (self.at + 1))
        return len(line) - len(line.lstrip(" "))

    def block(self, indent):
        """The value that begins at this line, all of whose lines are indented by `indent` or more."""
        line = self.lines[self.at][indent:]
        if re.match(r"-(\s|$)", line):
            return self.items(indent)
        if key_of(line) is not None:
            return self.mapping(indent)
        return self.scalar(line, indent - 1)

    def items(self, indent):
        found = []
        while self.skip() and self.indent() == indent and re.match(r"-(\s|$)", self.lines[self.at][indent:]):
            rest = self.lines[self.at][indent + 1:]
            inner = rest.lstrip(" ")
            if re.match(r"(#|$)", inner):
                self.at += 1
                found.append(self.block(self.indent()) if self.skip() and self.indent() > indent else "")
                continue
            # What stands behind the dash is a line of its own, so much further in.
            deeper = indent + 1 + len(rest) - len(inner)
            self.lines[self.at] = " " * deeper + inner
            found.append(self.block(deeper))
        return found

    def mapping(self, indent):
        found = {}
        while self.skip() and self.indent() == indent:
            parts = key_of(self.lines[self.at][indent:])
            if parts is None:
                raise ValueError("line %d: a key and a colon are missing" % (self.at + 1))
            key, rest = parts
            if key in found:
                raise ValueError("line %d: `%s` stands there twice" % (self.at + 1, key))
            if re.match(r"\s*(#|$)", rest):
                self.at += 1
                is_deeper = self.skip() and (self.indent() > indent or (
                    self.indent() == indent and re.match(r"-(\s|$)", self.lines[self.at][indent:])))
                found[key] = self.block(self.indent()) if is_deeper else ""
            else:
                found[key] = self.scalar(rest.strip(), indent)
        return found

    def scalar(self, text, indent):
        """A text, or a value in braces or brackets, that begins in this line; further lines are indented by more."""
        if text[0] in "&*!%@`":
            raise ValueError("line %d: `%s` is not read here" % (self.at + 1, text[0]))
        if re.match(r"[|>][-+]?\s*(#.*)?$", text):
            return self.folded(text[0], text[1:2], indent)
        self.at += 1
        if text[0] in "{[\"'":
            while True:
                flow = Flow(text)
                try:
                    value = flow.value()
                except EndOfText:
                    if self.at >= len(self.lines):
                        raise ValueError("the file ends within `%s`" % text[:40]) from None
                    text += " " + self.lines[self.at].strip()
                    self.at += 1
                    continue
                if not re.match(r"\s*(#|$)", flow.rest()):
                    raise ValueError("line %d: `%s` stands behind a value" % (self.at, flow.rest()))
                return value
        words = [without_comment(text)]
        while self.at < len(self.lines) and self.lines[self.at].strip() and self.indent() > indent:
            if self.lines[self.at].lstrip().startswith("#"):
                break
            words.append(without_comment(self.lines[self.at].strip()))
            self.at += 1
        return " ".join(words)

    def folded(self, style, end, indent):
        self.at += 1
        lines = []
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or self.indent() > indent):
            lines.append(self.lines[self.at])
            self.at += 1
        while lines and not lines[-1].strip():
            lines.pop()
        depth = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
        lines = [line[depth:] for line in lines]
        text = "\n".join(lines) if style == "|" else re.sub(r"(?<!\n)\n(?!\n)", " ", "\n".join(lines))
        return text if end == "-" else text + "\n"


def without_comment(text):
    return re.sub(r"(^|\s+)#.*$", "", text).rstrip()


def key_of(line):
    """The key that a line begins with and what is behind its colon; None where there is none."""
    if line[:1] in "\"'":
        flow = Flow(line)
        try:
            key = flow.value()
        except EndOfText:
            return None
        rest = flow.rest().lstrip()
        return (key, rest[1:]) if rest.startswith(":") and rest[1:2] in (" ", "") else None
    if line[:1] in "{[#":
        return None
    found = re.match(r"(.+?)\s*:(?=\s|$)(.*)", line)
    return (found[1], found[2]) if found and " #" not in found[1] else None


class EndOfText(Exception):
    pass


class Flow:
    """A value in braces, brackets or quotes."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def rest(self):
        return self.text[self.at:]

    def next(self):
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        if self.at >= len(self.text):
            raise EndOfText
        return self.text[self.at]

    def value(self):
        first = self.next()
        if first == "{":
            return self.braces()
        if first == "[":
            return self.brackets()
        return self.text_in("\"'" if first in "\"'" else "")

    def braces(self):
        self.at += 1
        found = {}
        while self.next() != "}":
            key = self.value()
            found[key] = ""
            if self.next() == ":":
                self.at += 1
                found[key] = "" if self.next() in ",}" else self.value()
            if self.next() == ",":
                self.at += 1
        self.at += 1
        return found

    def brackets(self):
        self.at += 1
        found = []
        while self.next() != "]":
            value = self.value()
            # A single pair may stand without braces.
            if self.next() == ":":
                self.at += 1
                value = {value: self.value()}
            found.append(value)
            if self.next() == ",":
                self.at += 1
        self.at += 1
        return found

    def text_in(self, quotes):
        if not quotes:
            found = re.match(r"(?:[^,:{}\[\]]|:(?![\s,}\]]|$))*", self.rest())
            if self.at + found.end() >= len(self.text):
                raise EndOfText
            if not found[0]:
                raise ValueError("`%s` is no value" % self.rest()[:40])
            self.at += found.end()
            return found[0].strip()
        if self.text[self.at] == "'":
            found = re.match(r"'((?:[^']|'')*)'", self.rest())
            if not found:
                raise EndOfText
            self.at += found.end()
            return found[1].replace("''", "'")
        found = re.match(r'"((?:[^"\\]|\\.)*)"', self.rest())
        if not found:
            raise EndOfText
        self.at += found.end()
        names = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}

        def unescape(part):
            code = part[1]
            if code[0] in "xuU" and len(code) > 1:
                return chr(int(code[1:], 16))
            return names.get(code, code)

        return re.sub(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", unescape, found[1])
