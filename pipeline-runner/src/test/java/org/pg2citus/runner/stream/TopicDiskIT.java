package org.pg2citus.runner.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.KafkaSettings;
import org.pg2citus.runner.state.TopicIdentity;

/** What is trimmed gives its space back, and nothing else goes. */
final class TopicDiskIT {

    private static final int RECORD_BYTES = 1_000_000;
    private static final int RECORDS = 1_200;
    private static final int KEPT = 50;
    private static final int TOPICS = 100;
    private static final long SEGMENT_BYTES = EmbeddedKafka.MAX_RECORD_BYTES;

    @TempDir
    private Path directory;

    @Test
    void trimmedTopic_staysBoundedAndHasWhatIsLeft() throws Exception {
        var settings = new KafkaSettings(Optional.empty(), "changes", Optional.empty(), Map.of());
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory);
                ChangeTopic topic = new ChangeTopic(settings, kafka.bootstrapServers())) {
            topic.create();
            write(kafka, topic);

            long left = RECORDS - KEPT;
            assertThat(topic.firstOffset()).isEqualTo(left);
            long bound = 2 * SEGMENT_BYTES;
            for (int attempt = 0; attempt < 300 && topicBytes() > bound; attempt++) {
                Thread.sleep(200);
            }
            assertThat(topicBytes()).isLessThanOrEqualTo(bound).isLessThan((long) RECORDS * RECORD_BYTES / 2);
            assertThat(offsetsFrom(kafka, left)).isEqualTo(KEPT);
        }
    }

    /** A broker hears of a new topic later than the controller answers; the busier the machine, the later. */
    @Test
    void madeTopic_isThereAtOnce() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory)) {
            for (int made = 0; made < TOPICS; made++) {
                var settings = new KafkaSettings(Optional.empty(), "made" + made, Optional.empty(), Map.of());
                try (ChangeTopic topic = new ChangeTopic(settings, kafka.bootstrapServers())) {
                    assertThat(topic.find()).isEmpty();
                    TopicIdentity identity = topic.create();
                    assertThat(topic.find()).contains(identity);
                    assertThat(topic.endOffset()).isZero();
                }
            }
        }
    }

    private static void write(EmbeddedKafka kafka, ChangeTopic topic) throws Exception {
        byte[] bytes = new byte[RECORD_BYTES];
        new Random(1).nextBytes(bytes);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int written = 1; written <= RECORDS; written++) {
                Future<RecordMetadata> sent = producer.send(new ProducerRecord<>("changes", 0, null, bytes));
                if (written % 100 == 0) {
                    sent.get();
                    topic.removeBefore(written - KEPT);
                }
            }
        }
    }

    /** How many records there are from this one on, without a gap. */
    private static long offsetsFrom(EmbeddedKafka kafka, long first) {
        var partition = new TopicPartition("changes", 0);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, first);
            long expected = first;
            for (int polls = 0; polls < 1_000 && expected < RECORDS; polls++) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    assertThat(record.offset()).isEqualTo(expected++);
                }
            }
            return expected - first;
        }
    }

    private long topicBytes() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("log/changes-0"))) {
            return files.mapToLong(TopicDiskIT::allocatedBytes).sum();
        } catch (UncheckedIOException e) {
            // A segment went while it was looked at: the next look tells.
            return Long.MAX_VALUE;
        }
    }

    private static long allocatedBytes(Path file) {
        try {
            return file.toString().endsWith(".log") ? Files.size(file) : 0;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
