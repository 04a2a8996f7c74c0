package org.pg2citus.sink.decode.type;

import static java.util.Map.entry;

import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;

/**
 * The list of Debezium's types. What is not in it is refused when its first value comes.
 *
 * <p>Source: <a href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-data-types">
 * Debezium connector for PostgreSQL, Data type mappings</a>.
 */
final class ColumnTypes {

    private static final ColumnText AS_IS = value -> (String) value;

    /** Types that a schema names; the name says more than the Connect type below it. */
    private static final Map<String, Function<Schema, ColumnText>> BY_NAME = Map.ofEntries(
            entry("io.debezium.data.Enum", schema -> AS_IS),
            entry("io.debezium.data.Json", schema -> AS_IS),
            entry("io.debezium.data.Ltree", schema -> AS_IS),
            entry("io.debezium.data.Tsvector", schema -> AS_IS),
            entry("io.debezium.data.Uuid", schema -> AS_IS),
            entry("io.debezium.data.Xml", schema -> AS_IS),
            entry("io.debezium.data.Bits", BitText::ofBits),
            entry("io.debezium.data.VariableScaleDecimal", schema -> DecimalText::ofVariableScale),
            entry("io.debezium.data.geometry.Point", schema -> GeometryText::ofPoint),
            entry("io.debezium.data.geometry.Geometry", schema -> GeometryText::ofGeometry),
            entry("io.debezium.data.geometry.Geography", schema -> GeometryText::ofGeometry),
            entry("io.debezium.data.DoubleVector", schema -> VectorText::ofDense),
            entry("io.debezium.data.FloatVector", schema -> VectorText::ofDense),
            entry("io.debezium.data.SparseDoubleVector", schema -> VectorText::ofSparse),
            entry("io.debezium.time.Date", schema -> value -> DateText.ofEpochDay((Integer) value)),
            entry("io.debezium.time.Time", schema -> value -> TimeText.ofMillis((Integer) value)),
            entry("io.debezium.time.MicroTime", schema -> value -> TimeText.ofMicros((Long) value)),
            entry("io.debezium.time.NanoTime", schema -> value -> TimeText.ofNanos((Long) value)),
            entry("io.debezium.time.Timestamp", schema -> value -> TimestampText.ofEpochMillis((Long) value)),
            entry("io.debezium.time.MicroTimestamp", schema -> value -> TimestampText.ofEpochMicros((Long) value)),
            entry("io.debezium.time.NanoTimestamp", schema -> value -> TimestampText.ofEpochNanos((Long) value)),
            entry("io.debezium.time.ZonedTimestamp", schema -> value -> ZonedText.ofTimestamp((String) value)),
            entry("io.debezium.time.ZonedTime", schema -> value -> ZonedText.ofTime((String) value)),
            entry("io.debezium.time.IsoDate", schema -> value -> IsoText.ofDate((String) value)),
            entry("io.debezium.time.IsoTime", schema -> value -> IsoText.ofTime((String) value)),
            entry("io.debezium.time.IsoTimestamp", schema -> value -> IsoText.ofTimestamp((String) value)),
            entry("io.debezium.time.Interval", schema -> value -> IntervalText.ofIso((String) value)),
            entry(
                    "io.debezium.time.MicroDuration",
                    schema -> refused("an interval as a number has lost its months and days."
                            + " Set interval.handling.mode=string at the source connector")),
            entry(Decimal.LOGICAL_NAME, schema -> DecimalText::ofDecimal),
            entry(Date.LOGICAL_NAME, schema -> value -> DateText.ofMidnight(((java.util.Date) value).toInstant())),
            entry(Time.LOGICAL_NAME, schema -> millisOnly()),
            entry(Timestamp.LOGICAL_NAME, schema -> millisOnly()));

    private ColumnTypes() {}

    static ColumnText textOf(Schema schema) {
        if (schema.name() != null) {
            Function<Schema, ColumnText> type = BY_NAME.get(schema.name());
            return type == null ? unknown(schema) : type.apply(schema);
        }
        return switch (schema.type()) {
            case BOOLEAN -> BitText.ofBoolean(schema);
            case INT8, INT16, INT32, INT64 -> Object::toString;
            case FLOAT32 -> value -> FloatText.of((Float) value);
            case FLOAT64 -> value -> FloatText.of((Double) value);
            case STRING -> AS_IS;
            case BYTES -> value -> BytesText.ofBytea(BytesText.bytes(value));
            case ARRAY -> new ArrayText(schema);
            case MAP -> HstoreText::of;
            case STRUCT -> unknown(schema);
        };
    }

    static String describe(Schema schema) {
        return schema.name() == null ? schema.type().toString() : schema.type() + " (" + schema.name() + ")";
    }

    private static ColumnText unknown(Schema schema) {
        return refused("values of type " + describe(schema)
                + " are not known. Use pg2citus's source connector, which sends every type as text");
    }

    private static ColumnText millisOnly() {
        return refused("Connect's own time types cut microseconds off."
                + " Set time.precision.mode=adaptive_time_microseconds at the source connector");
    }

    private static ColumnText refused(String reason) {
        return value -> {
            throw new InexactValueException(reason);
        };
    }
}
