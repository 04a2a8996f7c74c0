package org.pg2citus.sink.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.decode.JsonRecords.one;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

class RecordDecoderTest {

    private static final TableId ORDERS = new TableId("public", "orders");
    private static final List<String> COLUMNS = List.of("id", "note", "state");
    private static final String SOURCE = "'source':{'schema':'public','table':'orders','lsn':26913760,'txId':748}";
    private static final String IN_TRANSACTION =
            "'transaction':{'id':'748:26913760','total_order':1,'data_collection_order':1}";
    private static final String UNSENT = "'\\u0000'";

    private final JsonRecords json = new JsonRecords();
    private final RecordDecoder decoder = RecordDecoder.ofTextSource();

    @Test
    void boundaries_giveXidAndEndLsn() {
        assertThat(decode(null, "{'status':'BEGIN','id':'748:26913536','event_count':null,'ts_ms':1}"))
                .isEqualTo(new Event.Begin(748));
        assertThat(decode(null, "{'status':'END','id':'748:26914248','event_count':3,'data_collections':[],'ts_ms':1}"))
                .isEqualTo(new Event.End(748, new Lsn(26914248), 3));
        assertThat(decode(null, "{'status':'END','id':'4294967295:-1','event_count':0}"))
                .isEqualTo(new Event.End(4294967295L, new Lsn(-1), 0));
    }

    @Test
    void boundary_thatIsMalformed_halts() {
        halts("DE003", null, "{'status':'PREPARE','id':'748:1'}", "unknown status PREPARE");
        halts("DE003", null, "{'status':'BEGIN'}", "field id");
        halts("DE003", null, "{'status':'END','id':'748:1'}", "field event_count");
        for (String id : List.of("748", "a:1", ":1", "748:", "748:b", "")) {
            halts("DE003", null, "{'status':'END','id':'" + id + "','event_count':1}", "is not <xid>:<lsn>");
        }
    }

    @Test
    void insert_givesKeyAndRow() {
        assertThat(decode("{'id':'1'}", change("c", "null", "{'state':null,'note':'x','id':'1'}")))
                .isEqualTo(
                        changed(new RowChange.Insert(ORDERS, Optional.of(key("1")), Row.of(COLUMNS, "1", "x", null))));
    }

    @Test
    void insert_withoutAKey_hasNone() {
        assertThat(decode(null, change("c", "null", row("1", "''", "'x'"))))
                .isEqualTo(changed(new RowChange.Insert(ORDERS, Optional.empty(), Row.of(COLUMNS, "1", "", "x"))));
    }

    @Test
    void insert_withAnUnsentValue_halts() {
        halts("DE008", "{'id':'1'}", change("c", "null", row("1", UNSENT, "'x'")), "unsent column (note)");
    }

    @Test
    void rows_ofTheSameColumns_shareOneList() {
        Row first = inserted(decode("{'id':'1'}", change("c", "null", row("1", "'a'", "'b'"))));
        Row second = inserted(decode("{'id':'2'}", change("c", "null", "{'state':'b','note':'a','id':'2'}")));
        assertThat(second.columns()).isSameAs(first.columns());
    }

    @Test
    void rows_afterAColumnWasAddedOrRenamed_haveTheNewColumns() {
        inserted(decode("{'id':'1'}", change("c", "null", row("1", "'a'", "'b'"))));
        assertThat(inserted(decode("{'id':'2'}", change("c", "null", "{'id':'2','note':null,'state':'b','more':'c'}"))))
                .isEqualTo(Row.of(List.of("id", "more", "note", "state"), "2", "c", null, "b"));
        assertThat(inserted(decode("{'id':'3'}", change("c", "null", "{'id':'3','note':null,'state':'b','most':'c'}"))))
                .isEqualTo(Row.of(List.of("id", "most", "note", "state"), "3", "c", null, "b"));
    }

    @Test
    void update_withoutAnOldRow_keepsTheUnsentValueUnavailable() {
        assertThat(decode("{'id':'1'}", change("u", "null", row("1", UNSENT, "'b'"))))
                .isEqualTo(updated(Optional.empty(), Row.of(COLUMNS, "1", Row.UNAVAILABLE, "b")));
    }

