package org.pg2citus.source.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

/**
 * The bytes that the source writes are those that are kept: an upgrade of one side only must be able to read the other.
 *
 * <p>With another version of the format: {@code -Dpg2citus.contract.write=true}, and new names.
 */
final class ChunkContractTest {

    private static final Path DIRECTORY = Path.of("src/test/contract");

    private final ChunkRecords records = new ChunkRecords(
            "stream", new SourcePosition("shop", "7", 1, false), 0, oid -> List.of("id"), 4 << 10, 1 << 20);
    private final Messages messages = new Messages(records)
            .relation(16_384, "item", 'd', "*id", "name", "big")
            .relation(16_390, "entry", 'f', "*id", "*line")
            .relation(16_395, "loose", 'n', "line");

    @Test
    void transactionsAndMark_areTheKeptBytes() throws IOException {
        messages.begin(700)
                .insert(16_384, "1", "Grüße", null)
                .update(16_384, "1", "", Messages.UNCHANGED)
                .update(16_384, 'K', List.of("1", "", ""), "2", "b", Messages.UNCHANGED)
                .delete(16_384, 'K', "2", null, null)
                .message(true, "pg2citus")
                .truncate(16_384, 16_390)
                .commit();
        messages.begin(-1)
                .insert(16_390, "1", "a")
                .update(16_390, 'O', List.of("1", "a"), "1", "b")
                .update(16_390, 'O', List.of("1", "b"), "2", "b")
                .delete(16_390, 'O', "2", "b")
                .insert(16_395, "x".repeat(200))
                .commit();
        records.readUpTo(5_000_000_000L);
        records.mark();

        List<SourceRecord> taken = records.take(1_000, true);
        assertThat(taken).hasSize(1);
        assertKept("v1-transactions-and-mark.hex", taken.get(0));
    }

    @Test
    void partsOfATransaction_areTheKeptBytes() throws IOException {
        messages.begin(701);
        for (int i = 1; i <= 5; i++) {
            messages.insert(16_384, "" + i, "n", ("" + i).repeat(1_500));
        }
        messages.commit();

        List<SourceRecord> taken = records.take(1_000, true);
        assertThat(taken).hasSize(3);
        for (int i = 0; i < taken.size(); i++) {
            assertKept("v1-part-%d-of-3.hex".formatted(i + 1), taken.get(i));
        }
    }

    private static void assertKept(String name, SourceRecord record) throws IOException {
        String hex = HexFormat.of().formatHex((byte[]) record.value());
        String lines = hex.replaceAll("(.{120})", "$1\n") + "\n";
        Path file = DIRECTORY.resolve(name);
        if (Boolean.getBoolean("pg2citus.contract.write")) {
            Files.writeString(file, lines);
        }
        assertThat(lines).as(name).isEqualTo(Files.readString(file));
    }
}
