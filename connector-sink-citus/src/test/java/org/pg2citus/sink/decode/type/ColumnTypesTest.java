package org.pg2citus.sink.decode.type;

import static org.apache.kafka.connect.data.Schema.OPTIONAL_BYTES_SCHEMA;
import static org.apache.kafka.connect.data.Schema.OPTIONAL_FLOAT64_SCHEMA;
import static org.apache.kafka.connect.data.Schema.OPTIONAL_INT32_SCHEMA;
import static org.apache.kafka.connect.data.Schema.OPTIONAL_INT64_SCHEMA;
import static org.apache.kafka.connect.data.Schema.OPTIONAL_STRING_SCHEMA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Row;

class ColumnTypesTest {

    private static final String PLACEHOLDER = "__debezium_unavailable_value";

    @Test
    void plainTypes() {
        gives(Schema.OPTIONAL_BOOLEAN_SCHEMA, true, "true");
        gives(Schema.OPTIONAL_BOOLEAN_SCHEMA, false, "false");
        gives(Schema.OPTIONAL_INT16_SCHEMA, Short.MIN_VALUE, "-32768");
        gives(OPTIONAL_INT32_SCHEMA, Integer.MAX_VALUE, "2147483647");
        gives(OPTIONAL_INT64_SCHEMA, Long.MIN_VALUE, "-9223372036854775808");
        gives(OPTIONAL_STRING_SCHEMA, "", "");
        gives(OPTIONAL_STRING_SCHEMA, "a'\"\\\n\u00e4\ud83d\ude00", "a'\"\\\n\u00e4\ud83d\ude00");
    }

    @Test
    void floats_arePrintedAsPostgresqlPrintsThem() {
        Schema type = OPTIONAL_FLOAT64_SCHEMA;
        gives(type, 0.0, "0");
        gives(type, -0.0, "-0");
        gives(type, 1.0, "1");
        gives(type, -1.5, "-1.5");
        gives(type, 0.1, "0.1");
        gives(type, 0.0001, "0.0001");
        gives(type, 0.00001, "1e-05");
        gives(type, 123456789012345.0, "123456789012345");
        gives(type, 1e15, "1e+15");
        gives(type, 1.25e300, "1.25e+300");
        gives(type, Double.MAX_VALUE, "1.7976931348623157e+308");
        gives(type, Double.MIN_VALUE, "5e-324");
        gives(type, 2.0E-3, "0.002");
        gives(type, 2.2250738585072014E-308, "2.2250738585072014e-308");
        gives(type, Double.NaN, "NaN");
        gives(type, Double.POSITIVE_INFINITY, "Infinity");
        gives(type, Double.NEGATIVE_INFINITY, "-Infinity");

        Schema real = Schema.OPTIONAL_FLOAT32_SCHEMA;
        gives(real, 0.1f, "0.1");
        gives(real, 100000f, "100000");
        gives(real, 1000000f, "1e+06");
        gives(real, 16777216f, "1.6777216e+07");
        gives(real, Float.MAX_VALUE, "3.4028235e+38");
        gives(real, Float.MIN_VALUE, "1e-45");
        gives(real, Float.NaN, "NaN");
        gives(real, Float.NEGATIVE_INFINITY, "-Infinity");
    }

    @Test
    void bytes_areHex() {
        gives(OPTIONAL_BYTES_SCHEMA, new byte[] {}, "\\x");
        gives(OPTIONAL_BYTES_SCHEMA, new byte[] {0, 1, (byte) 0xFF}, "\\x0001ff");
        ByteBuffer buffer = ByteBuffer.wrap(new byte[] {9, 0, 1, 9}, 1, 2);
        gives(OPTIONAL_BYTES_SCHEMA, buffer, "\\x0001");
        gives(OPTIONAL_BYTES_SCHEMA, buffer, "\\x0001"); // reading it leaves it as it was
    }