    @Test
    void update_withTheWholeOldRow_takesTheUnsentValueFromIt() {
        assertThat(decode("{'id':'1'}", change("u", row("1", "'long'", "'a'"), row("1", UNSENT, "'b'"))))
                .isEqualTo(updated(Optional.of(Row.of(COLUMNS, "1", "long", "a")), Row.of(COLUMNS, "1", "long", "b")));
    }

    @Test
    void update_withAnOldRowThatLacksTheUnsentValue_keepsItUnavailable() {
        assertThat(decode("{'id':'1'}", change("u", row("1", "null", "'a'"), row("1", UNSENT, "'b'"))))
                .isEqualTo(updated(
                        Optional.of(Row.of(COLUMNS, "1", null, "a")), Row.of(COLUMNS, "1", Row.UNAVAILABLE, "b")));
        assertThat(decode("{'id':'1'}", change("u", row("1", UNSENT, "'a'"), row("1", UNSENT, "'b'"))))
                .isEqualTo(updated(
                        Optional.of(Row.of(COLUMNS, "1", null, "a")), Row.of(COLUMNS, "1", Row.UNAVAILABLE, "b")));
    }

    @Test
    void update_whoseOldRowSaysNoMoreThanTheKey_hasNoOldRow() {
        assertThat(decode("{'id':'1'}", change("u", row("1", "null", "null"), row("1", "'a'", "'b'"))))
                .isEqualTo(updated(Optional.empty(), Row.of(COLUMNS, "1", "a", "b")));
    }

    @Test
    void update_withAnUnsentKeyColumn_takesItFromTheOldRow() {
        assertThat(decode("{'id':" + UNSENT + "}", change("u", row("1", "null", "null"), row("1", "'a'", "'b'"))))
                .isEqualTo(updated(Optional.empty(), Row.of(COLUMNS, "1", "a", "b")));
        halts(
                "DE006",
                "{'id':" + UNSENT + "}",
                change("u", "null", row("1", "'a'", "'b'")),
                "without the value of key column id");
    }

    @Test
    void update_withoutAKey_needsTheWholeOldRow() {
        assertThat(decode(null, change("u", row("1", "'long'", "null"), row("1", UNSENT, "'b'"))))
                .isEqualTo(changed(new RowChange.Update(
                        ORDERS,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(Row.of(COLUMNS, "1", "long", null)),
                        Row.of(COLUMNS, "1", "long", "b"))));
        halts("DE007", null, change("u", "null", row("1", "'a'", "'b'")), "REPLICA IDENTITY FULL");
        halts("DE007", null, change("u", row("1", UNSENT, "'a'"), row("1", "'a'", "'b'")), "REPLICA IDENTITY FULL");
        halts("DE007", null, change("u", row("1", "null", "'a'"), row("1", UNSENT, "'b'")), "column note");
    }

    @Test
    void delete_givesKeyAndWhatIsKnown() {
        assertThat(decode("{'id':'1'}", change("d", row("1", "null", "null"), "null")))
                .isEqualTo(changed(new RowChange.Delete(ORDERS, Optional.of(key("1")), Optional.empty())));
        assertThat(decode("{'id':'1'}", change("d", row("1", "'a'", "null"), "null")))
                .isEqualTo(changed(new RowChange.Delete(
                        ORDERS, Optional.of(key("1")), Optional.of(Row.of(COLUMNS, "1", "a", null)))));
        assertThat(decode(null, change("d", row("1", "'a'", "null"), "null")))
                .isEqualTo(changed(
                        new RowChange.Delete(ORDERS, Optional.empty(), Optional.of(Row.of(COLUMNS, "1", "a", null)))));
        halts("DE007", null, change("d", "null", "null"), "whole old row");
    }

    @Test
    void truncate_namesTheTable() {
        assertThat(decode(null, change("t", "null", "null"))).isEqualTo(changed(new RowChange.Truncate(ORDERS)));
    }

    @Test
    void changedKey_comesInTwoHalvesThatNameBothKeys() {
        assertThat(one(
                        decoder,
                        json.recordWithHeader(
                                "__debezium.newkey",
                                "{'id':'2'}",
                                "{'id':'1'}",
                                change("d", row("1", "null", "null"), "null"))))
                .isEqualTo(new Event.KeyChangeFrom(748, 1, ORDERS, key("1"), key("2"), Optional.empty()));
        assertThat(one(
                        decoder,
                        json.recordWithHeader(
                                "__debezium.oldkey",
                                "{'id':'1'}",
                                "{'id':'2'}",
                                change("c", "null", row("2", UNSENT, "'x'")))))
                .isEqualTo(new Event.KeyChangeTo(
                        748, 1, ORDERS, key("1"), key("2"), Row.of(COLUMNS, "2", Row.UNAVAILABLE, "x")));
    }

