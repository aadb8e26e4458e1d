#!/usr/bin/env python3
"""Checks a Picket log, independently of Picket.

Written from Documentation/FORMAT.md alone. Needs Python 3.9 and, for the signatures, the openssl command; nothing else.
Exit code: 0 sound, 1 tampered, 2 incomplete, 3 unreadable (also a key or a checkpoint that is none), 64 wrong usage.

    verify_log.py LOG [--key VKEY]... [--since-checkpoint FILE]
"""
import argparse
import base64
import binascii
import datetime
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

SOUND, TAMPERED, INCOMPLETE, UNREADABLE = 0, 1, 2, 3
WEIGHT = {SOUND: 0, INCOMPLETE: 1, UNREADABLE: 2, TAMPERED: 3}
NAMES = {SOUND: "OK", TAMPERED: "TAMPERED", INCOMPLETE: "INCOMPLETE", UNREADABLE: "UNREADABLE"}

MAX_CONTENT = 8 << 20
MAX_MEMBER = MAX_CONTENT + MAX_CONTENT // 64 + (64 << 10)
MAX_RECORD = 1 << 20
MAX_BODY = (4 << 20) + MAX_RECORD
MAX_WAL = 16 << 20
MAX_NOTE = 64 << 10
MAX_HISTORY = 16 << 20
MAX_HEAD = 320
SECTOR = 512
MEMBER_START = bytes([0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF])


class Unreadable(Exception):
    """The log cannot be read at all."""


class Damage(Exception):
    """Bytes that are not as FORMAT.md says."""


def sha(data):
    return hashlib.sha256(data).digest()


def leaf(line):
    return sha(b"\0" + line)


def node(left, right):
    return sha(b"\1" + left + right)


def head_of(hashes):
    """The tree head over a list of leaves."""
    level = list(hashes)
    if not level:
        return sha(b"")
    while len(level) > 1:
        paired = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


class Tree:
    """Grows by leaves or complete subtrees, and keeps its head at the sizes asked for."""

    def __init__(self, sizes, segment_log2, tile_log2):
        self.size = 0
        self.roots = []
        self.heads = {0: sha(b"")}
        self.sizes = set(sizes)
        self.segment_log2 = segment_log2
        self.segment_root = None
        self.tile_log2 = tile_log2
        self.tile_number, self.tile_hashes, self.full_tiles = 0, [], []

    def add_tile_hash(self, value):
        """One more hash of the present tile, None where it is not known."""
        self.tile_hashes.append(value)
        if len(self.tile_hashes) == 1 << self.tile_log2:
            self.full_tiles.append((self.tile_number, self.tile_hashes))
            self.tile_number, self.tile_hashes = self.tile_number + 1, []

    def add(self, root, level=0):
        if self.size % (1 << level):
            raise Damage("a subtree stands where it cannot")
        count = 1 << level
        if level >= 2 * self.tile_log2:
            self.tile_number += 1 << (level - 2 * self.tile_log2)
        elif level >= self.tile_log2:
            for _ in range(1 << (level - self.tile_log2)):
                self.add_tile_hash(root if level == self.tile_log2 else None)
        if level == self.segment_log2:
            self.segment_root = root
        while self.size & count:
            root = node(self.roots.pop(), root)
            self.size -= count
            count <<= 1
            if count == 1 << self.tile_log2:
                self.add_tile_hash(root)
            if count == 1 << self.segment_log2:
                self.segment_root = root
        self.roots.append(root)
        self.size += count
        if self.size in self.sizes:
            self.heads[self.size] = self.head()

    def head(self):
        head = None
        for root in reversed(self.roots):
            head = root if head is None else node(root, head)
        return head if head is not None else sha(b"")


def zeros(data, start, end, origin, least=1):
    """Whether the part of a sector that lies in data[start:end] is all zeros."""
    while start < end:
        stop = min(end, (start + origin) // SECTOR * SECTOR + SECTOR - origin)
        if stop - start >= least and not any(data[start:stop]):
            return True
        start = stop
    return False


def decode_base64(text):
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if base64.b64encode(value).decode() == text else None


def is_name(text):
    bad = any(c.isspace() or c == "+" or ord(c) < 32 or ord(c) == 127 for c in text)
    return 0 < len(text.encode()) <= 255 and not bad


class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        if len(parts) != 3 or not is_name(parts[0]):
            raise ValueError("not a key: " + text)
        value = decode_base64(parts[2])
        if value is None or len(value) != 33 or value[0] != 1:
            raise ValueError("not an Ed25519 key: " + text)
        self.text, self.name, self.public = text, parts[0], value[1:]
        self.id = sha(self.name.encode() + b"\n" + value)[:4]
        if parts[1] != self.id.hex():
            raise ValueError("the hash of the key is not its own: " + text)

    def verifies(self, signature, text):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("key", "text", "sig")]
            values = [bytes.fromhex("302a300506032b6570032100") + self.public, text, signature]
            for path, value in zip(paths, values):
                with open(path, "wb") as file:
                    file.write(value)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0], "-rawin"]
            command += ["-in", paths[1], "-sigfile", paths[2]]
            return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


