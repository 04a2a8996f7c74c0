package org.pg2citus.sink.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/** Reads the chunks that are kept with the source's tests: they are what a source of that version writes. */
final class ChunkDecoderTest {

    private static final Path CONTRACT = Path.of("../connector-source/src/test/contract");
    private static final TableId ITEM = new TableId("public", "item");
    private static final TableId ENTRY = new TableId("public", "entry");
    private static final long LARGEST_XID = 4_294_967_295L;

    private final RecordDecoder decoder = RecordDecoder.ofTextSource();

    @Test
    void keptTransactionsAndMark_areRead() throws IOException {
        List<Event> events = decoder.decode(record(kept("v1-transactions-and-mark.hex")));

        assertThat(events)
                .containsExactly(
                        new Event.Begin(700),
                        new Event.Change(700, 1, new RowChange.Insert(ITEM, id("1"), item("1", "Grüße", null))),
                        new Event.Change(700, 2, update(id("1"), id("1"), item("1", "", Row.UNAVAILABLE))),
                        new Event.Change(700, 3, update(id("1"), id("2"), item("2", "b", Row.UNAVAILABLE))),
                        new Event.Change(700, 4, new RowChange.Delete(ITEM, id("2"), Optional.empty())),
                        new Event.Message(700, 5),
                        new Event.Change(700, 6, new RowChange.Truncate(ITEM)),
                        new Event.Change(700, 7, new RowChange.Truncate(ENTRY)),
                        new Event.End(700, endLsn(events, 0), 7),
                        new Event.Begin(LARGEST_XID),
                        new Event.Change(LARGEST_XID, 1, new RowChange.Insert(ENTRY, id("1"), entry("1", "a"))),
                        new Event.Change(
                                LARGEST_XID,
                                2,
                                new RowChange.Update(
                                        ENTRY, id("1"), id("1"), Optional.of(entry("1", "a")), entry("1", "b"))),
                        new Event.Change(
                                LARGEST_XID,
                                3,
                                new RowChange.Update(
                                        ENTRY, id("1"), id("2"), Optional.of(entry("1", "b")), entry("2", "b"))),
                        new Event.Change(
                                LARGEST_XID, 4, new RowChange.Delete(ENTRY, id("2"), Optional.of(entry("2", "b")))),
                        new Event.Change(
                                LARGEST_XID,
                                5,
                                new RowChange.Insert(
                                        new TableId("public", "loose"),
                                        Optional.empty(),
                                        Row.of(List.of("line"), "x".repeat(200)))),
                        new Event.End(LARGEST_XID, endLsn(events, 1), 5),
                        new Event.Watermark(new Lsn(5_000_000_000L)));
    }

    @Test
    void keptPartsOfATransaction_areNumberedThrough() throws IOException {
        List<Event> events = new ArrayList<>();
        for (int part = 1; part <= 3; part++) {
            events.addAll(decoder.decode(record(kept("v1-part-%d-of-3.hex".formatted(part)))));
        }

        assertThat(events).hasSize(7);
        assertThat(events.get(0)).isEqualTo(new Event.Begin(701));
        for (int i = 1; i <= 5; i++) {
            assertThat(events.get(i))
                    .isEqualTo(new Event.Change(
                            701, i, new RowChange.Insert(ITEM, id("" + i), item("" + i, "n", ("" + i).repeat(1_500)))));
        }
        assertThat(((Event.End) events.get(6)).eventCount()).isEqualTo(5);
    }

    @Test
    void buffer_isReadAsAnArrayIs() throws IOException {
        byte[] bytes = kept("v1-part-2-of-3.hex");
        var record = new SinkRecord("stream", 0, null, null, Schema.BYTES_SCHEMA, ByteBuffer.wrap(bytes), 7);

        assertThat(decoder.decode(record)).isEqualTo(decoder.decode(record(bytes)));
    }

    @Test
    void rowsOfOneTable_shareTheirColumnsOverAllChunks() throws IOException {
        Row first = inserted(decoder.decode(record(kept("v1-part-1-of-3.hex"))).get(1));
        Row second = inserted(decoder.decode(record(kept("v1-part-2-of-3.hex"))).get(0));

        assertThat(second.columns()).isSameAs(first.columns());
    }

    @Test
    void everyFlippedBit_isNoticed() throws IOException {
        byte[] bytes = kept("v1-transactions-and-mark.hex");
        for (int i = 0; i < bytes.length * 8; i++) {
            byte[] damaged = bytes.clone();
            damaged[i / 8] ^= (byte) (1 << (i % 8));
            assertThatThrownBy(() -> decoder.decode(record(damaged))).isInstanceOf(HaltException.class);
        }
    }

