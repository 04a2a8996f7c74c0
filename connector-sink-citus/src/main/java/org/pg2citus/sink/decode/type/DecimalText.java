package org.pg2citus.sink.decode.type;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.kafka.connect.data.Struct;

/** {@code numeric} and {@code money} as exact decimals. */
final class DecimalText {

    private DecimalText() {}

    static String ofDecimal(Object value) {
        return ((BigDecimal) value).toPlainString();
    }

    /** A {@code numeric} without a declared scale; Debezium has cut its trailing zeros. */
    static String ofVariableScale(Object value) {
        Struct struct = (Struct) value;
        BigInteger digits = new BigInteger(BytesText.bytes(struct.get("value")));
        return new BigDecimal(digits, struct.getInt32("scale")).toPlainString();
    }
}