    @Test
    void changedKey_withAnUnsentColumn_keepsThatColumn() {
        List<String> both = List.of("a", "b");
        Row oldKey = Row.of(both, "1", "long");
        Row newKey = Row.of(both, "2", "long");
        assertThat(one(
                        decoder,
                        json.recordWithHeader(
                                "__debezium.newkey",
                                "{'a':'2','b':" + UNSENT + "}",
                                "{'a':'1','b':'long'}",
                                change("d", "{'a':'1','b':'long'}", "null"))))
                .isEqualTo(new Event.KeyChangeFrom(748, 1, ORDERS, oldKey, newKey, Optional.empty()));
        assertThat(one(
                        decoder,
                        json.recordWithHeader(
                                "__debezium.oldkey",
                                "{'a':'1','b':'long'}",
                                "{'a':'2','b':" + UNSENT + "}",
                                change("c", "null", "{'a':'2','b':" + UNSENT + "}"))))
                .isEqualTo(new Event.KeyChangeTo(748, 1, ORDERS, oldKey, newKey, newKey));
    }

    @Test
    void changedKey_whoseKeysCannotBeRead_halts() {
        SinkRecord text = json.recordWithHeader(
                "__debezium.newkey", "'Struct{id=2}'", "{'id':'1'}", change("d", row("1", "null", "null"), "null"));
        assertThatThrownBy(() -> one(decoder, text))
                .isInstanceOf(HaltException.class)
                .hasMessageContaining("header.converter");
        SinkRecord keyless = json.recordWithHeader(
                "__debezium.newkey", "{'id':'2'}", null, change("d", row("1", "null", "null"), "null"));
        assertThatThrownBy(() -> one(decoder, keyless))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("DE006");
    }

    @Test
    void key_withANull_halts() {
        halts("DE006", "{'id':null}", change("c", "null", row("1", "'a'", "'b'")), "key column id");
        halts("DE006", "{'id':null}", change("d", row("1", "'a'", "'b'"), "null"), "key column id");
        halts("DE006", "'1'", change("c", "null", row("1", "'a'", "'b'")), "key.converter");
    }

    @Test
    void snapshotRow_isOutsideOfTransactions() {
        RowChange.Upsert upsert = new RowChange.Upsert(ORDERS, key("1"), Row.of(COLUMNS, "1", "a", "b"));
        assertThat(decode("{'id':'1'}", snapshotRow("first")))
                .isEqualTo(new Event.Untransacted(upsert, Optional.of(new Lsn(26913760))));
        assertThat(decode("{'id':'1'}", snapshotRow("incremental")))
                .isEqualTo(new Event.Untransacted(upsert, Optional.empty()));
        halts("DE011", "null", snapshotRow("first"), "rows come again");
        halts("DE009", "{'id':'1'}", change("r", "null", row("1", "'a'", "'b'")), "unknown operation r");
    }

    @Test
    void previousCommit_isTheFirstOfTheSequence() {
        assertThat(previousCommit("[\"26291680\",\"26291936\"]")).hasValue(new Lsn(26291680));
        assertThat(previousCommit("[null,\"26291936\"]")).isEmpty();
        assertThat(previousCommit("")).isEmpty();
    }

    private static Optional<Lsn> previousCommit(String sequence) {
        Map<String, Object> value = Map.of("op", "c", "source", Map.of("sequence", sequence));
        return RecordDecoder.previousCommit(new SinkRecord("topic", 0, null, null, null, value, 0));
    }

    private static String snapshotRow(String marker) {
        return "{'op':'r','source':{'schema':'public','table':'orders','lsn':26913760,'snapshot':'" + marker
                + "'},'transaction':null,'before':null,'after':" + row("1", "'a'", "'b'") + "}";
    }

    @Test
    void changeOutsideOfATransaction_halts() {
        for (String op : List.of("c", "u", "d", "t", "x")) {
            halts(
                    "DE002",
                    "{'id':'1'}",
                    "{'op':'" + op + "'," + SOURCE + ",'transaction':null,'before':null,'after':{'id':'1'}}",
                    "provide.transaction.metadata=true");
        }
    }

