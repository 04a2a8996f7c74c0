package org.pg2citus.sink.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.decode.JsonRecords.one;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/** Records with schemas, which went through Connect's converter in both directions. */
class StructRecordsTest {

    private static final String TOPIC = "pg2citus";
    private static final TableId ORDERS = new TableId("public", "orders");

    private static final Schema SOURCE = SchemaBuilder.struct()
            .field("schema", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA)
            .field("lsn", Schema.OPTIONAL_INT64_SCHEMA)
            .build();
    private static final Schema TRANSACTION = SchemaBuilder.struct()
            .field("id", Schema.STRING_SCHEMA)
            .field("total_order", Schema.INT64_SCHEMA)
            .optional()
            .build();
    private static final Schema KEY =
            SchemaBuilder.struct().field("id", Schema.STRING_SCHEMA).build();
    private static final Schema TEXTS = SchemaBuilder.struct()
            .field("id", Schema.STRING_SCHEMA)
            .field("note", SchemaBuilder.string().optional().defaultValue("new").build())
            .optional()
            .build();

    private final JsonConverter converter = new JsonConverter();
    private long offset;

    StructRecordsTest() {
        converter.configure(Map.of("schemas.enable", "true", "replace.null.with.default", "false"), false);
    }

    @Test
    void textSource_givesTextAndKeepsNullApartFromTheDefault() {
        RecordDecoder decoder = RecordDecoder.ofTextSource();
        Row key = Row.of(List.of("id"), "1");
        assertThat(one(decoder, insert(TEXTS, new Struct(TEXTS).put("id", "1").put("note", "x"))))
                .isEqualTo(new Event.Change(
                        748,
                        2,
                        new RowChange.Insert(ORDERS, Optional.of(key), Row.of(List.of("id", "note"), "1", "x"))));
        Schema noDefault = SchemaBuilder.struct()
                .field("id", Schema.STRING_SCHEMA)
                .field("note", Schema.OPTIONAL_STRING_SCHEMA)
                .optional()
                .build();
        assertThat(one(decoder, insert(noDefault, new Struct(noDefault).put("id", "1"))))
                .isEqualTo(new Event.Change(
                        748,
                        2,
                        new RowChange.Insert(
                                ORDERS, Optional.of(key), Row.of(List.of("id", "note"), "1", (String) null))));
    }

    @Test
    void nullWithADefault_staysNull() {
        Struct row = new Struct(TEXTS).put("id", "1").put("note", null);
        SinkRecord record = new SinkRecord(TOPIC, 0, null, null, null, envelope(TEXTS, row), 0);
        assertThat(one(RecordDecoder.ofTextSource(), record))
                .isEqualTo(new Event.Change(
                        748,
                        2,
                        new RowChange.Insert(
                                ORDERS, Optional.empty(), Row.of(List.of("id", "note"), "1", (String) null))));
    }

    @Test
    void boundariesAndMessages_areReadWithSchemas() {
        RecordDecoder decoder = RecordDecoder.ofTextSource();
        Schema boundary = SchemaBuilder.struct()
                .field("status", Schema.STRING_SCHEMA)
                .field("id", Schema.STRING_SCHEMA)
                .field("event_count", Schema.OPTIONAL_INT64_SCHEMA)
                .build();
        assertThat(one(
                        decoder,
                        record(
                                null,
                                new Struct(boundary)
                                        .put("status", "END")
                                        .put("id", "748:99")
                                        .put("event_count", 2L))))
                .isEqualTo(new Event.End(748, new Lsn(99), 2));
        Schema content =
                SchemaBuilder.struct().field("prefix", Schema.STRING_SCHEMA).build();
        Schema message = SchemaBuilder.struct()
                .field("op", Schema.STRING_SCHEMA)
                .field("source", SOURCE)
                .field("transaction", TRANSACTION)
                .field("message", content)
                .build();
        assertThat(one(
                        decoder,
                        record(
                                null,
                                new Struct(message)
                                        .put("op", "m")
                                        .put("source", source())
                                        .put("message", new Struct(content).put("prefix", "pg2citus")))))
                .isEqualTo(new Event.Watermark(new Lsn(77)));
        Schema heartbeat =
                SchemaBuilder.struct().field("ts_ms", Schema.INT64_SCHEMA).build();
        assertThat(one(decoder, record(null, new Struct(heartbeat).put("ts_ms", 1L))))
                .isEqualTo(new Event.Ignored());
    }

