package org.pg2citus.sink.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.zip.CRC32C;
import org.pg2citus.sink.change.Row;

/** The bytes of one chunk, checked as a whole before anything of it is read. */
final class ChunkReader {

    private static final byte[] MAGIC = {'p', '2', 'c'};
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 8;
    private static final int UNCHANGED = 1;
    /** A text of n bytes is announced as n and this. */
    private static final int TEXT = 2;

    /** What decoding puts in the place of bytes that are no text; it may also be in a text. */
    private static final char REPLACEMENT = '\uFFFD';

    private final byte[] bytes;
    private int position = HEADER_BYTES;

    ChunkReader(byte[] bytes) {
        if (!isChunk(bytes)) {
            throw new UnreadableChunkException("it does not begin as one");
        }
        if (bytes[MAGIC.length] != VERSION) {
            throw new UnreadableChunkException(
                    "it is of version %d and this sink reads version %d. Take source and sink of the same release"
                            .formatted(bytes[MAGIC.length], VERSION));
        }
        var checksum = new CRC32C();
        checksum.update(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
        if ((int) checksum.getValue() != written(bytes)) {
            throw new UnreadableChunkException("its checksum does not match: it was damaged after the source wrote it");
        }
        this.bytes = bytes;
    }

    /** Whether it begins as a chunk does, of whichever version. */
    static boolean isChunk(byte[] bytes) {
        return bytes.length >= HEADER_BYTES && bytes[0] == MAGIC[0] && bytes[1] == MAGIC[1] && bytes[2] == MAGIC[2];
    }

    private static int written(byte[] bytes) {
        int value = 0;
        for (int i = MAGIC.length + 1; i < HEADER_BYTES; i++) {
            value = (value << 8) | (bytes[i] & 0xFF);
        }
        return value;
    }

    boolean hasMore() {
        return position < bytes.length;
    }

    int next() {
        if (position >= bytes.length) {
            throw cutOff();
        }
        return bytes[position++] & 0xFF;
    }

    long number() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = next();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new UnreadableChunkException("it has a number of more than ten bytes");
    }

    /** A number of things of at least a byte each. */
    int count() {
        long count = number();
        if (count < 0 || count > bytes.length - position) {
            throw cutOff();
        }
        return (int) count;
    }

    String text() {
        return text(count());
    }

    /** A column's value; {@code null} for NULL, {@link Row#UNAVAILABLE} for what was not sent. */
    String value() {
        long announced = number();
        if (announced == 0) {
            return null;
        }
        if (announced == UNCHANGED) {
            return Row.UNAVAILABLE;
        }
        long length = announced - TEXT;
        if (length < 0 || length > bytes.length - position) {
            throw cutOff();
        }
        return text((int) length);
    }

    private String text(int length) {
        var text = new String(bytes, position, length, UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0 && !isExact(text, length)) {
            throw new UnreadableChunkException(
                    "it has text that is not UTF-8: the source's database does not know its encoding (SQL_ASCII), and holds bytes that the target could not store");
        }
        position += length;
        return text;
    }

    private boolean isExact(String text, int length) {
        byte[] encoded = text.getBytes(UTF_8);
        return Arrays.equals(encoded, 0, encoded.length, bytes, position, position + length);
    }

    private static UnreadableChunkException cutOff() {
        return new UnreadableChunkException("it is cut off");
    }
}
