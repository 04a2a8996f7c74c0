package org.pg2citus.source.pgoutput;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The values of one row where they lie in the message: neither copied nor decoded. Valid until the next message is
 * decoded. Not thread-safe.
 */
public final class Tuple {

    private static final int NULL = -1;
    private static final int UNCHANGED = -2;

    private byte[] bytes = {};
    private int messageStart;
    private int[] starts = {};
    private int[] lengths = {};
    private int count;

    Tuple() {}

    /** Forgets the row that was read before. The message must be backed by an array. */
    void reset(ByteBuffer message, int valueCount) {
        bytes = message.array();
        messageStart = message.arrayOffset();
        count = valueCount;
        if (starts.length < valueCount) {
            starts = new int[valueCount];
            lengths = new int[valueCount];
        }
    }

    /**
     * Takes the next value from the message.
     *
     * @return false when its kind is not known
     */
    boolean read(int index, char kind, ByteBuffer message) {
        starts[index] = 0;
        switch (kind) {
            case 't' -> {
                lengths[index] = message.getInt();
                starts[index] = messageStart + message.position();
                message.position(message.position() + lengths[index]);
            }
            case 'n' -> lengths[index] = NULL;
            case 'u' -> lengths[index] = UNCHANGED;
            default -> {
                return false;
            }
        }
        return true;
    }

    public int size() {
        return count;
    }

    public boolean isNull(int index) {
        return lengths[index] == NULL;
    }

    /** Whether it is a TOAST value that did not change, and was not sent. */
    public boolean isUnchanged(int index) {
        return lengths[index] == UNCHANGED;
    }

    /** The bytes of a value's text in UTF-8; 0 for NULL and unchanged values. */
    public int length(int index) {
        return Math.max(0, lengths[index]);
    }

    /** Where a value's text begins in {@link #bytes}. */
    public int start(int index) {
        return starts[index];
    }

    /** The message. */
    public byte[] bytes() {
        return bytes;
    }

    /** The bytes of all values together. */
    public long sizeBytes() {
        long size = 0;
        for (int i = 0; i < count; i++) {
            size += length(i);
        }
        return size;
    }

    /** Whether both rows of one message have the same value, NULL, or nothing sent. */
    public boolean isSame(int index, Tuple other) {
        return lengths[index] == other.lengths[index]
                && Arrays.equals(
                        bytes,
                        starts[index],
                        starts[index] + length(index),
                        other.bytes,
                        other.starts[index],
                        other.starts[index] + other.length(index));
    }

    /** Takes a value from the other row of the same message. */
    public void take(int index, Tuple other) {
        starts[index] = other.starts[index];
        lengths[index] = other.lengths[index];
    }

    /** The values as text: {@code null} for NULL, {@link PgOutputDecoder#UNCHANGED} for what was not sent. */
    public String[] texts() {
        String[] texts = new String[count];
        for (int i = 0; i < count; i++) {
            if (isUnchanged(i)) {
                texts[i] = PgOutputDecoder.UNCHANGED;
            } else if (!isNull(i)) {
                texts[i] = new String(bytes, starts[i], lengths[i], UTF_8);
            }
        }
        return texts;
    }
}