    @Test
    void typedSource_convertsByTheSchema() {
        Schema row = SchemaBuilder.struct()
                .field("id", Schema.INT64_SCHEMA)
                .field(
                        "at",
                        SchemaBuilder.int64()
                                .name("io.debezium.time.MicroTimestamp")
                                .optional()
                                .build())
                .field("data", Schema.OPTIONAL_BYTES_SCHEMA)
                .field("note", Schema.OPTIONAL_STRING_SCHEMA)
                .optional()
                .build();
        RecordDecoder decoder = RecordDecoder.ofTypedSource("?", true);
        List<String> columns = List.of("id", "at", "data", "note");
        Struct after = new Struct(row)
                .put("id", 1L)
                .put("at", 0L)
                .put("data", new byte[] {1})
                .put("note", "x");
        assertThat(one(decoder, insert(row, after)))
                .isEqualTo(new Event.Change(
                        748,
                        2,
                        new RowChange.Insert(
                                ORDERS,
                                Optional.of(Row.of(List.of("id"), "1")),
                                Row.of(columns, "1", "1970-01-01 00:00:00", "\\x01", "x"))));
        Struct unsent = new Struct(row)
                .put("id", 1L)
                .put("data", "?".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .put("note", "?");
        SinkRecord update = record(keyStruct(), envelope(row, unsent).put("op", "u"));
        Row key = Row.of(List.of("id"), "1");
        assertThat(one(decoder, update))
                .isEqualTo(new Event.Change(
                        748,
                        2,
                        new RowChange.Update(
                                ORDERS,
                                Optional.of(key),
                                Optional.of(key),
                                Optional.empty(),
                                Row.of(columns, "1", null, Row.UNAVAILABLE, Row.UNAVAILABLE))));
    }

    @Test
    void typedValue_thatCannotBeCarriedExactly_haltsNamingTableAndColumn() {
        Schema row = SchemaBuilder.struct()
                .field("at", SchemaBuilder.int32().name("io.debezium.time.Date").build())
                .optional()
                .build();
        SinkRecord record = insert(row, new Struct(row).put("at", -2147472692));
        assertThatThrownBy(() -> one(RecordDecoder.ofTypedSource("?", true), record))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("DE004: table public.orders, column at: ")
                .hasMessageEndingWith("(topic pg2citus, partition 0, offset 0)");
    }

    @Test
    void valueThatMayHaveBeenNull_halts() {
        Schema row = SchemaBuilder.struct()
                .field("id", SchemaBuilder.int64().defaultValue(0L).build())
                .field(
                        "raw",
                        SchemaBuilder.bytes()
                                .optional()
                                .defaultValue(new byte[] {7})
                                .build())
                .field(
                        "note",
                        SchemaBuilder.string().optional().defaultValue("new").build())
                .optional()
                .build();
        Struct sure = new Struct(row).put("id", 0L).put("raw", new byte[] {8}).put("note", "old");
        Struct isNull = new Struct(row).put("id", 0L).put("raw", null).put("note", null);
        Struct uncertain =
                new Struct(row).put("id", 0L).put("raw", new byte[] {7}).put("note", "old");

        RecordDecoder replacing = RecordDecoder.ofTypedSource("?", false);
        assertThat(one(replacing, insert(row, sure))).isInstanceOf(Event.Change.class);
        assertThat(one(replacing, insert(row, isNull))).isInstanceOf(Event.Change.class);
        assertThatThrownBy(() -> one(replacing, insert(row, uncertain)))
                .isInstanceOf(HaltException.class)
                .hasMessageContaining("column raw: its value equals the column's default");
        assertThat(one(RecordDecoder.ofTypedSource("?", true), insert(row, uncertain)))
                .isInstanceOf(Event.Change.class);
    }

    @Test
    void defaultThatCannotBeCarried_isNoneOfTheValues() {
        Schema row = SchemaBuilder.struct()
                .field("id", Schema.INT64_SCHEMA)
                .field(
                        "at",
                        SchemaBuilder.int32()
                                .name("io.debezium.time.Date")
                                .optional()
                                .defaultValue(-2147472692)
                                .build())
                .optional()
                .build();
        Struct after = new Struct(row).put("id", 1L).put("at", 0);

        assertThat(one(RecordDecoder.ofTypedSource("?", false), insert(row, after)))
                .isInstanceOf(Event.Change.class);
    }

    @Test
    void typedValue_thatIsMalformed_haltsWithoutShowingIt() {
        Schema row = SchemaBuilder.struct()
                .field(
                        "at",
                        SchemaBuilder.string()
                                .name("io.debezium.time.ZonedTimestamp")
                                .build())
                .optional()
                .build();
        SinkRecord record = insert(row, new Struct(row).put("at", "secret"));
        assertThatThrownBy(() -> one(RecordDecoder.ofTypedSource("?", true), record))
                .isInstanceOf(HaltException.class)
                .hasMessageContaining("column at")
                .hasMessageNotContaining("secret")
                .hasNoCause();
    }

    @Test
    void oldAndNewRow_shareOneListOfColumns() {
        RecordDecoder decoder = RecordDecoder.ofTextSource();
        Struct value = envelope(TEXTS, new Struct(TEXTS).put("id", "1").put("note", "b"))
                .put("before", new Struct(TEXTS).put("id", "1").put("note", "a"))
                .put("op", "u");
        Event event = one(decoder, record(keyStruct(), value));
        RowChange.Update update = (RowChange.Update) ((Event.Change) event).change();
        assertThat(update.before()).contains(Row.of(List.of("id", "note"), "1", "a"));
        assertThat(update.after()).isEqualTo(Row.of(List.of("id", "note"), "1", "b"));
        assertThat(update.before().orElseThrow().columns())
                .isSameAs(update.after().columns());
    }

    @Test
    void rows_whenTheSchemaChanges_haveTheNewColumns() {
        RecordDecoder decoder = RecordDecoder.ofTextSource();
        one(decoder, insert(TEXTS, new Struct(TEXTS).put("id", "1").put("note", "x")));
        Schema more = SchemaBuilder.struct()
                .field("id", Schema.STRING_SCHEMA)
                .field("more", Schema.OPTIONAL_STRING_SCHEMA)
                .optional()
                .build();
        Event event = one(decoder, insert(more, new Struct(more).put("id", "1").put("more", "y")));
        assertThat(((RowChange.Insert) ((Event.Change) event).change()).after())
                .isEqualTo(Row.of(List.of("id", "more"), "1", "y"));
        for (int i = 0; i < 40; i++) {
            Schema next = SchemaBuilder.struct()
                    .field("id", Schema.STRING_SCHEMA)
                    .field("c" + i, Schema.OPTIONAL_STRING_SCHEMA)
                    .optional()
                    .build();
            Event nextEvent =
                    one(decoder, insert(next, new Struct(next).put("id", "1").put("c" + i, "z")));
            assertThat(((RowChange.Insert) ((Event.Change) nextEvent).change()).after())
                    .isEqualTo(Row.of(List.of("id", "c" + i), "1", "z"));
        }
    }

    private SinkRecord insert(Schema rowSchema, Struct row) {
        return record(keyStruct(), envelope(rowSchema, row));
    }

    private static Struct keyStruct() {
        return new Struct(KEY).put("id", "1");
    }

    private static Struct envelope(Schema rowSchema, Struct row) {
        Schema schema = SchemaBuilder.struct()
                .field("before", rowSchema)
                .field("after", rowSchema)
                .field("source", SOURCE)
                .field("transaction", TRANSACTION)
                .field("op", Schema.STRING_SCHEMA)
                .build();
        return new Struct(schema)
                .put("after", row)
                .put("source", source())
                .put("transaction", new Struct(TRANSACTION).put("id", "748:77").put("total_order", 2L))
                .put("op", "c");
    }

    private static Struct source() {
        return new Struct(SOURCE).put("schema", "public").put("table", "orders").put("lsn", 77L);
    }

    private SinkRecord record(Struct key, Struct value) {
        return new SinkRecord(TOPIC, 0, null, sent(key), null, sent(value), offset++);
    }

    private Object sent(Struct struct) {
        if (struct == null) {
            return null;
        }
        SchemaAndValue received =
                converter.toConnectData(TOPIC, converter.fromConnectData(TOPIC, struct.schema(), struct));
        return received.value();
    }
}
