package org.pg2citus.sink.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
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

    private final JsonRecords json = new JsonRecords();
    private final RecordDecoder decoder = RecordDecoder.ofTextSource();

    @Test
    void decode_ofBoundaries_givesXidAndEndLsn() {
        assertThat(decode(null, "{'status':'BEGIN','id':'748:26913536','event_count':null,'ts_ms':1}"))
                .isEqualTo(new Event.Begin(748));
        assertThat(decode(null, "{'status':'END','id':'748:26914248','event_count':3,'data_collections':[],'ts_ms':1}"))
                .isEqualTo(new Event.End(748, new Lsn(26914248), 3));
    }

    @Test
    void decode_ofAnInsert_givesKeyAndRow() {
        assertThat(decode("{'id':'1'}", change("c", "null", "{'state':null,'note':'x','id':'1'}")))
                .isEqualTo(
                        changed(new RowChange.Insert(ORDERS, Optional.of(key("1")), Row.of(COLUMNS, "1", "x", null))));
    }

    @Test
    void decode_ofAnUpdateWithoutOldRow_keepsTheUnsentValueUnavailable() {
        assertThat(decode("{'id':'1'}", change("u", "null", "{'id':'1','note':'\\u0000','state':'b'}")))
                .isEqualTo(changed(new RowChange.Update(
                        ORDERS,
                        Optional.of(key("1")),
                        Optional.of(key("1")),
                        Optional.empty(),
                        Row.of(COLUMNS, "1", Row.UNAVAILABLE, "b"))));
    }

    @Test
    void decode_ofAHeartbeatOrATombstone_isIgnored() {
        assertThat(decode("{'serverName':'x'}", "{'ts_ms':1}")).isEqualTo(new Event.Ignored());
        assertThat(decode("{'id':'1'}", null)).isEqualTo(new Event.Ignored());
    }

    @Test
    void decode_ofAChangeOutsideOfATransaction_halts() {
        assertThatThrownBy(() -> decode(
                        "{'id':'1'}", "{'op':'c'," + SOURCE + ",'transaction':null,'before':null,'after':{'id':'1'}}"))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("DE002: table public.orders")
                .hasMessageContaining("(topic pg2citus, partition 0, offset 0)");
    }

    private Event decode(String key, String value) {
        SinkRecord record = json.record(key, value);
        return decoder.decode(record);
    }

    private static String change(String op, String before, String after) {
        return "{'op':'" + op + "'," + SOURCE + "," + IN_TRANSACTION + ",'before':" + before + ",'after':" + after
                + "}";
    }

    private static Event changed(RowChange change) {
        return new Event.Change(748, 1, change);
    }

    private static Row key(String id) {
        return Row.of(List.of("id"), id);
    }
}
