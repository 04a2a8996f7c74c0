package org.pg2citus.sink;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.sink.batch.PendingBatch;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.transaction.Assembled;
import org.pg2citus.sink.transaction.OrderedMerge.Ordered;

/** How the topic partitions of the task become one stream of events in commit order, and where reading goes on. */
interface Intake {

    /** False for a record that was delivered before a rewind took effect: it will come again. */
    boolean expects(SinkRecord record);

    /** Takes a record's events. */
    void offer(SinkRecord record, List<Event> events);

    /** The next event in order; empty when it has not come yet. */
    Optional<Ordered> next();

    /** When the event just handed out begins a transaction that is known to be committed: how it ends. */
    Optional<Event.End> knownEnd();

    /** Whether several topics are merged: rows of snapshots then may come inside of transactions. */
    boolean mergesTopics();

    /** All that was handed out is in the batch, or need not be, and no transaction is unfinished. */
    void settle(PendingBatch pending);

    /** The progress when this batch is applied, as to positions in the topics. */
    Progress after(Progress progress, PendingBatch pending);

    /** The positions of a progress, as Kafka wants them. */
    Map<TopicPartition, OffsetAndMetadata> offsets(Progress progress);

    /** Goes on reading from what is durable. */
    void rewind(Progress durable);

    /** Goes on reading where this transaction begins; everything before it is durable. */
    void rewindToBegin(Assembled.TooLarge transaction, Progress durable);

    /** Whether a transaction was begun of which an event has not come yet. */
    boolean isAwaiting();

    /** The durable offset to show where one number has to do: with several topics, that of the transactions' boundaries. */
    long position(Progress durable);

    /** Topics and offsets of what is pending beyond what is durable, for messages. */
    String place(Progress durable, PendingBatch pending);

    /** Topic and offset of a transaction that is streamed, for messages. */
    String place(Assembled.TooLarge transaction);

    /** To be called when the records of a delivery were taken. */
    void delivered();

    void pause();

    void resume();
}