    @Test
    void decimals_keepTheirScale() {
        gives(Decimal.schema(2), new BigDecimal("1.50"), "1.50");
        gives(Decimal.schema(0), new BigDecimal("-123456789012345678901234567890"), "-123456789012345678901234567890");
        gives(Decimal.schema(20), new BigDecimal("0.00000000000000000001"), "0.00000000000000000001");
        Schema variable = named(
                SchemaBuilder.struct().field("scale", Schema.INT32_SCHEMA).field("value", Schema.BYTES_SCHEMA),
                "io.debezium.data.VariableScaleDecimal");
        gives(variable, decimal(variable, 3, "12345"), "12.345");
        gives(variable, decimal(variable, 0, "-7"), "-7");
        gives(variable, decimal(variable, -2, "5"), "500");
    }

    @Test
    void dates_reachFromFirstToLast() {
        Schema type = named(SchemaBuilder.int32(), "io.debezium.time.Date");
        gives(type, 0, "1970-01-01");
        gives(type, -1, "1969-12-31");
        gives(type, 18321, "2020-02-29");
        gives(type, -719162, "0001-01-01");
        gives(type, -719163, "0001-12-31 BC");
        gives(type, -2440588, "4714-11-24 BC");
        gives(type, 2145042905, "5874897-12-31");
        gives(type, 2932897, "10000-01-01");
        refuses(type, -2440589, "outside of PostgreSQL's range");
        refuses(type, 2145042906, "outside of PostgreSQL's range");
        refuses(type, -2147472692, "infinity"); // what Debezium makes of infinity
        refuses(type, -2147472693, "infinity"); // and of -infinity

        gives(Date.SCHEMA, java.util.Date.from(Instant.parse("2020-02-29T00:00:00Z")), "2020-02-29");
        gives(Date.SCHEMA, java.util.Date.from(Instant.parse("1969-12-31T00:00:00Z")), "1969-12-31");
        refuses(Date.SCHEMA, java.util.Date.from(Instant.parse("2020-02-29T00:00:01Z")), "time of day");

        Schema iso = named(SchemaBuilder.string(), "io.debezium.time.IsoDate");
        gives(iso, "2020-02-29Z", "2020-02-29");
        gives(iso, "-0043-03-15Z", "0044-03-15 BC");
        gives(iso, "+10000-01-01Z", "10000-01-01");
        refuses(iso, "-5877611-06-21Z", "infinity");
    }

    @Test
    void times_keepMicrosecondsAndTheLastMidnight() {
        Schema micros = named(SchemaBuilder.int64(), "io.debezium.time.MicroTime");
        gives(micros, 0L, "00:00:00");
        gives(micros, 1L, "00:00:00.000001");
        gives(micros, 36_000_500_000L, "10:00:00.5");
        gives(micros, 86_399_999_999L, "23:59:59.999999");
        gives(micros, 86_400_000_000L, "24:00:00");
        refuses(micros, 86_400_000_001L, "within a day");
        refuses(micros, -1L, "within a day");

        Schema millis = named(SchemaBuilder.int32(), "io.debezium.time.Time");
        gives(millis, 1, "00:00:00.001");
        gives(millis, 86_400_000, "24:00:00");

        Schema nanos = named(SchemaBuilder.int64(), "io.debezium.time.NanoTime");
        gives(nanos, 1_000L, "00:00:00.000001");
        refuses(nanos, 1L, "nanoseconds");

        Schema iso = named(SchemaBuilder.string(), "io.debezium.time.IsoTime");
        gives(iso, "10:11:12.5Z", "10:11:12.5");
        refuses(iso, "00:00:00Z", "24:00:00");
        refuses(iso, "10:11:12+01:00", "offset");

        refuses(Time.SCHEMA, java.util.Date.from(Instant.EPOCH), "cut microseconds");
    }