class Note:
    """A signed note; raises ValueError when the bytes are not one."""

    def __init__(self, data):
        if len(data) > MAX_NOTE or not data.endswith(b"\n") or any(b < 32 and b != 10 for b in data):
            raise ValueError("not a note")
        data.decode()
        split = data[:-1].rfind(b"\n\n")
        # An empty line right before the end would leave no signatures.
        if split < 0:
            raise ValueError("not a note")
        self.text = data[: split + 1]
        self.signatures = []
        lines = data[split + 2 :].decode().split("\n")[:-1]
        if not 1 <= len(lines) <= 32:
            raise ValueError("no signatures")
        for line in lines:
            parts = line.split(" ")
            value = decode_base64(parts[2]) if len(parts) == 3 else None
            if value is None or parts[0] != "\u2014" or not is_name(parts[1]) or len(value) <= 4:
                raise ValueError("not a signature line")
            self.signatures.append((parts[1], value[:4], value[4:]))

    def signers(self, keys):
        """The keys that signed; None when one of them did not, although a line says so."""
        found = []
        for name, identity, signature in self.signatures:
            for key in keys:
                if key.name == name and key.id == identity:
                    if not key.verifies(signature, self.text):
                        return None
                    if key not in found:
                        found.append(key)
                    break
        return found


def parse_checkpoint(text):
    """(origin, size, root) of a checkpoint's text, or ValueError."""
    lines = text.decode().split("\n")
    if len(lines) != 4 or lines[3] or not is_name(lines[0]) or not re.fullmatch("0|[1-9][0-9]{0,19}", lines[1]):
        raise ValueError("not a checkpoint")
    root = decode_base64(lines[2])
    if root is None or len(root) != 32 or int(lines[1]) >= 1 << 64:
        raise ValueError("not a checkpoint")
    return lines[0], int(lines[1]), root


def is_of_log(line):
    """Whether a line is a record of the kind `log`: not by words anywhere in it, which a device may choose."""
    return line[37:].startswith(b'","feed":"picket","kind":"log",')


