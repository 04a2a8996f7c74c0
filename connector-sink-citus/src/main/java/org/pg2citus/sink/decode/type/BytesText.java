package org.pg2citus.sink.decode.type;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Bytes, as converters hand them over, and their text forms. */
final class BytesText {

    private static final HexFormat LOWER = HexFormat.of();
    private static final HexFormat UPPER = HexFormat.of().withUpperCase();

    private BytesText() {}

    static boolean areBytes(Object value) {
        return value instanceof byte[] || value instanceof ByteBuffer;
    }

    static byte[] bytes(Object value) {
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
        return (byte[]) value;
    }

    /** PostgreSQL's text of binary data with {@code bytea_output=hex}. */
    static String ofBytea(byte[] bytes) {
        return "\\x" + LOWER.formatHex(bytes);
    }

    /** The text form of PostGIS's types. */
    static String upperHex(byte[] bytes) {
        return UPPER.formatHex(bytes);
    }
}