    @Test
    void timestamps_reachFromFirstToLastAndRefuseInfinity() {
        Schema micros = named(SchemaBuilder.int64(), "io.debezium.time.MicroTimestamp");
        gives(micros, 0L, "1970-01-01 00:00:00");
        gives(micros, -1L, "1969-12-31 23:59:59.999999");
        gives(micros, 1_582_934_400_120_000L, "2020-02-29 00:00:00.12");
        gives(micros, -210_866_803_200_000_000L, "4714-11-24 00:00:00 BC");
        gives(micros, Long.MAX_VALUE, "294247-01-10 04:00:54.775807");
        refuses(micros, -9_223_372_036_853_775_810L, "overflow"); // what Debezium makes of 294276-12-31
        refuses(micros, -210_866_803_200_000_001L, "overflow");
        refuses(micros, 9_223_372_036_825_200_000L, "infinity");
        refuses(micros, -9_223_372_036_832_400_000L, "infinity");

        Schema millis = named(SchemaBuilder.int64(), "io.debezium.time.Timestamp");
        gives(millis, 1_582_934_400_120L, "2020-02-29 00:00:00.12");
        gives(millis, 9_224_318_015_999_999L, "294276-12-31 23:59:59.999");
        refuses(millis, 9_224_318_016_000_000L, "infinity");
        refuses(millis, 9_223_372_036_825_200L, "infinity");

        Schema nanos = named(SchemaBuilder.int64(), "io.debezium.time.NanoTimestamp");
        gives(nanos, -1_000L, "1969-12-31 23:59:59.999999");
        refuses(nanos, 1L, "nanoseconds");
        refuses(nanos, Long.MAX_VALUE, "infinity");
        refuses(nanos, Long.MIN_VALUE, "infinity");

        Schema iso = named(SchemaBuilder.string(), "io.debezium.time.IsoTimestamp");
        gives(iso, "2023-11-21T18:29:26.5Z", "2023-11-21 18:29:26.5");
        gives(iso, "-0043-03-15T00:00:00Z", "0044-03-15 00:00:00 BC");
        gives(iso, "+294276-12-31T23:59:59.999999Z", "294276-12-31 23:59:59.999999");
        refuses(iso, "+294247-01-10T04:00:25.2Z", "infinity");
        refuses(iso, "2023-11-21T18:29:26+01:00", "offset");

        refuses(Timestamp.SCHEMA, java.util.Date.from(Instant.EPOCH), "cut microseconds");
    }

    @Test
    void zonedTimestamps_areInUtc() {
        Schema type = named(SchemaBuilder.string(), "io.debezium.time.ZonedTimestamp");
        gives(type, "2023-11-21T18:29:26.123456Z", "2023-11-21 18:29:26.123456+00");
        gives(type, "2023-11-21T18:29:26.120000+02:00", "2023-11-21 16:29:26.12+00");
        gives(type, "-0043-03-15T00:00:00.000000Z", "0044-03-15 00:00:00+00 BC");
        gives(type, "+294276-12-31T23:59:59.999999Z", "294276-12-31 23:59:59.999999+00");
        gives(type, "infinity", "infinity");
        gives(type, "-infinity", "-infinity");
    }

    @Test
    void zonedTimes_areRefusedWhenTheirOffsetMayBeLost() {
        Schema type = named(SchemaBuilder.string(), "io.debezium.time.ZonedTime");
        gives(type, "10:11:12.5+03:00", "10:11:12.5+03");
        gives(type, "10:11:12-05:30", "10:11:12-05:30");
        refuses(type, "07:11:12.5Z", "lost its own offset");
    }

