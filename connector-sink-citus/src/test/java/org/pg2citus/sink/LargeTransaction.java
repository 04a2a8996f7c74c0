package org.pg2citus.sink;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * A process with a heap of its own: makes one source transaction of as many rows as are asked for, record by record as the
 * sink reads them, and lets the sink apply it.
 *
 * <p>Every tenth change is an update of an earlier row, every hundredth a delete.
 */
final class LargeTransaction {

    /** What a consumer brings at once. */
    private static final int PER_POLL = 500;

    private static final String PREFIX = "app";
    private static final String BOUNDARIES = PREFIX + ".transaction";
    private static final String NOTE = "n".repeat(60);
    private static final long XID = 700;
    private static final long END_LSN = 1L << 40;

    private final boolean perTable;
    private final long rows;

    private LargeTransaction(boolean perTable, long rows) {
        this.perTable = perTable;
        this.rows = rows;
    }

    /** JDBC URL, layout, rows, rows in memory. Prints the peaks of the heap in MiB: in use, and in use after a collection. */
    public static void main(String[] arguments) {
        boolean perTable = arguments[1].equals(CitusSinkConfig.PER_TABLE);
        AtomicLong peakLive = watchCollections();
        Map<String, String> settings = new HashMap<>(Map.of(
                CitusSinkConfig.CONNECTION_URL, arguments[0],
                CitusSinkConfig.CONNECTION_USER, "postgres",
                CitusSinkConfig.STATEMENT_TIMEOUT_MS, "600000",
                CitusSinkConfig.TRANSACTION_MAX_ROWS, arguments[3],
                CitusSinkConfig.TOPIC_LAYOUT, arguments[1]));
        if (perTable) {
            settings.put(CitusSinkConfig.TRANSACTION_TOPIC, BOUNDARIES);
        }
        new LargeTransaction(perTable, Long.parseLong(arguments[2])).apply(settings);
        long peak = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == java.lang.management.MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
        System.out.println("peak " + (peak >> 20) + " live " + (peakLive.get() >> 20));
        Runtime.getRuntime().halt(0);
    }

    private static AtomicLong watchCollections() {
        AtomicLong peak = new AtomicLong();
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector)
                    .addNotificationListener(
                            (notification, unused) -> {
                                var info = GarbageCollectionNotificationInfo.from(
                                        (CompositeData) notification.getUserData());
                                long used = info.getGcInfo().getMemoryUsageAfterGc().entrySet().stream()
                                        .filter(pool -> !pool.getKey().contains("Metaspace")
                                                && !pool.getKey().contains("Code")
                                                && !pool.getKey().contains("Class"))
                                        .map(Map.Entry::getValue)
                                        .mapToLong(MemoryUsage::getUsed)
                                        .sum();
                                peak.accumulateAndGet(used, Math::max);
                            },
                            null,
                            null);
        }
        return peak;
    }

    private void apply(Map<String, String> settings) {
        List<TopicPartition> partitions = new ArrayList<>();
        if (perTable) {
            partitions.add(new TopicPartition(PREFIX + ".public.a", 0));
            partitions.add(new TopicPartition(PREFIX + ".public.b", 0));
            partitions.add(new TopicPartition(BOUNDARIES, 0));
        } else {
            partitions.add(new TopicPartition(TopicScript.TOPIC, 0));
        }
        CitusSinkTask task = new CitusSinkTask();
        ScriptedContext context = new ScriptedContext(partitions.toArray(TopicPartition[]::new));
        task.initialize(context);
        task.start(settings);
        task.open(partitions);
        context.deliver(task, this::from, PER_POLL);
        task.stop();
    }

    private List<SinkRecord> from(String topic, long offset, int limit) {
        List<SinkRecord> records = new ArrayList<>();
        long end = size(topic);
        for (long i = offset; i < Math.min(end, offset + limit); i++) {
            records.add(record(topic, i));
        }
        return records;
    }

    private long size(String topic) {
        if (!perTable) {
            return rows + 2;
        }
        return topic.equals(BOUNDARIES) ? 2 : topic.endsWith("a") ? (rows + 1) / 2 : rows / 2;
    }

    private SinkRecord record(String topic, long offset) {
        if (!perTable) {
            if (offset == 0 || offset == rows + 1) {
                return boundary(topic, offset, offset == 0);
            }
            return change(topic, offset, offset);
        }
        if (topic.equals(BOUNDARIES)) {
            return boundary(topic, offset, offset == 0);
        }
        return change(topic, offset, 2 * offset + (topic.endsWith("a") ? 1 : 2));
    }

    private SinkRecord boundary(String topic, long offset, boolean begin) {
        Map<String, Object> value = new HashMap<>();
        value.put("status", begin ? "BEGIN" : "END");
        value.put("id", XID + ":" + (begin ? 1 : END_LSN));
        value.put("event_count", begin ? null : rows);
        return new SinkRecord(topic, 0, null, null, null, value, offset);
    }

    /** Tables take turns; a row of its own for each change, but for updates and deletes of rows not far before. */
    private static SinkRecord change(String topic, long offset, long order) {
        long step = (order + 1) / 2;
        String table = order % 2 == 1 ? "a" : "b";
        String op = step % 100 == 0 ? "d" : step % 10 == 5 && step > 10 ? "u" : "c";
        long id = op.equals("c") ? step : op.equals("u") ? step - 1 : step - 2;
        Map<String, Object> row = new HashMap<>();
        row.put("id", String.valueOf(id));
        row.put("note", op + NOTE);
        Map<String, Object> value = new HashMap<>();
        value.put("op", op);
        value.put("before", op.equals("d") ? Map.of("id", row.get("id")) : null);
        value.put("after", op.equals("d") ? null : row);
        value.put("source", Map.of("schema", "public", "table", table, "lsn", order));
        value.put("transaction", Map.of("id", XID + ":" + order, "total_order", order));
        return new SinkRecord(topic, 0, null, Map.of("id", row.get("id")), null, value, offset);
    }

    /** The rows of one table after the transaction: how many there are, and how many of them were updated. */
    static String expected(long changes) {
        long inserted = 0;
        long updated = 0;
        long deleted = 0;
        for (long step = 1; step <= changes; step++) {
            if (step % 100 == 0) {
                deleted++;
            } else if (step % 10 == 5 && step > 10) {
                updated++;
            } else {
                inserted++;
            }
        }
        return (inserted - deleted) + "|" + updated;
    }
}
