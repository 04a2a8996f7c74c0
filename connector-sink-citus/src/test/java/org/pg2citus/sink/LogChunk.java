package org.pg2citus.sink;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** A compact record with changes of one table, {@code public.log (line text PRIMARY KEY, n int)}. */
final class LogChunk {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    LogChunk() {
        bytes.writeBytes(new byte[8]);
        number(1).number(0).text("public").text("log").code('d').number(2);
        text("line").number(1).text("n").number(0);
    }

    LogChunk begin(long xid) {
        return code('B').number(xid).number(1).number(1);
    }

    /** A part of a transaction that is not its first. */
    LogChunk rest(long xid, long eventsBefore) {
        return code('P').number(xid).number(eventsBefore);
    }

    LogChunk insert(String line) {
        return code('I').number(0).value(line).value("1");
    }

    LogChunk end(long endLsn, long eventCount) {
        return code('C').number(endLsn).number(eventCount);
    }

    LogChunk mark(long lsn) {
        return code('W').number(lsn);
    }

    byte[] bytes() {
        byte[] chunk = bytes.toByteArray();
        var checksum = new CRC32C();
        checksum.update(chunk, 8, chunk.length - 8);
        ByteBuffer.wrap(chunk).put(new byte[] {'p', '2', 'c', 1}).putInt((int) checksum.getValue());
        return chunk;
    }

    private LogChunk code(char code) {
        bytes.write(code);
        return this;
    }

    private LogChunk number(long value) {
        long rest = value;
        for (; rest > 0x7F; rest >>>= 7) {
            bytes.write((int) ((rest & 0x7F) | 0x80));
        }
        bytes.write((int) rest);
        return this;
    }

    private LogChunk text(String text) {
        number(text.length());
        bytes.writeBytes(text.getBytes(UTF_8));
        return this;
    }

    private LogChunk value(String text) {
        number(text.length() + 2);
        bytes.writeBytes(text.getBytes(UTF_8));
        return this;
    }
}