    @Test
    void messages_areWatermarksOrCountOrAreIgnored() {
        assertThat(decode("{'prefix':'pg2citus'}", message("pg2citus", "'transaction':null")))
                .isEqualTo(new Event.Watermark(new Lsn(26913760)));
        assertThat(decode("{'prefix':'other'}", message("other", "'transaction':null")))
                .isEqualTo(new Event.Ignored());
        assertThat(decode("{'prefix':'other'}", message("other", IN_TRANSACTION)))
                .isEqualTo(new Event.Message(748, 1));
        assertThat(decode("{'prefix':'pg2citus'}", message("pg2citus", IN_TRANSACTION)))
                .isEqualTo(new Event.Message(748, 1));
    }

    @Test
    void heartbeatAndTombstone_areIgnored() {
        assertThat(decode("{'serverName':'x'}", "{'ts_ms':1}")).isEqualTo(new Event.Ignored());
        assertThat(decode("{'id':'1'}", null)).isEqualTo(new Event.Ignored());
    }

    @Test
    void otherRecords_halt() {
        halts("DE001", null, "'text'", "its value is a String");
        halts("DE001", null, "{}", "neither op nor status");
        halts("DE001", null, "{'schema':{},'payload':{'op':'c'}}", "schemas.enable");
        halts("DE001", null, "{'ts_ms':1,'id':'1'}", "neither op nor status");
        halts("DE003", null, "{'op':'c'}", "field schema");
        halts("DE003", null, "{'op':'c','source':{'schema':'public'}}", "field table");
        halts("DE003", null, "{'op':'c'," + SOURCE + ",'transaction':{'id':'748:1'}}", "field total_order");
        halts("DE003", "{'id':'1'}", change("c", "null", "null"), "field after holds no row");
        halts("DE009", "{'id':'1'}", change("x", "null", "null"), "unknown operation x");
    }

    @Test
    void valueThatIsNotText_haltsNamingTableColumnAndOffsetButNotTheValue() {
        decode("{'id':'1'}", change("c", "null", row("1", "'a'", "'b'")));
        assertThatThrownBy(() -> decode("{'id':'1'}", change("c", "null", row("1", "4711", "'b'"))))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("DE004: table public.orders, column note: ")
                .hasMessageContaining("source.values=typed")
                .hasMessageEndingWith("(topic pg2citus, partition 0, offset 1)")
                .hasMessageNotContaining("4711");
    }

    @Test
    void typedSource_withoutSchemas_halts() {
        SinkRecord record = json.record("{'id':'1'}", change("c", "null", row("1", "'a'", "'b'")));
        assertThatThrownBy(() -> RecordDecoder.ofTypedSource(RecordDecoder.DEBEZIUM_PLACEHOLDER, true)
                        .decode(record))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("DE004: table public.orders, the record has no schema");
    }

    private Event decode(String key, String value) {
        return one(decoder, json.record(key, value));
    }

    private void halts(String code, String key, String value, String what) {
        SinkRecord record = json.record(key, value);
        assertThatThrownBy(() -> one(decoder, record))
                .as(value)
                .isInstanceOfSatisfying(
                        HaltException.class, halt -> assertThat(halt.code()).isEqualTo(code))
                .hasMessageContaining(what)
                .hasMessageEndingWith("(topic pg2citus, partition 0, offset " + record.kafkaOffset() + ")");
    }

    private static String change(String op, String before, String after) {
        return "{'op':'" + op + "'," + SOURCE + "," + IN_TRANSACTION + ",'before':" + before + ",'after':" + after
                + "}";
    }

    private static String message(String prefix, String transaction) {
        return "{'op':'m','source':{'schema':'','table':'','lsn':26913760}," + transaction + ",'message':{'prefix':'"
                + prefix + "','content':'MQ=='}}";
    }

    private static String row(String id, String note, String state) {
        return "{'id':'" + id + "','note':" + note + ",'state':" + state + "}";
    }

    private static Event changed(RowChange change) {
        return new Event.Change(748, 1, change);
    }

    private static Event updated(Optional<Row> before, Row after) {
        return changed(new RowChange.Update(ORDERS, Optional.of(key("1")), Optional.of(key("1")), before, after));
    }

    private static Row inserted(Event event) {
        return ((RowChange.Insert) ((Event.Change) event).change()).after();
    }

    private static Row key(String id) {
        return Row.of(List.of("id"), id);
    }
}