    @Test
    void intervals_keepMonthsDaysAndTimeApart() {
        Schema type = named(SchemaBuilder.string(), "io.debezium.time.Interval");
        gives(type, "P0Y0M0DT0H0M0S", "00:00:00");
        gives(type, "P1Y2M3DT4H5M6.789S", "1 year 2 mons 3 days 04:05:06.789");
        gives(type, "P0Y1M1DT0H0M0S", "1 mon 1 day");
        gives(type, "P-1Y-2M3DT-4H-5M-6.78S", "-1 years -2 mons +3 days -04:05:06.78");
        gives(type, "P0Y0M-1DT2H3M0S", "-1 days +02:03:00");
        gives(type, "P0Y0M0DT0H0M-0.000001S", "-00:00:00.000001");
        gives(type, "P0Y14M0DT100H0M0S", "1 year 2 mons 100:00:00");
        refuses(type, "P0Y0M0DT0H0M0.0000001S", "parts that PostgreSQL's type does not");
        refuses(type, "P1W", "form");
        refuses(named(SchemaBuilder.int64(), "io.debezium.time.MicroDuration"), 1L, "interval.handling.mode=string");
    }

    @Test
    void bits_needTheSourceType() {
        Schema three = SchemaBuilder.bytes()
                .name("io.debezium.data.Bits")
                .parameter("length", "3")
                .parameter("__debezium.source.column.type", "BIT")
                .build();
        gives(three, new byte[] {0b101}, "101");
        gives(three, new byte[] {0b1}, "001");
        gives(three, new byte[] {}, "000");
        refuses(three, new byte[] {0b1000}, "more than 3 bits");
        Schema ten = SchemaBuilder.bytes()
                .name("io.debezium.data.Bits")
                .parameter("length", "10")
                .parameter("__debezium.source.column.type", "bit")
                .build();
        gives(ten, new byte[] {1, 2}, "1000000001");
        Schema varying = SchemaBuilder.bytes()
                .name("io.debezium.data.Bits")
                .parameter("length", "3")
                .parameter("__debezium.source.column.type", "VARBIT")
                .build();
        refuses(varying, new byte[] {1}, "unknown length");
        Schema untold = SchemaBuilder.bytes()
                .name("io.debezium.data.Bits")
                .parameter("length", "3")
                .build();
        refuses(untold, new byte[] {1}, "column.propagate.source.type");
        Schema one = SchemaBuilder.bool()
                .parameter("__debezium.source.column.type", "BIT")
                .build();
        gives(one, true, "1");
        gives(one, false, "0");
    }

    @Test
    void namedText_isTakenAsItIs() {
        for (String name : List.of("Enum", "Json", "Ltree", "Tsvector", "Uuid", "Xml")) {
            gives(named(SchemaBuilder.string(), "io.debezium.data." + name), " x\\\"{}", " x\\\"{}");
        }
    }

    @Test
    void arrays_areQuotedAsPostgresqlDoes() {
        Schema texts = SchemaBuilder.array(OPTIONAL_STRING_SCHEMA).build();
        gives(texts, List.of(), "{}");
        gives(
                texts,
                List.of("a", "b c", "", "NULL", "nuLL", "x,y", "{", "}", "\"", "\\", "\t", "ä"),
                "{a,\"b c\",\"\",\"NULL\",\"nuLL\",\"x,y\",\"{\",\"}\",\"\\\"\",\"\\\\\",\"\t\",ä}");
        gives(texts, Arrays.asList("a", null), "{a,NULL}");
        refuses(texts, Collections.singletonList(null), "several dimensions");
        gives(SchemaBuilder.array(OPTIONAL_INT32_SCHEMA).build(), List.of(1, -2), "{1,-2}");
        gives(SchemaBuilder.array(Schema.OPTIONAL_BOOLEAN_SCHEMA).build(), List.of(true, false), "{true,false}");
        gives(
                SchemaBuilder.array(OPTIONAL_FLOAT64_SCHEMA).build(),
                List.of(1.5, Double.NaN, Double.NEGATIVE_INFINITY),
                "{1.5,NaN,-Infinity}");
        gives(
                SchemaBuilder.array(OPTIONAL_BYTES_SCHEMA).build(),
                List.of(new byte[] {1}, new byte[] {2}),
                "{\"\\\\x01\",\"\\\\x02\"}");
        gives(
                SchemaBuilder.array(named(SchemaBuilder.int64(), "io.debezium.time.MicroTimestamp"))
                        .build(),
                List.of(0L),
                "{\"1970-01-01 00:00:00\"}");
        gives(
                SchemaBuilder.array(texts).build(),
                List.of(List.of("a", "b"), List.of("c", "d e")),
                "{{a,b},{c,\"d e\"}}");
        gives(SchemaBuilder.array(Decimal.schema(1)).build(), List.of(new BigDecimal("1.0")), "{1.0}");
    }