    @Test
    void everyCut_isNoticed() throws IOException {
        byte[] bytes = kept("v1-transactions-and-mark.hex");
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> decoder.decode(record(cut))).isInstanceOf(HaltException.class);
        }
    }

    /** A source with a fault may write anything under a right checksum: no wrong event, no endless loop, no memory. */
    @Test
    void everyCutUnderARightChecksum_haltsOrIsAPart() throws IOException {
        byte[] bytes = kept("v1-part-2-of-3.hex");
        List<Event> whole = decoder.decode(record(bytes));
        int halted = 0;
        for (int length = 8; length < bytes.length; length++) {
            byte[] cut = signed(Arrays.copyOf(bytes, length));
            try {
                List<Event> events = decoder.decode(record(cut));
                assertThat(whole.subList(0, events.size())).isEqualTo(events);
            } catch (HaltException e) {
                assertThat(e.code()).isEqualTo("DE010");
                halted++;
            }
        }
        assertThat(halted).isGreaterThan(bytes.length - 10 - whole.size());
    }

    @Test
    void anotherVersion_saysWhatToDo() throws IOException {
        byte[] bytes = kept("v1-part-1-of-3.hex");
        bytes[3] = 2;
        halts(bytes, "DE010", "version 2", "same release");
    }

    @Test
    void damage_saysWhere() throws IOException {
        byte[] bytes = kept("v1-part-1-of-3.hex");
        bytes[bytes.length - 1] ^= 1;
        halts(bytes, "DE010", "checksum", "topic stream, partition 0, offset 7");
    }

    @Test
    void bytesOfAnotherKind_sayWhichConverter() {
        halts("{\"op\":\"c\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8), "DE001", "value.converter");
    }

    @Test
    void textThatIsNotUtf8_halts() {
        halts(chunk('B', 7, 1, 1, 'I', 0, 3, 0xFF, 2, 2), "DE010", "not UTF-8");
        // What stands for bytes that cannot be decoded may be in a text, too.
        assertThat(inserted(decoder.decode(record(chunk('B', 7, 1, 1, 'I', 0, 5, 0xEF, 0xBF, 0xBD, 2, 2)))
                        .get(1)))
                .isEqualTo(item("\uFFFD", "", ""));
    }

    @Test
    void impossibleChunks_halt() {
        halts(chunk('C', 9, 0), "DE010", "did not begin");
        halts(chunk('I', 0, 3, '1', 2, 2), "DE010", "outside of a transaction");
        halts(chunk('B', 7, 1, 1, 'B', 8, 1, 1), "DE010", "has no end");
        halts(chunk('B', 7, 1, 1, 'W', 9), "DE010", "inside of transaction 7");
        halts(chunk('B', 7, 1, 1, 'I', 1, 3, '1', 2, 2), "DE010", "does not describe");
        halts(chunk('B', 7, 1, 1, 'Z', 0), "DE010", "unknown type");
        halts(chunk('B', 7, 1, 1, 'I', 0, 1, 2, 2), "DE010", "key column id");
        halts(chunk('B', 7, 1, 1, 'I', 0, 3, '1', 2, 1), "DE010", "unsent column (big)");
        halts(chunk('B', 7, 1, 1, 'D', 0, 0), "DE010", "key column id");
        halts(
                chunk('B', 7, 1, 1, 'I', 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF),
                "DE010",
                "more than ten bytes");
        halts(chunk('B', 7, 1, 1, 'I', 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F), "DE010", "cut off");
    }

    private void halts(byte[] bytes, String code, String... words) {
        assertThatThrownBy(() -> decoder.decode(record(bytes))).isInstanceOfSatisfying(HaltException.class, halt -> {
            assertThat(halt.code()).isEqualTo(code);
            assertThat(halt.getMessage()).contains(words);
        });
    }

    /** A chunk with the table item as number 0 and these bytes as its events. */
    private static byte[] chunk(int... events) {
        byte[] described = {
            0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 6, 'p', 'u', 'b', 'l', 'i', 'c', 4, 'i', 't', 'e', 'm', 'd', 3, 2, 'i', 'd',
            1, 4, 'n', 'a', 'm', 'e', 0, 3, 'b', 'i', 'g', 0
        };
        byte[] bytes = Arrays.copyOf(described, described.length + events.length);
        for (int i = 0; i < events.length; i++) {
            bytes[described.length + i] = (byte) events[i];
        }
        return signed(bytes);
    }

    private static byte[] signed(byte[] bytes) {
        var checksum = new CRC32C();
        checksum.update(bytes, 8, bytes.length - 8);
        ByteBuffer.wrap(bytes).put(new byte[] {'p', '2', 'c', 1}).putInt((int) checksum.getValue());
        return bytes;
    }

    private static byte[] kept(String name) throws IOException {
        return HexFormat.of().parseHex(Files.readString(CONTRACT.resolve(name)).replace("\n", ""));
    }

    private static SinkRecord record(byte[] bytes) {
        return new SinkRecord("stream", 0, null, null, Schema.BYTES_SCHEMA, bytes, 7);
    }

    private static Row inserted(Event event) {
        return ((RowChange.Insert) ((Event.Change) event).change()).after();
    }

    private static Lsn endLsn(List<Event> events, int transaction) {
        return events.stream()
                .filter(Event.End.class::isInstance)
                .map(end -> ((Event.End) end).endLsn())
                .toList()
                .get(transaction);
    }

    private static RowChange update(Optional<Row> oldKey, Optional<Row> newKey, Row after) {
        return new RowChange.Update(ITEM, oldKey, newKey, Optional.empty(), after);
    }

    private static Optional<Row> id(String id) {
        return Optional.of(Row.of(List.of("id"), id));
    }

    private static Row item(String id, String name, String big) {
        return Row.of(List.of("id", "name", "big"), id, name, big);
    }

    private static Row entry(String id, String line) {
        return Row.of(List.of("id", "line"), id, line);
    }
}
