package org.pg2citus.sink.decode.type;

import java.util.BitSet;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;

/** {@code boolean}, {@code bit} and {@code varbit}. */
final class BitText {

    /** What {@code column.propagate.source.type} adds to a column's schema. */
    private static final String SOURCE_TYPE = "__debezium.source.column.type";

    private BitText() {}

    /** Debezium sends {@code bit(1)} as a boolean too; only the propagated source type tells. */
    static ColumnText ofBoolean(Schema schema) {
        boolean isBit = sourceType(schema).endsWith("BIT");
        String yes = isBit ? "1" : "true";
        String no = isBit ? "0" : "false";
        return value -> (Boolean) value ? yes : no;
    }

    /**
     * Debezium sends bits as little-endian bytes without leading zeros, so that the length of a {@code varbit} is lost,
     * and sends both types alike.
     */
    static ColumnText ofBits(Schema schema) {
        Map<String, String> parameters = schema.parameters() == null ? Map.of() : schema.parameters();
        boolean isFixed = sourceType(schema).equals("BIT") && parameters.containsKey("length");
        int length = isFixed ? Integer.parseInt(parameters.get("length")) : 0;
        return value -> {
            if (!isFixed) {
                throw new InexactValueException("bits of unknown length cannot be carried exactly. For bit(n) set"
                        + " column.propagate.source.type=.* at the source connector; for varbit use pg2citus's source"
                        + " connector");
            }
            return text(BitSet.valueOf(BytesText.bytes(value)), length);
        };
    }

    private static String text(BitSet bits, int length) {
        if (bits.length() > length) {
            throw new InexactValueException("it has more than " + length + " bits");
        }
        StringBuilder text = new StringBuilder(length);
        for (int i = length - 1; i >= 0; i--) {
            text.append(bits.get(i) ? '1' : '0');
        }
        return text.toString();
    }

    private static String sourceType(Schema schema) {
        String type = schema.parameters() == null ? null : schema.parameters().get(SOURCE_TYPE);
        return type == null ? "" : type.toUpperCase(Locale.ROOT);
    }
}