    @Test
    void hstore_isSortedAndQuotedAsPostgresqlDoes() {
        Schema type =
                SchemaBuilder.map(Schema.STRING_SCHEMA, OPTIONAL_STRING_SCHEMA).build();
        Map<String, String> map = new HashMap<>();
        map.put("bb", "2");
        map.put("a", null);
        map.put("c\"\\", "x\"\\y");
        map.put("", " ");
        gives(type, map, "\"\"=>\" \", \"a\"=>NULL, \"bb\"=>\"2\", \"c\\\"\\\\\"=>\"x\\\"\\\\y\"");
        gives(type, Map.of(), "");
    }

    @Test
    void geometry_isPostgresqlsPointAndPostgisHex() {
        Schema point = named(
                SchemaBuilder.struct().field("x", Schema.FLOAT64_SCHEMA).field("y", Schema.FLOAT64_SCHEMA),
                "io.debezium.data.geometry.Point");
        gives(point, new Struct(point).put("x", 1.0).put("y", -2.5e20), "(1,-2.5e+20)");
        Schema geometry = named(
                SchemaBuilder.struct().field("wkb", Schema.BYTES_SCHEMA).field("srid", OPTIONAL_INT32_SCHEMA),
                "io.debezium.data.geometry.Geometry");
        gives(
                geometry,
                new Struct(geometry).put("wkb", new byte[] {1, (byte) 0xAB}).put("srid", 4326),
                "01AB");
    }

    @Test
    void vectors_arePgvectorsText() {
        Schema dense = named(SchemaBuilder.array(Schema.FLOAT64_SCHEMA), "io.debezium.data.DoubleVector");
        gives(dense, List.of(1.0, 0.5), "[1,0.5]");
        Schema half = named(SchemaBuilder.array(Schema.FLOAT32_SCHEMA), "io.debezium.data.FloatVector");
        gives(half, List.of(1.0f, 0.1f), "[1,0.1]");
        Schema sparse = named(
                SchemaBuilder.struct()
                        .field("dimensions", Schema.INT16_SCHEMA)
                        .field(
                                "vector",
                                SchemaBuilder.map(Schema.INT16_SCHEMA, Schema.FLOAT64_SCHEMA)
                                        .build()),
                "io.debezium.data.SparseDoubleVector");
        Map<Short, Double> entries = Map.of((short) 3, 2.0, (short) 1, 1.5);
        gives(sparse, new Struct(sparse).put("dimensions", (short) 5).put("vector", entries), "{1:1.5,3:2}/5");
    }

    @Test
    void unknownTypes_areRefused() {
        refuses(named(SchemaBuilder.string(), "io.debezium.data.EnumSet"), "a", "EnumSet");
        refuses(named(SchemaBuilder.int32(), "io.debezium.time.Year"), 2020, "io.debezium.time.Year");
        Schema struct = SchemaBuilder.struct().field("a", OPTIONAL_INT32_SCHEMA).build();
        refuses(struct, new Struct(struct), "not known");
    }