def times(lines):
    """The smallest and the largest time the lines begin with, in Unix ms, or None when they do not all have one."""
    if not all(len(line) > 37 and line.startswith(b'{"received":"') and line[37:38] == b'"' for line in lines):
        return None
    found = []
    for text in (min(line[13:37] for line in lines), max(line[13:37] for line in lines)):
        match = re.fullmatch(rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z", text)
        try:
            when = datetime.datetime(*map(int, match.groups()[:6])) if match else None
        except ValueError:
            when = None
        if when is None:
            return None
        seconds = (when - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1)
        found.append(seconds * 1000 + int(match.group(7)))
    return tuple(found)


class Member:
    """The head of a gzip member."""

    def __init__(self, data):
        if len(data) < 12:
            raise EOFError
        if data[:4] != MEMBER_START[:4]:
            raise Damage("no block begins here")
        if data[:10] != MEMBER_START:
            raise Damage("the head of a block has bytes set that a writer leaves zero")
        end = 12 + struct.unpack_from("<H", data, 10)[0]
        if end > len(data):
            raise EOFError
        at = 12
        while at + 4 <= end:
            length = struct.unpack_from("<H", data, at + 2)[0]
            if at + 4 + length > end:
                break
            if data[at : at + 2] == b"AL":
                return self.parse(data, at + 4, length, end)
            at += 4 + length
        raise Damage("a gzip member is not a block of a log: it has no AL field")

    def parse(self, data, at, length, end):
        if length != 72 or data[at] != 1 or data[at + 1] not in (1, 255) or data[at + 2 : at + 4] != b"\0\0":
            raise Damage("the AL field of a block is not one this program knows")
        self.kind = data[at + 1]
        self.size, self.count, self.first, self.earliest, self.latest = struct.unpack_from("<IIQqq", data, at + 4)
        self.root = data[at + 36 : at + 68]
        self.checksum_at, self.data_at = at + 68, end
        if not end + 8 < self.size <= MAX_MEMBER or self.count == 0 or self.first > (1 << 63) - 1:
            raise Damage("a block claims a size or a count it cannot have")

    def is_sound(self, member):
        at = self.checksum_at
        value = zlib.crc32(member[at + 4 :], zlib.crc32(member[:at]))
        return len(member) == self.size and value == struct.unpack_from("<I", member, at)[0]

    def content(self, member):
        if not self.is_sound(member):
            raise Damage("a block does not match its checksum")
        crc, size = struct.unpack_from("<II", member, len(member) - 8)
        if size > MAX_CONTENT:
            raise Damage("a block claims more content than any writer makes")
        stream = zlib.decompressobj(-15)
        try:
            data = stream.decompress(member[self.data_at : -8], size + 1)
        except zlib.error:
            raise Damage("the compressed data of a block is damaged")
        if len(data) != size or not stream.eof or stream.unused_data or zlib.crc32(data) != crc:
            raise Damage("the content of a block does not match its checksum")
        return data


def is_cut_short(rest):
    """Whether `rest`, up to the end of a file, is the beginning of one member and nothing else."""
    if rest[:10] != MEMBER_START[: len(rest)]:
        return False
    try:
        member = Member(rest)
    except (EOFError, Damage):
        return len(rest) < 88
    changed = bytearray(rest)
    struct.pack_into("<I", changed, 20, len(rest))
    size, member.size = member.size, len(rest)
    if size <= len(rest) or member.is_sound(bytes(changed)):
        return False
    return rest.find(MEMBER_START[:9], 1) < 0


class WriteAhead:
    """One write-ahead file: its records, and how it ends."""

    def __init__(self, path, first, data):
        self.path, self.first, self.end_index = path, first, first
        self.records, self.head, self.end, self.offset, self.torn = [], None, "clean", 0, 0
        length = self.parse_head(data)
        if length is None:
            stated = struct.unpack_from("<H", data, 6)[0] if len(data) >= 8 else 0
            torn = len(data) <= MAX_HEAD and (len(data) < 64 or zeros(data, 0, 64, 0) or len(data) < stated)
            self.end = "torn" if torn else "the head of a write-ahead file is damaged"
            self.torn = len(data)
            return
        if self.head[1] != first:
            self.end = "the head of a write-ahead file belongs to another record"
            return
        self.offset = length
        while self.offset < len(data):
            problem = self.frame(data, self.offset)
            if problem:
                if problem == "torn" and self.sound_frame_follows(data):
                    problem = "a frame is damaged, and sound ones follow it"
                self.end = problem
                self.torn = len(data) - self.offset
                return

    def parse_head(self, data):
        if len(data) < 64 or data[:6] != b"PWAL\1\0":
            return None
        length, epoch, first = struct.unpack_from("<HQQ", data, 6)
        name_length, crc = struct.unpack_from("<II", data, 56)
        if name_length > 255 or length != 64 + (name_length + 7) // 8 * 8 or length > len(data):
            return None
        name = data[64 : 64 + name_length]
        if zlib.crc32(name, zlib.crc32(data[:60])) != crc or any(data[64 + name_length : length]):
            return None
        try:
            self.origin = name.decode()
        except UnicodeDecodeError:
            return None
        self.head = (epoch, first, data[24:56])
        return length

    def parse_frame(self, data, at):
        """(first, count, body, end) of the frame at `at`, or a string: "torn" or what is wrong."""
        if at + 40 > len(data):
            return "torn"
        magic, length, epoch, first, count, body_crc, head_crc, zero = struct.unpack_from("<4sIQQIIII", data, at)
        if magic != b"PFRM" or zlib.crc32(data[at : at + 32]) != head_crc or zero:
            return "torn" if zeros(data, at, at + 40, 0) else "the head of a frame is damaged"
        if epoch != self.head[0]:
            return "a frame belongs to another file"
        if length > MAX_BODY:
            return "a frame is longer than any writer makes it"
        end = at + (40 + length + 7) // 8 * 8
        if end > len(data):
            return "torn"
        body = data[at + 40 : at + 40 + length]
        if zlib.crc32(body) != body_crc or any(data[at + 40 + length : end]):
            return "torn" if zeros(data, at, end, 0) else "the body of a frame does not match its checksum"
        return first, count, body, end

    def frame(self, data, at):
        parsed = self.parse_frame(data, at)
        if isinstance(parsed, str):
            return parsed
        first, count, body, end = parsed
        if first != self.end_index or count == 0:
            return "a frame stands at a wrong place"
        lines, position = [], 0
        for _ in range(count):
            length = struct.unpack_from("<I", body, position)[0] if position + 12 <= len(body) else 0
            position += 12
            if not 0 < length <= MAX_RECORD or position + length > len(body):
                return "the records of a frame do not fill it"
            lines.append(body[position : position + length])
            position += length
        if position != len(body):
            return "the records of a frame do not fill it"
        self.records += lines
        self.end_index += count
        self.offset = end
        return None

    def sound_frame_follows(self, data):
        at = data.find(b"PFRM", self.offset + 8)
        while at >= 0:
            if at % 8 == self.offset % 8 and not isinstance(self.parse_frame(data, at), str):
                return True
            at = data.find(b"PFRM", at + 1)
        return False


class Verifier:
    def __init__(self, path, trusted, since):
        self.path, self.trusted, self.since = path, trusted, since
        self.findings = []
        self.tree = None
        self.claims, self.state, self.saved = [], None, None
        self.checked, self.newest, self.gaps, self.blocks, self.segments, self.torn_bytes = 0, None, 0, 0, 0, 0
        self.whole = True
        self.pruned, self.pruned_record, self.beyond, self.tiles = 0, 0, 0, 0
        self.declared, self.unintroduced = [], []

    def add(self, verdict, path, problem, index=None, offset=None):
        place = "" if index is None else ", record %d" % index
        place += "" if offset is None else ", byte %d" % offset
        self.findings.append((verdict, "%s: %s%s" % (path, problem, place)))

    def file(self, *names):
        return os.path.join(self.path, *names)

    def read(self, name, limit):
        """The bytes of a small file, or None when it is not there."""
        try:
            with open(self.file(name), "rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            return None
        if len(data) > limit:
            self.add(TAMPERED, name, "is larger than such a file can be")
            raise Damage("too large")
        return data

    def run(self):
        try:
            self.check()
        except Unreadable as error:
            self.add(UNREADABLE, self.path, str(error))
        except OSError as error:
            self.add(UNREADABLE, self.path, str(error))
        except Damage as error:
            if not self.findings:
                self.add(TAMPERED, self.path, str(error))
        return max((verdict for verdict, _ in self.findings), key=WEIGHT.get, default=SOUND)

    def check(self):
        self.read_format()
        self.read_keys()
        self.read_checkpoints()
        self.read_since()
        files = self.read_write_ahead()
        sizes = [size for size, _, _, _ in self.claims] + [file.first for file in files]
        sizes += [value[1] for value in (self.state, self.saved) if value]
        self.tree = Tree(sizes, self.segment_log2, self.tile_log2)
        self.signed_size = max((size for size, _, _, _ in self.claims), default=0)
        self.read_pruned()
        self.keep_from = files[0].first if files else None
        self.kept = {}
        tear = self.read_segments(files)
        if tear and self.whole:
            self.add(TAMPERED, *tear)
            self.whole = False
        if not self.whole:
            return
        self.add_tail(files)
        self.check_tiles()
        self.compare(files)
        self.check_introductions()
        self.check_signers()
        self.check_pruned()

    def read_pruned(self):
        """What retention deleted: the roots of the segments stand in their place."""
        data = self.read("PRUNED", 64 << 20)
        if data is None:
            return
        lines = data.decode("latin-1").split("\n")
        roots = [decode_base64(line) for line in lines[1:-1]]
        named = re.fullmatch("record (0|[1-9][0-9]{0,18})", lines[0])
        if not named or lines[-1] or not roots or any(root is None or len(root) != 32 for root in roots):
            self.add(TAMPERED, "PRUNED", "is not a list of roots")
            raise Damage("PRUNED")
        self.pruned, self.pruned_record = len(roots) << self.segment_log2, int(named.group(1))
        for root in roots:
            self.tree.add(root, self.segment_log2)

    def check_pruned(self):
        if not self.pruned:
            return
        # What no believed key signed is not said: anybody can write a record into an unsigned tail.
        end = self.newest or 0
        line = self.record(self.pruned_record) if self.pruned <= self.pruned_record < end else b""
        says = b'"action":"pruned","below":%d}' % self.pruned
        if not is_of_log(line) or not line.endswith(says):
            is_open = not self.claims or self.doubtful
            verdict = INCOMPLETE if is_open and self.pruned_record >= end else TAMPERED
            self.add(verdict, "PRUNED", "no signed record says that the records below %d were deleted" % self.pruned)

    def check_tiles(self):
        """Compares the tiles that are full by now with their files."""
        full, self.tree.full_tiles = self.tree.full_tiles, []
        for number, hashes in full:
            if None in hashes:
                continue
            digits = "%03d" % number
            digits = digits.rjust((len(digits) + 2) // 3 * 3, "0")
            groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
            name = os.path.join("tile", "1", *["x" + group for group in groups[:-1]], groups[-1])
            wanted = b"".join(hashes)
            data = self.read(name, len(wanted))
            first = number << 2 * self.tile_log2
            if data is None and (number + 1) << 2 * self.tile_log2 <= self.signed_size:
                self.add(INCOMPLETE, name, "the tile is not there")
            elif data is not None and data != wanted:
                self.add(TAMPERED, name, "the tile is not that of the records", first)
            elif data is not None:
                self.tiles += 1

    def read_format(self):
        data = self.read("FORMAT", 64 << 10)
        if data is None or not data.startswith(b"picket-log format "):
            raise Unreadable("is not a log folder: it has no FORMAT file")
        try:
            lines = [line for line in data.decode().split("\n") if line]
        except UnicodeDecodeError:
            raise Unreadable("the FORMAT file is not text")
        if lines[0] != "picket-log format 2":
            raise Unreadable("this program knows format 2 only")
        values = {}
        for line in lines[1:]:
            key, space, value = line.partition(" ")
            if not space or key in values:
                raise Damage("FORMAT has an unreadable line")
            values[key] = value
        powers = [re.fullmatch(r"2\^(\d{1,2})", values.get(key, "")) for key in ("block", "segment", "tile")]
        if not all(powers) or values.get("hash") != "sha256" or values.get("leaf") != "line":
            raise Unreadable("FORMAT describes a log this program cannot read")
        self.block_log2, self.segment_log2, self.tile_log2 = (int(power.group(1)) for power in powers)
        self.origin = values.get("origin", "")
        fits = 2 <= self.block_log2 <= 10 and self.block_log2 < self.segment_log2 <= 24 and is_name(self.origin)
        if not fits or not 1 <= self.tile_log2 <= self.block_log2 <= 2 * self.tile_log2 <= self.segment_log2:
            raise Unreadable("FORMAT describes a log this program cannot read")

    def read_keys(self):
        data = self.read("KEYS", 256 << 10)
        self.keys = []
        try:
            for line in (data or b"").decode().split("\n")[:-1]:
                text, start, end = line.split(" ")
                for number in (start, end):
                    if number != "-" and not re.fullmatch("0|[1-9][0-9]{0,19}", number):
                        raise ValueError
                self.keys.append((Key(text), int(start), None if end == "-" else int(end)))
            if data is not None and not data.endswith(b"\n"):
                raise ValueError
        except ValueError:
            self.add(TAMPERED, "KEYS", "is not a list of keys")
            raise Damage("KEYS")
        trusted = [key.text for key in self.trusted]
        if self.trusted and not self.keys:
            self.add(INCOMPLETE, "KEYS", "the list of keys is not there")
            self.keys = [(key, 0, None) for key in self.trusted]
        elif self.trusted and not any(key.text in trusted for key, _, _ in self.keys):
            self.add(TAMPERED, "KEYS", "none of the keys you gave is a key of this log")

    def claim(self, data, path, offset=None):
        try:
            note = Note(data)
            origin, size, root = parse_checkpoint(note.text)
        except ValueError:
            self.add(TAMPERED, path, "is not a signed checkpoint", offset=offset)
            return
        if origin != self.origin:
            self.add(TAMPERED, path, "a checkpoint is not one of this log", offset=offset)
            return
        signers = note.signers([key for key, _, _ in self.keys])
        if not signers:
            problem = "a signature is false" if signers is None else "no known key signed"
            self.add(TAMPERED, path, "%s (checkpoint of %d records)" % (problem, size), offset=offset)
            return
        known = [(key.name, key.id) for key in signers]
        if any((name, identity) not in known for name, identity, _ in note.signatures):
            self.add(TAMPERED, path, "a checkpoint has a signature of no key of this log", offset=offset)
            return
        for key, start, end in self.keys:
            if key in signers and not (start <= size and (end is None or size <= end)):
                self.add(TAMPERED, path, "key %s signed %d records, for which it was not in use" % (key.id.hex(), size))
                return
        self.claims.append((size, root, path, signers))

    def read_checkpoints(self):
        newest = self.read("checkpoint", MAX_NOTE)
        history = self.read("checkpoints.log", MAX_HISTORY)
        state = self.read(os.path.join("state", "signed"), MAX_NOTE)
        # Without all that was kept nobody can say which key vouched for which; that it is not there is told.
        self.has_history = history is not None
        position = 0
        while history and position < len(history):
            end = history.find(b"\n\n", history.find(b"\n\n", position) + 1) if b"\n\n" in history[position:] else -1
            if end < 0:
                self.add(INCOMPLETE, "checkpoints.log", "ends within a checkpoint", offset=position)
                self.has_history = False
                break
            count = len(self.claims)
            self.claim(history[position : end + 1], "checkpoints.log", position)
            if len(self.claims) == count:
                break
            position = end + 2
        sizes = [size for size, _, _, _ in self.claims]
        if sizes != sorted(sizes):
            self.add(TAMPERED, "checkpoints.log", "the checkpoints are not in order")
        if newest is not None:
            count = len(self.claims)
            self.claim(newest, "checkpoint")
            if len(self.claims) > count and sizes and self.claims[-1][0] < sizes[-1]:
                self.add(TAMPERED, "checkpoint", "is older than one that was kept")
        if newest is None and history is None and state is None:
            self.add(INCOMPLETE, "checkpoint", "nothing is signed: there is no checkpoint")
            return
        for data, name in ((newest, "checkpoint"), (history, "checkpoints.log"), (state, "state/signed")):
            if data is None:
                self.add(INCOMPLETE, name, "is not there")
        if state is not None:
            try:
                self.state = parse_checkpoint(state)
                if self.state[0] != self.origin:
                    raise ValueError
            except ValueError:
                self.state = None
                self.add(TAMPERED, "state/signed", "is not what a signer of this log left")
        if self.state and any(size > self.state[1] for size, _, _, _ in self.claims):
            self.add(TAMPERED, "state/signed", "is older than a checkpoint")
        for key, _, end in self.keys:
            if end is not None and not any(size == end and key in signers for size, _, _, signers in self.claims):
                self.add(INCOMPLETE, "checkpoints.log", "the last checkpoint of key %s is not there" % key.id.hex())

    def read_since(self):
        if self.since is None:
            return
        try:
            note = Note(self.since)
            self.saved = parse_checkpoint(note.text)
        except ValueError:
            self.add(UNREADABLE, "the checkpoint you gave", "is not a signed note")
            return
        if self.saved[0] != self.origin or not note.signers([key for key, _, _ in self.keys] + self.trusted):
            self.add(TAMPERED, "the checkpoint you gave", "is of another log, or no key of the log signed it")
            self.saved = None

    def numbered(self, folder, suffix):
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return []
        pattern = re.compile(r"(\d{20})" + re.escape(suffix))
        return sorted(int(match.group(1)) for match in map(pattern.fullmatch, names) if match)

    def read_write_ahead(self):
        files = []
        firsts = self.numbered(self.file("wal"), ".wal")
        for place, first in enumerate(firsts):
            name = os.path.join("wal", "%020d.wal" % first)
            file = WriteAhead(name, first, self.read(name, MAX_WAL) or b"")
            after = firsts[place + 1] if place + 1 < len(firsts) else None
            if file.head and file.origin != self.origin:
                self.add(TAMPERED, name, "belongs to another log")
            superseded = after is not None and file.head and file.end_index >= after
            if file.end == "torn" and after is None:
                self.torn_bytes += file.torn
            elif file.end != "clean" and not superseded:
                problem = "is cut short" if file.end == "torn" else file.end
                self.add(TAMPERED, name, problem, file.end_index, file.offset)
            files.append(file)
        return files

    def read_segments(self, files):
        """Adds all segments to the tree. Returns where a block is unreadable, unless a crash explains it."""
        firsts = []
        root = self.file("seg")
        for group in sorted(os.listdir(root)) if os.path.isdir(root) else []:
            if not group.startswith("x"):
                continue
            for first in self.numbered(os.path.join(root, group), ".jsonl.gz"):
                if first % (1 << self.segment_log2) or group != "x%03d" % ((first >> self.segment_log2) // 1000):
                    self.add(TAMPERED, group, "a segment is not where it belongs", first)
                    raise Damage("segments")
                if first >= self.pruned:
                    firsts.append(first)
        for place, first in enumerate(sorted(firsts)):
            if first != self.tree.size:
                self.add(INCOMPLETE, "seg", "the segment is not there", self.tree.size)
                self.whole = False
                return None
            name = os.path.join("seg", "x%03d" % ((first >> self.segment_log2) // 1000), "%020d.jsonl.gz" % first)
            newest = place + 1 == len(firsts)
            self.segments += 1
            tear = self.read_segment(name, first, newest)
            self.check_tiles()
            if tear:
                index, offset, problem, crash = tear
                held = index - 1 if index == first + (1 << self.segment_log2) else index
                if newest and crash and any(file.first <= held < file.end_index for file in files):
                    return None
                return name, problem, index, offset
            if not self.whole:
                return None
        return None

    def read_segment(self, name, first, newest):
        end = first + (1 << self.segment_log2)
        earliest, latest, index, offset = 1 << 63, -(1 << 63), first, 0
        with open(self.file(name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            while offset < size:
                file.seek(offset)
                data = file.read(12 + 65535)
                member = None
                try:
                    member = Member(data)
                    if member.kind == 255:
                        fits = member.first == first and member.count == end - first and index == end
                    else:
                        limit = ((index >> self.block_log2) + 1) << self.block_log2
                        fits = member.first == index < end and index + member.count <= limit
                    if not fits:
                        raise Damage("a block stands at a wrong place")
                    if member.size > size - offset:
                        raise EOFError
                except (EOFError, Damage) as error:
                    file.seek(offset)
                    rest = file.read(2 * MAX_MEMBER)
                    cut = is_cut_short(rest) or zeros(rest, 0, len(rest), offset, 4)
                    return index, offset, str(error) or "a block is cut short", cut
                file.seek(offset)
                block = file.read(member.size)
                if member.kind == 255:
                    sound = member.is_sound(block) and self.tree.segment_root == member.root
                    if not sound or (member.earliest, member.latest) != (earliest, latest):
                        self.add(TAMPERED, name, "the end of the segment tells what its blocks do not", offset=offset)
                    if offset + member.size != size:
                        self.add(TAMPERED, name, "the segment goes on after its end", offset=offset + member.size)
                    return None
                problem, leaves = self.read_block(member, block)
                if problem and newest and zeros(block, 0, len(block), offset, 4):
                    return index, offset, problem, True
                if problem:
                    self.add(TAMPERED, name, problem, index, offset)
                self.blocks += 1
                if len(leaves) == member.count:
                    self.add_block(leaves)
                elif member.count == 1 << self.block_log2:
                    self.tree.add(member.root, self.block_log2)
                else:
                    self.whole = False
                    return None
                earliest, latest = min(earliest, member.earliest), max(latest, member.latest)
                index += member.count
                offset += member.size
        if not newest:
            self.add(TAMPERED, name, "the segment ends early", index)
            self.whole = False
        return None

    def read_block(self, member, block):
        try:
            content = member.content(block)
        except Damage as error:
            return str(error), []
        lines = content.split(b"\n")
        if lines.pop() != b"" or len(lines) != member.count or not all(lines):
            return "a block holds another number of lines than its head names", []
        leaves = [leaf(line) for line in lines]
        self.count_gaps(lines)
        if head_of(leaves) != member.root:
            return "the records of a block are not those its head names", leaves
        if times(lines) not in (None, (member.earliest, member.latest)):
            return "the times in the head of a block are not those of its records", leaves
        return None, leaves

    def count_gaps(self, lines):
        """Counts the records that declare a stretch of time unseen, and keeps what the first of them say."""
        for line in lines:
            if line[37:67] != b'","feed":"picket","kind":"gap"':
                continue
            self.gaps += 1
            if len(self.declared) >= 20:
                continue
            try:
                value = json.loads(line)
                text = "%s to %s, feed %s: %s" % tuple(value.get(key) for key in ("from", "to", "name", "cause"))
                text += ", %s lost" % value["lost"] if "lost" in value else ""
            except (ValueError, AttributeError, TypeError, RecursionError):
                text = "a record that cannot be read"
            self.declared.append(text.encode("unicode_escape").decode())

    def add_block(self, leaves):
        for value in leaves:
            if self.keep_from is not None and self.tree.size >= self.keep_from:
                self.kept[self.tree.size] = value
            self.tree.add(value)

    def add_tail(self, files):
        sealed = self.tree.size
        for place, file in enumerate(files):
            if not file.head:
                continue
            if file.first > self.tree.size:
                self.add(TAMPERED, file.path, "the records before it are nowhere", self.tree.size)
                return
            limit = files[place + 1].first if place + 1 < len(files) else None
            for index, line in enumerate(file.records, file.first):
                if limit is not None and index >= limit:
                    break
                value = leaf(line)
                if index < sealed:
                    if self.kept.get(index, value) != value:
                        self.add(TAMPERED, file.path, "holds another record than the segment", index)
                        break
                elif index == self.tree.size:
                    self.tree.add(value)
                    self.count_gaps([line])

    def compare(self, files):
        def holds(size, root, path):
            if size not in self.tree.heads and size < self.pruned:
                self.beyond += 1
                return False
            if size not in self.tree.heads:
                self.add(TAMPERED, path, "was signed for %d records, the log has %d" % (size, self.tree.size))
                return False
            if self.tree.heads[size] != root:
                self.add(TAMPERED, path, "the first %d records are not those that were signed" % size)
                return False
            return True

        self.right = [claim for claim in self.claims if holds(*claim[:3])]
        self.checked += len(self.right)
        if self.state:
            holds(self.state[1], self.state[2], "state/signed")
        if self.saved:
            holds(self.saved[1], self.saved[2], "the checkpoint you gave")
            if self.saved[1] < self.pruned and self.saved[1] not in self.tree.heads:
                self.add(INCOMPLETE, "PRUNED", "the records of your checkpoint were deleted: nothing to compare it with")
        for file in files:
            if file.head and self.tree.heads.get(file.first, file.head[2]) != file.head[2]:
                self.add(TAMPERED, file.path, "names another tree than the records before it make")

    def record(self, index):
        """The line of one record: found again, so that the whole log need not be kept."""
        for first in self.numbered(self.file("wal"), ".wal"):
            name = os.path.join("wal", "%020d.wal" % first)
            file = WriteAhead(name, first, self.read(name, MAX_WAL) or b"")
            if first <= index < file.end_index:
                return file.records[index - first]
        first = index >> self.segment_log2 << self.segment_log2
        name = os.path.join("seg", "x%03d" % ((first >> self.segment_log2) // 1000), "%020d.jsonl.gz" % first)
        offset = 0
        with open(self.file(name), "rb") as file:
            while True:
                file.seek(offset)
                member = Member(file.read(12 + 65535))
                if index < member.first + member.count:
                    file.seek(offset)
                    return member.content(file.read(member.size)).split(b"\n")[index - member.first]
                offset += member.size

    def check_introductions(self):
        """Believes a key that the caller gave, or one whose introduction a believed key signed; without given keys the first."""
        trusted = [key.text for key in self.trusted]
        texts = [key.text for key, _, _ in self.keys]
        self.believed = [text for text in texts if text in trusted] if trusted else texts[:1]
        self.doubtful = []
        for place, (key, start, _) in enumerate(self.keys):
            if key.text in trusted:
                continue
            if place == 0:
                if start:
                    self.add(TAMPERED, "KEYS", "the first key does not sign from the beginning")
                continue
            if 0 < start <= self.pruned and not self.trusted:
                self.unintroduced.append(key)
                self.believed.append(key.text)
                continue
            if 0 < start <= self.pruned:
                self.doubtful.append(key.text)
                self.add(INCOMPLETE, "KEYS", "the record that introduced key %s was deleted" % key.id.hex())
                continue
            line = self.record(start - 1) if 0 < start <= self.tree.size else b""
            wanted = ['"action":"key-added"', '"vkey":"%s"' % key.text]
            if not is_of_log(line) or not all(text.encode() in line for text in wanted):
                self.add(TAMPERED, "KEYS", "key %s is not introduced by the log" % key.id.hex(), start - 1)
            elif any(claim[0] >= start and self.is_believed(claim) for claim in self.right):
                self.believed.append(key.text)
            elif self.has_history and not self.doubtful and any(key in signers for _, _, _, signers in self.claims):
                self.add(TAMPERED, "KEYS", "no believed key signed the introduction of key %s" % key.id.hex(), start - 1)
            else:
                self.doubtful.append(key.text)

    def is_believed(self, claim):
        return any(key.text in self.believed for key in claim[3])

    def check_signers(self):
        """The newest head is that of a believed key, and nobody else signed what lies beyond it."""
        self.newest = max((claim[0] for claim in self.right if self.is_believed(claim)), default=None)
        for claim in self.claims:
            if self.newest is not None and claim[0] <= self.newest or self.is_believed(claim):
                continue
            if not any(key.text in self.doubtful for key in claim[3]):
                self.add(TAMPERED, claim[2], "no believed key signed the checkpoint of %d records" % claim[0])

    def report(self, verdict):
        print("origin          %s" % getattr(self, "origin", ""))
        if self.tree:
            print("checkpoint      size %s; %d in all" % (self.newest, self.checked))
            counts = (self.tree.size - min(self.tree.size, self.pruned), self.blocks, self.segments, self.tiles)
            print("tree            %d records re-hashed, %d blocks, %d segments, %d tiles" % counts)
            unsigned = self.tree.size - (self.newest or 0)
            if unsigned > 0:
                print("tail            %d records after the newest checkpoint: NOT YET SIGNED" % unsigned)
            if self.torn_bytes:
                print("torn            %d bytes of a frame that was never acknowledged" % self.torn_bytes)
            if self.pruned:
                print("pruned          below index %d; %d checkpoints below it" % (self.pruned, self.beyond))
            print("gaps            %d declared" % self.gaps)
            for text in self.declared:
                print("                " + text)
        for found, text in self.findings:
            print("%-15s %s" % (NAMES[found], text))
        for key in self.unintroduced:
            print("NOT PROVEN      how key %s came in: retention deleted the record (give it with --key)" % key.id.hex())
        if not self.trusted:
            print("NOT PROVEN      whose the keys are: they were taken from the log itself (give --key)")
        if self.saved is None:
            print("NOT PROVEN      that no newer end was cut off (give --since-checkpoint)")
        print("NOT PROVEN      that everything that happened was sent to the log")
        print("RESULT          %s" % NAMES[verdict])


class Arguments(argparse.ArgumentParser):
    """Wrong usage has a code of its own: argparse's, 2, says here that a log is incomplete."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, "%s: %s\n" % (self.prog, message))


def main():
    codes = "0 sound, 1 tampered, 2 incomplete, 3 unreadable"
    parser = Arguments(description="Checks a Picket log. Exit: %s." % codes)
    parser.add_argument("log")
    parser.add_argument("--key", action="append", default=[], metavar="VKEY", help="a key you have from elsewhere")
    parser.add_argument("--since-checkpoint", metavar="FILE", help="a checkpoint you kept: the log must extend it")
    arguments = parser.parse_args()
    try:
        keys = [Key(text) for text in arguments.key]
        since = None
        if arguments.since_checkpoint:
            with open(arguments.since_checkpoint, "rb") as file:
                since = file.read(MAX_NOTE + 1)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    verifier = Verifier(arguments.log, keys, since)
    verdict = verifier.run()
    verifier.report(verdict)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
