package org.pg2citus.source;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.connect.json.JsonConverter;

/** Reads a topic from its beginning, as JSON. */
final class TopicReader implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final JsonConverter converter = new JsonConverter();
    private final ChunkEntries chunks = new ChunkEntries();
    private final List<Entry> read = new ArrayList<>();

    /** A record as the sink gets it: key, value, and headers by name, each a map or {@code null}. */
    record Entry(Object key, Object value, Map<String, Object> headers) {

        /** The operation, or BEGIN or END. */
        String op() {
            Object op = at("op");
            return (String) (op == null ? at("status") : op);
        }

        boolean isMark() {
            return op().equals("m") && at("transaction") == null;
        }

        /** What is at this path of the value. */
        Object at(String... path) {
            Object part = value;
            for (String name : path) {
                part = part == null ? null : ((Map<?, ?>) part).get(name);
            }
            return part;
        }

        /** A column's value in the new row. */
        Object column(String name) {
            return at("after", name);
        }

        long endLsn() {
            String id = (String) at("id");
            return Long.parseLong(id.substring(id.indexOf(':') + 1));
        }

        String xid() {
            String id = (String) (at("id") == null ? at("transaction", "id") : at("id"));
            return id.substring(0, id.indexOf(':'));
        }
    }

    TopicReader(String bootstrap, String topic) {
        converter.configure(Map.of("schemas.enable", "false"), false);
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "max.partition.fetch.bytes", 120_000_000),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        var partition = new TopicPartition(topic, 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
    }

    /** All records up to and with the first that is like this. */
    List<Entry> readTo(Predicate<Entry> last) {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        int scanned = 0;
        while (System.nanoTime() < deadline) {
            for (; scanned < read.size(); scanned++) {
                if (last.test(read.get(scanned))) {
                    return List.copyOf(read.subList(0, scanned + 1));
                }
            }
            ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
            if (!records.isEmpty()) {
                deadline = System.nanoTime() + TIMEOUT.toNanos();
            }
            records.forEach(record -> read.addAll(entries(record)));
        }
        throw new AssertionError("nothing like it came for " + TIMEOUT + "; the topic has " + read.size() + " records");
    }

    /** The records without marks. */
    List<Entry> changesTo(Predicate<Entry> last) {
        return readTo(last).stream().filter(entry -> !entry.isMark()).toList();
    }

    private List<Entry> entries(ConsumerRecord<byte[], byte[]> record) {
        return record.value()[0] == 'p' ? chunks.entries(record) : List.of(entry(record));
    }

    private Entry entry(ConsumerRecord<byte[], byte[]> record) {
        Map<String, Object> headers = new HashMap<>();
        record.headers().forEach(header -> headers.put(header.key(), json(header.value())));
        return new Entry(json(record.key()), json(record.value()), headers);
    }

    private Object json(byte[] bytes) {
        return converter.toConnectData(null, bytes).value();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
