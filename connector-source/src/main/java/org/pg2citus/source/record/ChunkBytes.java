package org.pg2citus.source.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** Bytes that are appended to. Not thread-safe. */
final class ChunkBytes {

    /** Beyond it a buffer grows only as far as it must: rows of 100 MB are kept in memory several times as it is. */
    private static final int DOUBLING_LIMIT = 4 << 20;

    private final int initialBytes;
    private byte[] bytes;
    private int size;

    ChunkBytes(int initialBytes) {
        this.initialBytes = initialBytes;
        this.bytes = new byte[initialBytes];
    }

    int size() {
        return size;
    }

    void add(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
    }

    void add(byte[] source, int start, int length) {
        reserve(length);
        System.arraycopy(source, start, bytes, size, length);
        size += length;
    }

    /** An unsigned number, seven bits to a byte, the lowest first; the upper bit says that more follow. */
    void addNumber(long value) {
        reserve(numberBytes(value));
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /** How many bytes a number takes. */
    static int numberBytes(long value) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }

    void addText(String text) {
        byte[] encoded = text.getBytes(UTF_8);
        addNumber(encoded.length);
        add(encoded, 0, encoded.length);
    }

    void add(ChunkBytes other, int length) {
        add(other.bytes, 0, length);
    }

    /** Forgets the first bytes. */
    void removeFirst(int length) {
        System.arraycopy(bytes, length, bytes, 0, size - length);
        size -= length;
        if (size == 0 && bytes.length > DOUBLING_LIMIT) {
            bytes = new byte[initialBytes];
        }
    }

    /** The bytes; the array is theirs alone when it is exactly filled. */
    byte[] toArray() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    private void reserve(int more) {
        int needed = Math.addExact(size, more);
        if (needed > bytes.length) {
            int doubled = bytes.length <= DOUBLING_LIMIT ? bytes.length * 2 : 0;
            bytes = Arrays.copyOf(bytes, Math.max(needed, doubled));
        }
    }
}
