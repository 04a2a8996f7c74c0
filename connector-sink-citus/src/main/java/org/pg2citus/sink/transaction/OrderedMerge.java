package org.pg2citus.sink.transaction;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

/**
 * Puts the events of a topic for each table, and of the topic with the transactions' boundaries, into the one order in
 * which the source committed. Not thread safe.
 *
 * <p>What leads is the END: it says that the transaction committed, where, and how many events it has. They are then taken
 * by transaction id and {@code total_order}, from whichever topic has the next one. A transaction of which no END has come
 * is not begun; so what a source left unfinished when it was stopped is never handed out.
 *
 * <p>A source that restarts sends again what it had not yet confirmed, and each topic then holds some of it twice. An END
 * at or before the last one is such a repeat. An event is known by its transaction and its number: one that was handed
 * out, or that waits already, is dropped; and one that names a commit before the last one as its predecessor. What stands
 * before the awaited event in its topic is repeats as well, because within one run the source writes each topic in order.
 */
public final class OrderedMerge {

    /** How many finished transactions are remembered, to know their events when they come again. */
    private static final int MAX_FINISHED = 50_000;

    private final int maxQueuedEvents;
    private final long maxQueuedBytes;

    private final Map<String, Queue> queues = new HashMap<>();

    /** Where the first copy of each waiting event is. */
    private final Map<EventId, Queue> waiting = new HashMap<>();

    private final ArrayDeque<Boundary> ends = new ArrayDeque<>();

    /** Queues with a row of a snapshot at their head: it belongs to no transaction, and need not wait. */
    private final ArrayDeque<Queue> loose = new ArrayDeque<>();