    @Test
    void placeholder_inAnyShape_isUnavailable() {
        byte[] bytes = PLACEHOLDER.getBytes(StandardCharsets.UTF_8);
        isUnavailable(OPTIONAL_STRING_SCHEMA, PLACEHOLDER);
        isUnavailable(named(SchemaBuilder.string(), "io.debezium.data.Json"), PLACEHOLDER);
        isUnavailable(OPTIONAL_BYTES_SCHEMA, bytes);
        isUnavailable(OPTIONAL_BYTES_SCHEMA, ByteBuffer.wrap(bytes));
        isUnavailable(SchemaBuilder.array(OPTIONAL_STRING_SCHEMA).build(), List.of(PLACEHOLDER));
        isUnavailable(SchemaBuilder.array(OPTIONAL_BYTES_SCHEMA).build(), List.of(bytes));
        isUnavailable(SchemaBuilder.array(OPTIONAL_BYTES_SCHEMA).build(), List.of(ByteBuffer.wrap(bytes)));
        isUnavailable(
                SchemaBuilder.array(named(SchemaBuilder.string(), "io.debezium.data.Uuid"))
                        .build(),
                List.of(UUID.nameUUIDFromBytes(bytes).toString()));
        List<Integer> ints = PLACEHOLDER.chars().boxed().toList();
        isUnavailable(SchemaBuilder.array(OPTIONAL_INT32_SCHEMA).build(), ints);
        isUnavailable(
                SchemaBuilder.array(OPTIONAL_INT64_SCHEMA).build(),
                ints.stream().map(Integer::longValue).toList());
        isUnavailable(
                SchemaBuilder.map(Schema.STRING_SCHEMA, OPTIONAL_STRING_SCHEMA).build(),
                Map.of(PLACEHOLDER, PLACEHOLDER));
    }

    @Test
    void placeholder_insideOfAnotherValue_isTheUsersOwn() {
        gives(OPTIONAL_STRING_SCHEMA, PLACEHOLDER + "x", PLACEHOLDER + "x");
        Schema texts = SchemaBuilder.array(OPTIONAL_STRING_SCHEMA).build();
        gives(texts, List.of(PLACEHOLDER, "x"), "{" + PLACEHOLDER + ",x}");
    }

    @Test
    void text_ofOurOwnSource_isTakenAsItIsButNulIsUnavailable() {
        ColumnText text = ColumnText.ofText(OPTIONAL_STRING_SCHEMA);
        assertThat(text.of(PLACEHOLDER)).isEqualTo(PLACEHOLDER);
        assertThat(text.of("\u0000")).isSameAs(Row.UNAVAILABLE);
        assertThat(text.of("")).isEmpty();
        assertThatThrownBy(() -> ColumnText.ofText(OPTIONAL_INT32_SCHEMA).of(1))
                .isInstanceOf(InexactValueException.class)
                .hasMessageContaining("source.values=typed");
        Schema zoned = named(SchemaBuilder.string(), "io.debezium.time.ZonedTimestamp");
        assertThatThrownBy(() -> ColumnText.ofText(zoned).of("2020-01-01T00:00:00Z"))
                .isInstanceOf(InexactValueException.class)
                .hasMessageContaining("io.debezium.time.ZonedTimestamp");
    }

    private static void gives(Schema schema, Object value, String text) {
        assertThat(ColumnText.ofType(schema, PLACEHOLDER, true).of(value))
                .as(ColumnTypes.describe(schema))
                .isEqualTo(text);
    }

    private static void refuses(Schema schema, Object value, String reason) {
        assertThatThrownBy(() -> ColumnText.ofType(schema, PLACEHOLDER, true).of(value))
                .as(ColumnTypes.describe(schema))
                .isInstanceOf(InexactValueException.class)
                .hasMessageContaining(reason);
    }

    private static void isUnavailable(Schema schema, Object value) {
        assertThat(ColumnText.ofType(schema, PLACEHOLDER, true).of(value))
                .as(ColumnTypes.describe(schema))
                .isSameAs(Row.UNAVAILABLE);
    }

    private static Schema named(SchemaBuilder builder, String name) {
        return builder.name(name).version(1).optional().build();
    }

    private static Struct decimal(Schema schema, int scale, String digits) {
        return new Struct(schema).put("scale", scale).put("value", new BigInteger(digits).toByteArray());
    }
}
