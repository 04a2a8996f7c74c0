package org.pg2citus.sink.change;

/**
 * A position in the source's write-ahead log, as PostgreSQL's {@code pg_lsn}: an unsigned 64-bit byte offset.
 *
 * <p>Source: <a href="https://www.postgresql.org/docs/current/datatype-pg-lsn.html">pg_lsn Type</a>.
 */
public record Lsn(long value) implements Comparable<Lsn> {

    /** Before every real position. */
    public static final Lsn ZERO = new Lsn(0);

    /**
     * Reads PostgreSQL's text form, for example {@code 16/B374D848}.
     *
     * @throws IllegalArgumentException when the text is not two hexadecimal numbers of at most eight digits
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash > 8 || text.length() - slash < 2 || text.length() - slash > 9) {
            throw new IllegalArgumentException("not an LSN (expected like 16/B374D848): " + text);
        }
        try {
            long high = Long.parseUnsignedLong(text, 0, slash, 16);
            long low = Long.parseUnsignedLong(text, slash + 1, text.length(), 16);
            return new Lsn((high << 32) | low);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not an LSN (expected like 16/B374D848): " + text, e);
        }
    }

    /** The number of bytes of WAL from {@code earlier} to this position; negative when {@code earlier} is later. */
    public long bytesSince(Lsn earlier) {
        return value - earlier.value;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "%X/%X".formatted(value >>> 32, value & 0xFFFFFFFFL);
    }
}