    /** The number of events of transactions that were handed out, or that a repeated END names (which need not be right). */
    private final Map<Long, Long> finished = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
            return size() > MAX_FINISHED;
        }
    };

    private final Set<Queue> touched = new HashSet<>();
    private final Map<String, Long> moved = new HashMap<>();
    private Optional<Boundary> current = Optional.empty();
    private long count;
    private Lsn lastQueuedEnd;
    private Lsn lastFinishedEnd;
    private Optional<Boundary> owed = Optional.empty();
    private long queuedBytes;

    /**
     * The next event in order.
     *
     * @param topic the topic that it came from
     * @param offset for a row of a snapshot its own, else that of the transaction's END: the same for all of its events;
     *     from one ordered topic that of the event's own record
     * @param doneOffset the last offset that is read to its end with it, as in {@link TransactionAssembler#accept}
     */
    public record Ordered(Event event, String topic, long offset, long doneOffset) {
        public Ordered {
            requireNonNull(event, "event is null");
            requireNonNull(topic, "topic is null");
        }
    }

    /** A BEGIN or END, and where it lies. */
    private record Boundary(long xid, Event event, String topic, long offset) {
        Event.End end() {
            return (Event.End) event;
        }
    }

    private record EventId(long xid, long order) {
        static EventId of(Event.InTransaction event) {
            return new EventId(event.xid(), event.order());
        }
    }

    private record Entry(Event event, long offset, long sizeBytes) {}

    /** What waits of one topic. */
    private static final class Queue {
        private final String topic;
        private final ArrayDeque<Entry> entries = new ArrayDeque<>();
        private long nextOffset;

        Queue(String topic) {
            this.topic = topic;
        }

        /** Everything before it is handed out or need not be. */
        long position() {
            return entries.isEmpty() ? nextOffset : entries.peek().offset();
        }

        boolean isLoose() {
            return !entries.isEmpty() && entries.peek().event() instanceof Event.Untransacted;
        }
    }

    /**
     * @param maxQueuedEvents at how many events that wait a topic {@link #isFull}
     * @param maxQueuedBytes at how many bytes that wait in all topics together every topic of which events wait is full
     * @param applied the end of the last transaction that the target has; {@link Lsn#ZERO} if it has none
     */
    public OrderedMerge(int maxQueuedEvents, long maxQueuedBytes, Lsn applied) {
        if (maxQueuedEvents < 1 || maxQueuedBytes < 1) {
            throw new IllegalArgumentException(
                    "limits below 1: %d events, %d bytes".formatted(maxQueuedEvents, maxQueuedBytes));
        }
        this.maxQueuedEvents = maxQueuedEvents;
        this.maxQueuedBytes = maxQueuedBytes;
        this.lastQueuedEnd = requireNonNull(applied, "applied is null");
        this.lastFinishedEnd = applied;
    }

    /**
     * Takes the next event of a topic.
     *
     * @param previousCommit the end of the transaction that committed before the event's own, if the source says it
     * @throws HaltException {@code TX0xx} when an event or an END cannot be, after what came before
     */
    public void offer(String topic, long offset, Event event, Optional<Lsn> previousCommit) {
        if (event instanceof Event.Begin begin) {
            owed = owed.or(() -> Optional.of(new Boundary(begin.xid(), begin, topic, offset)));
            return;
        }
        if (event instanceof Event.End end) {
            end(new Boundary(end.xid(), end, topic, offset));
            return;
        }
        Queue queue = queues.computeIfAbsent(topic, Queue::new);
        queue.nextOffset = offset + 1;
        touched.add(queue);
        if (event instanceof Event.InTransaction change) {
            if (!isRepeated(change, topic, offset) && !isApplied(previousCommit)) {
                waiting.put(EventId.of(change), queue);
                add(queue, event, offset);
            }
        } else if (event instanceof Event.Untransacted) {
            add(queue, event, offset);
            settle(queue);
        }
    }

    /** The next event, or empty when it has not come yet. */
    public Optional<Ordered> next() {
        if (!loose.isEmpty()) {
            return Optional.of(nextLoose());
        }
        if (current.isEmpty()) {
            current = Optional.ofNullable(ends.poll());
            count = 0;
            return current.map(boundary -> ordered(boundary, new Event.Begin(boundary.xid())));
        }
        Boundary boundary = current.get();
        if (count == boundary.end().eventCount()) {
            finish(boundary);
            return Optional.of(ordered(boundary, boundary.event()));
        }
        EventId wanted = new EventId(boundary.xid(), count + 1);
        Queue queue = waiting.get(wanted);
        if (queue == null) {
            return Optional.empty();
        }
        if (!isAtHead(queue, wanted)) {
            loose.add(queue);
            return Optional.of(nextLoose());
        }
        Event event = remove(queue).event();
        count++;
        settle(queue);
        return Optional.of(new Ordered(event, queue.topic, boundary.offset(), boundary.offset()));
    }

    /**
     * Whether so much of the topic waits that no more of it should be read now. Never true of a topic of which nothing
     * waits; so the topic that has the awaited event is read on, whatever waits in others.
     */
    public boolean isFull(String topic) {
        if (!ends.isEmpty() && ends.peek().topic().equals(topic)) {
            return ends.size() >= maxQueuedEvents;
        }
        Queue queue = queues.get(topic);
        return queue != null
                && !queue.entries.isEmpty()
                && (queue.entries.size() >= maxQueuedEvents || queuedBytes >= maxQueuedBytes);
    }

    /** The transaction that was begun and of which an event is awaited, for messages; empty when none is. */
    public Optional<String> awaited() {
        return current.filter(boundary -> !waiting.containsKey(new EventId(boundary.xid(), count + 1)))
                .filter(boundary -> count < boundary.end().eventCount())
                .map(boundary ->
                        "event %d of %d of transaction %d, which ends at LSN %s (offset %d of %s; its END counts %s)"
                                .formatted(
                                        count + 1,
                                        boundary.end().eventCount(),
                                        boundary.xid(),
                                        boundary.end().endLsn(),
                                        boundary.offset(),
                                        boundary.topic(),
                                        boundary.end().eventsByCollection()));
    }

    /** How the transaction ends that was begun; empty between transactions. */
    public Optional<Event.End> current() {
        return current.map(Boundary::end);
    }

    /**
     * The offset to go on from, for each topic in which it moved since the last call. To be called between transactions,
     * when everything that was handed out is to be part of the position.
     */
    public Map<String, Long> takeMoved() {
        for (Queue queue : touched) {
            moved.put(queue.topic, queue.position());
        }
        touched.clear();
        Map<String, Long> taken = Map.copyOf(moved);
        moved.clear();
        return taken;
    }

    private void end(Boundary boundary) {
        if (boundary.end().endLsn().compareTo(lastQueuedEnd) <= 0) {
            if (owed.filter(begin -> begin.xid() == boundary.xid()).isPresent()) {
                owed = Optional.empty();
            }
            boolean isQueued =
                    current.filter(each -> each.xid() == boundary.xid()).isPresent()
                            || ends.stream().anyMatch(each -> each.xid() == boundary.xid());
            if (!isQueued) {
                // How many events it counts does not matter: they are applied, and a source that lost count repeats
                // less.
                finished.putIfAbsent(boundary.xid(), Long.MAX_VALUE);
                // Repeats that came before it was known that they are.
                queues.values().forEach(this::settle);
            }
            return;
        }
        if (owed.filter(begin -> begin.xid() != boundary.xid()).isPresent()) {
            throw new HaltException(
                    "TX006",
                    "transaction %d (begun at offset %d of %s) never ended, but the later transaction %d did (LSN %s, offset %d): its end is lost. Copy the data anew"
                            .formatted(
                                    owed.get().xid(),
                                    owed.get().offset(),
                                    owed.get().topic(),
                                    boundary.xid(),
                                    boundary.end().endLsn(),
                                    boundary.offset()));
        }
        owed = Optional.empty();
        lastQueuedEnd = boundary.end().endLsn();
        ends.add(boundary);
    }

    /** What does not follow the last transaction directly, or come later, is or was before it. */
    private boolean isApplied(Optional<Lsn> previousCommit) {
        return previousCommit.filter(lsn -> lsn.compareTo(lastFinishedEnd) < 0).isPresent();
    }

    private boolean isRepeated(Event.InTransaction event, String topic, long offset) {
        Long events = finished.get(event.xid());
        if (events != null) {
            checkCounted(event.xid(), event.order(), events, topic, offset);
            return true;
        }
        boolean isHandedOut =
                current.filter(boundary -> boundary.xid() == event.xid()).isPresent() && event.order() <= count;
        return isHandedOut || waiting.containsKey(EventId.of(event));
    }

    private Ordered nextLoose() {
        Queue queue = loose.remove();
        Entry entry = remove(queue);
        settle(queue);
        return new Ordered(entry.event(), queue.topic, entry.offset(), entry.offset());
    }

    /** Drops what stands before the wanted event, down to a row of a snapshot if there is one. */
    private boolean isAtHead(Queue queue, EventId wanted) {
        while (queue.entries.peek().event() instanceof Event.InTransaction event) {
            if (EventId.of(event).equals(wanted)) {
                return true;
            }
            remove(queue);
        }
        return false;
    }

    /** To be called when the head of a queue is another. */
    private void settle(Queue queue) {
        while (!queue.entries.isEmpty()
                && queue.entries.peek().event() instanceof Event.InTransaction event
                && finished.containsKey(event.xid())) {
            checkCounted(event.xid(), event.order(), finished.get(event.xid()), queue.topic, queue.position());
            remove(queue);
        }
        if (queue.isLoose() && !loose.contains(queue)) {
            loose.add(queue);
        }
    }

    private void finish(Boundary boundary) {
        Queue beyond = waiting.get(new EventId(boundary.xid(), count + 1));
        if (beyond != null) {
            checkCounted(boundary.xid(), count + 1, count, beyond.topic, beyond.position());
        }
        finished.put(boundary.xid(), count);
        lastFinishedEnd = boundary.end().endLsn();
        moved.put(boundary.topic(), boundary.offset() + 1);
        current = Optional.empty();
    }

    private void add(Queue queue, Event event, long offset) {
        Entry entry = new Entry(event, offset, sizeBytes(event));
        queue.entries.add(entry);
        queuedBytes += entry.sizeBytes();
    }

    private Entry remove(Queue queue) {
        Entry entry = queue.entries.remove();
        queuedBytes -= entry.sizeBytes();
        touched.add(queue);
        if (entry.event() instanceof Event.InTransaction event) {
            waiting.remove(EventId.of(event));
        }
        return entry;
    }

    private static void checkCounted(long xid, long order, long events, String topic, long offset) {
        if (order > events) {
            throw new HaltException(
                    "TX010",
                    "event %d of transaction %d (offset %d of %s): its END counts only %d events. The source lost count of it at a restart, and perhaps events too (a known fault of Debezium's resuming from stored offsets): verify the tables, and copy them anew if they differ. pg2citus's own source connector does not have this fault"
                            .formatted(order, xid, offset, topic, events));
        }
    }

    private static Ordered ordered(Boundary boundary, Event event) {
        return new Ordered(event, boundary.topic(), boundary.offset(), boundary.offset());
    }

    private static long sizeBytes(Event event) {
        if (event instanceof Event.Change change) {
            return change.change().sizeBytes();
        }
        if (event instanceof Event.Untransacted row) {
            return row.change().sizeBytes();
        }
        if (event instanceof Event.KeyChangeFrom from) {
            return from.oldKey().sizeBytes()
                    + from.newKey().sizeBytes()
                    + from.before().map(row -> row.sizeBytes()).orElse(0L);
        }
        if (event instanceof Event.KeyChangeTo to) {
            return to.oldKey().sizeBytes()
                    + to.newKey().sizeBytes()
                    + to.after().sizeBytes();
        }
        return 0;
    }

    /** The topics of which something waits, for messages. */
    public Set<String> waitingTopics() {
        Set<String> topics = new TreeSet<>();
        queues.values().stream().filter(queue -> !queue.entries.isEmpty()).forEach(queue -> topics.add(queue.topic));
        return topics;
    }
}
